"""The last step of every export: the record of all its files, signed, beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ml.errors import Problem
from ml.record.key import own_key
from ml.record.signed import NAME, write_record
from ml.record.statement import Statement, with_files
from ml.report.atomic import cannot_write


def unseal(folder: Path) -> None:
    """Take the record of an earlier report away before its files change. Raises `Problem`."""
    try:
        (folder / NAME).unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(NAME, error) from error


def seal(folder: Path, said: Statement, files: Iterable[Path], privacy: Mapping[str, object]) -> Path:
    """Write the signed record of these files; its path. Raises `Problem`."""
    try:
        whole = with_files(said, folder, files, privacy)
    except OSError as error:
        raise Problem(
            "A file of the report cannot be read again after it was written.",
            "Export the report anew, to another disk if it happens again.",
            error=repr(error),
        ) from error
    path = folder / NAME
    write_record(whole, path, own_key())
    return path
