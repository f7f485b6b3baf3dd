"""Text files as they are, or packed by gzip or zip, read and written piece by piece."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TextIO, cast

from ml.errors import Problem

GZIP, ZIP = b"\x1f\x8b", b"PK"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile, RuntimeError, NotImplementedError)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where they are packed; of a zip, of the one file in it.

    Raises `Problem` where the file is not there, may not be read, or is packed in a broken way.
    """
    try:
        with path.open("rb") as raw, contextlib.ExitStack() as stack:
            head = raw.read(2)
            raw.seek(0)
            if head == GZIP:
                yield cast(IO[bytes], stack.enter_context(gzip.open(raw, "rb")))
            elif head == ZIP:
                archive = stack.enter_context(zipfile.ZipFile(raw))
                yield stack.enter_context(archive.open(_only(archive, path.name)))
            else:
                yield raw
    except _BROKEN as error:
        raise Problem(
            f"“{path.name}” could not be unpacked: {error}.",
            "The file is broken, or not all of it came. Fetch or export it anew.",
            file=path.name,
        ) from error
    except OSError as error:
        raise unreadable(path.name, error) from error


class NoText(ValueError):  # noqa: N818 - becomes a problem of the file
    """The bytes are no text in UTF-8; the message says where."""


def text_of(raw: IO[bytes]) -> Callable[[int], str]:
    """A function that gives the next so many bytes of a file as text, "" at its end. Raises `NoText`."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    dealt_with = 0

    def read(size: int) -> str:
        nonlocal dealt_with
        while True:
            piece = raw.read(size)
            kept = len(decoder.getstate()[0])
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                raise NoText(f"byte {dealt_with - kept + error.start:,} is no text in UTF-8") from error
            dealt_with += len(piece)
            if text or not piece:
                return text

    return read


@contextlib.contextmanager
def writing(path: Path, name: str) -> Iterator[TextIO]:
    """A text file to write to, in UTF-8; packed when `name`, the name it will have, ends in .gz or .zip.

    Characters that are none (halves of pairs) become question marks. Raises `OSError`.
    """
    with contextlib.ExitStack() as stack:
        raw: IO[bytes] = stack.enter_context(path.open("wb"))
        if name.lower().endswith(".gz"):
            # neither the time nor the name of the part file: the same content is the same file
            raw = stack.enter_context(gzip.GzipFile("", "wb", 6, raw, mtime=0))  # type: ignore[arg-type]
        elif name.lower().endswith(".zip"):
            archive = stack.enter_context(zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED))
            raw = stack.enter_context(archive.open(_inner(name), "w", force_zip64=True))
        text = io.TextIOWrapper(raw, "utf-8", errors="replace", newline="\n", write_through=False)
        yield text
        text.flush()
        text.detach()


def unreadable(name: str, error: OSError) -> Problem:
    """What to tell a person when a file cannot be read. Names the file, not its folder."""
    reason = error.strerror or type(error).__name__
    if isinstance(error, FileNotFoundError):
        return Problem(f"The file “{name}” is not there.", "Check its name.", file=name)
    if isinstance(error, IsADirectoryError):
        return Problem(f"“{name}” is a folder.", "Name a file in it.", file=name)
    return Problem(f"“{name}” could not be read: {reason}.", "Check that you may read it.", file=name)


def _only(archive: zipfile.ZipFile, name: str) -> str:
    """The one file of an archive that is not hidden (macOS adds some)."""
    files = [
        entry.filename
        for entry in archive.infolist()
        if not entry.is_dir() and not entry.filename.startswith("__MACOSX") and "/." not in entry.filename
    ]
    if len(files) == 1:
        return files[0]
    raise Problem(
        f"“{name}” holds {len(files) or 'no'} files, and one is needed.",
        "Unpack it, and import the files one by one.",
        file=name,
    )


def _inner(name: str) -> str:
    stem = name[: -len(".zip")]
    return stem if "." in stem else f"{stem}.geojson"
