"""One item's results in a folder that is there whole or not at all."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ml.report.atomic import cannot_write


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a folder beside the wished one to write into; it takes the wished name when the block ends well.

    One that is there already is replaced, and stays as it is when anything goes wrong. Raises `Problem` when
    the disk does not let us.
    """
    part = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}.part")
    old = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}.old.part")
    try:
        part.mkdir(parents=True)
        yield part
        if folder.exists():
            folder.replace(old)
        part.replace(folder)
    except OSError as error:
        raise cannot_write(folder.name, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Take away what a killed process left of folders that were not whole yet."""
    for left in folder.glob(".*.part"):
        shutil.rmtree(left, ignore_errors=True)
