"""Strings planted wherever something that names a patient could hide, and the search for them.

The search looks at every byte, and at what those bytes unpack to: members of zips, streams of PDF, chunks of
PNG, tiles of TIFF, anything that zlib opens; in UTF-8, UTF-16 of both orders and latin-1.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

NAME = "Zqmarker"  # as a family name; not in any language, nor in any file by chance
GIVEN = "Xvjane"
NUMBER = "QZ77351K"
FOLDER = "wqfolder"
TEXT = "Kxwremark"
ALL = (NAME, GIVEN, NUMBER, FOLDER, TEXT)

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")


def forms(word: str) -> tuple[bytes, ...]:
    """How a word may stand in a file: each encoding, as typed, all small, all large."""
    cases = {word, word.lower(), word.upper()}
    return tuple(
        {one.encode(code) for one in cases for code in ("utf-8", "utf-16-le", "utf-16-be", "latin-1")}
    )


def found_in(path: Path, words: Iterable[str] = ALL) -> list[str]:
    """Which words stand in a file, or in its name, and where."""
    hits = [f"{path.name}: its name holds {word}" for word in words if word.lower() in path.name.lower()]
    for place, data in layers(path.read_bytes(), path.name):
        hits += [f"{place}: {word}" for word in words if any(form in data for form in forms(word))]
    return hits


def found_under(folder: Path, words: Iterable[str] = ALL) -> list[str]:
    """The same of all files under a folder, and of the folders' names."""
    words = tuple(words)
    hits = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            hits += found_in(path, words)
        else:
            hits += [f"{path.name}/ holds {w}" for w in words if w.lower() in path.name.lower()]
    return hits


def layers(data: bytes, place: str, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """The bytes, and all that they unpack to."""
    yield place, data
    if depth > 3:
        return
    if data.startswith(b"PK\3\4"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from layers(archive.read(name), f"{place}!{name}", depth + 1)
    if data.startswith(b"%PDF"):
        yield f"{place}!text", _pdf_text(data)
        for number, match in enumerate(_STREAM.finditer(data)):
            yield from layers(_unascii(match.group(1)), f"{place}!stream {number}", depth + 1)
    for number, match in enumerate(_ZLIB.finditer(data)):
        unpacked = _inflated(data[match.start() :])
        if len(unpacked) > 16:
            yield f"{place}!zlib {number}", unpacked


def _inflated(data: bytes) -> bytes:
    machine = zlib.decompressobj()
    try:
        return machine.decompress(data, 64 << 20)
    except zlib.error:
        return b""


def _unascii(data: bytes) -> bytes:
    """ReportLab wraps its streams in ASCII 85."""
    import base64

    text = data.strip()
    if not text.endswith(b"~>"):
        return data
    try:
        return base64.a85decode(text[:-2])
    except ValueError:
        return data


def _pdf_text(data: bytes) -> bytes:
    """Words as a reader sees them: their glyphs are numbers of a font in the stream."""
    import pypdfium2

    with pypdfium2.PdfDocument(data) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
        return " ".join([*pages, *map(str, document.get_metadata_dict().values())]).encode("utf-8")
