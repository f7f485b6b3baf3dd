"""What the header of any DICOM object says, asked for by the standard's keywords.

The common forms are walked by `ml.slide.dicom_elements`, which is ten times as fast as pydicom and stops at
the pixels. What it does not read (most significant byte first, no preamble, broken places) pydicom reads,
and is brought into the same form.
"""

from __future__ import annotations

import contextlib
import io
import math
import re
import struct
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ml.errors import Problem, SlideProblem
from ml.slide.dicom_elements import Element, Header, Item, read_header
from ml.slide.positioned_file import PositionedFile
from ml.volume.stored_file import MOST_UNPACKED, MemoryFile, StoredFile, inflated_whole

DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
EXPLICIT = "1.2.840.10008.1.2.1"

_BINARY = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}
_UNKNOWN = {"UN", "OB", "OW", ""}
_LARGEST_WHOLE = 2**53
_DECIMAL = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_LONGEST_NAME = 40  # characters
_LEAD = b"\0" * 8  # so that pixels taken out of a file do not begin at 0, which says that there are none
_END = b"\xfe\xff\xdd\xe0\0\0\0\0"  # of a sequence; pydicom leaves it out


class Facts:
    """The elements of a header, or of an item in it. What is not there or is nonsense is None or empty."""

    def __init__(self, items: Item, charset: str = "") -> None:
        self._items = items
        self._charset = self._ascii("SpecificCharacterSet") or charset

    def __contains__(self, keyword: str) -> bool:
        element = self._items.get(_tag(keyword))
        return element is not None and bool(element.value or element.items)

    def text(self, keyword: str) -> str:
        """A value as text; empty where there is none. Several values are parted by a backslash."""
        element = self._items.get(_tag(keyword))
        raw = element.value.strip(b" \0") if element else b""
        return raw.decode("ascii") if raw.isascii() else _decoded(raw, self._charset)

    def name(self, keyword: str) -> str:
        """A value to be quoted in a sentence: what can be printed of it, cut where it is too long for one."""
        return "".join(c for c in self.text(keyword) if c.isprintable())[:_LONGEST_NAME]

    def words(self, keyword: str) -> tuple[str, ...]:
        """The values of a keyword, each without blanks around it."""
        return tuple(part.strip() for part in self.text(keyword).split("\\") if part.strip())

    def numbers(self, keyword: str, count: int | None = None) -> tuple[float, ...]:
        """Finite numbers, so many if `count` says so; empty where there are none, others or nonsense."""
        element = self._items.get(_tag(keyword))
        if element is None:
            return ()
        letter = _BINARY.get(element.vr) or _BINARY.get(_vr(keyword) if element.vr in _UNKNOWN else "")
        try:
            if letter:
                found = struct.unpack(
                    f"<{len(element.value) // struct.calcsize(letter)}{letter}", element.value
                )
            else:
                found = _decimals(element.value)
        except (struct.error, ValueError):
            return ()
        if not all(map(math.isfinite, found)) or count not in {None, len(found)}:
            return ()
        return found

    def number(self, keyword: str) -> float | None:
        """The only or first number."""
        found = self.numbers(keyword)
        return found[0] if found else None

    def whole(self, keyword: str) -> int | None:
        """The only or first number, where it is a whole one."""
        found = self.number(keyword)
        return (
            int(found) if found is not None and found == int(found) and abs(found) < _LARGEST_WHOLE else None
        )

    def raw(self, keyword: str) -> bytes:
        """The bytes of a value, least significant first."""
        element = self._items.get(_tag(keyword))
        return element.value if element else b""

    def vr(self, keyword: str) -> str:
        """How the file says that the value is written; empty where there is none."""
        element = self._items.get(_tag(keyword))
        return element.vr if element else ""

    def items(self, keyword: str) -> tuple[Facts, ...]:
        """The items of a sequence."""
        element = self._items.get(_tag(keyword))
        return tuple(Facts(item, self._charset) for item in element.items) if element else ()

    def _ascii(self, keyword: str) -> str:
        element = self._items.get(_tag(keyword))
        return element.value.decode("ascii", "replace").strip(" \0") if element else ""


@dataclass(frozen=True)
class Parsed:
    """A header with the file whose bytes `header.pixels` counts in.

    `is_direct` where that is the stored file itself; else it holds what was unpacked or taken out of it.
    """

    facts: Facts
    meta: Facts
    header: Header
    file: PositionedFile
    is_direct: bool


def _decimals(value: bytes) -> tuple[float, ...]:
    """Decimal strings (PS3.5 6.2); raises `ValueError` where anything else is among them."""
    parts = [part.strip(b" ") for part in value.rstrip(b"\0 ").split(b"\\")]
    if not all(_DECIMAL.fullmatch(part) for part in parts if part):
        raise ValueError(value)
    return tuple(float(part) for part in parts if part)


def parsed(stored: StoredFile) -> Parsed:
    """Read everything before the pixels. The caller closes `file`. Raises `Problem` where it is no DICOM."""
    file = stored.open()
    try:
        header = read_header(file)
        if header.syntax and header.pixels <= file.size:
            return Parsed(Facts(header.items), Facts(header.meta), header, file, True)
    except SlideProblem as problem:
        found = _inflated(file) or _by_pydicom(file, problem)
        file.close()
        return found
    except BaseException:
        file.close()
        raise
    found = _by_pydicom(file, None)
    file.close()
    return found


def _inflated(file: PositionedFile) -> Parsed | None:
    """A file that is compressed as a whole behind its first group; None where it is none."""
    length = file.read_some(140, 4)
    if file.read_some(128, 4) != b"DICM" or len(length) < 4:
        return None
    start = 144 + int.from_bytes(length, "little")  # the group's length stands first (PS3.10 7.1)
    meta = file.read_some(0, min(start, 2**16))
    if DEFLATED.encode() not in meta:
        return None
    body = inflated_whole(file.read_some(start, file.size), MOST_UNPACKED // 2)
    if body is None:  # what was unpacked until it broke may look whole
        return None
    plain = meta.replace(DEFLATED.encode(), EXPLICIT.encode() + b"\0" * (len(DEFLATED) - len(EXPLICIT)))
    whole = MemoryFile(file.path, plain + body)
    header = read_header(whole)
    return Parsed(Facts(header.items), Facts(header.meta), header, whole, False)


def _by_pydicom(file: PositionedFile, problem: SlideProblem | None) -> Parsed:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that do not keep to the standard
        return _parsed_by_pydicom(file, problem)


def _parsed_by_pydicom(file: PositionedFile, problem: SlideProblem | None) -> Parsed:
    import pydicom

    if file.size > MOST_UNPACKED:
        raise problem or Problem(f"{file.path.name} is too large to be read.", "Split it into single slices.")
    dataset = pydicom.dcmread(io.BytesIO(file.read(0, file.size)), force=True)
    if "SOPClassUID" not in dataset:
        raise Problem(
            f"{file.path.name} cannot be read: it is no DICOM file.",
            "Leave it out of the folder.",
            path=file.path,
        )
    meta = dataset.file_meta if hasattr(dataset, "file_meta") else pydicom.Dataset()
    syntax = str(meta.get("TransferSyntaxUID", "")) or _guessed(dataset)
    syntax = EXPLICIT if syntax == DEFLATED else syntax
    pixels = dataset.get("PixelData") or b""
    in_fragments = bool(pixels) and dataset["PixelData"].is_undefined_length
    whole = MemoryFile(file.path, _LEAD + bytes(pixels) + _END * in_fragments)
    header = Header(
        syntax,
        items_of(dataset),
        pixels=len(_LEAD) if pixels else 0,
        pixel_bytes=None if in_fragments else len(pixels),
        meta=items_of(meta),
    )
    return Parsed(Facts(header.items), Facts(header.meta), header, whole, False)


def _guessed(dataset: Any) -> str:
    """The transfer syntax of a file that does not name it, as pydicom read it."""
    implicit, little = dataset.original_encoding
    if not little:
        return BIG_ENDIAN
    return "1.2.840.10008.1.2" if implicit else EXPLICIT


def items_of(dataset: Any) -> Item:
    """A dataset of pydicom in the form of `ml.slide.dicom_elements`: least significant byte first, UTF-8."""
    found: Item = {}
    for element in dataset:
        tag = int(element.tag)
        if tag >= 0x7FE00000:
            continue
        if element.VR == "SQ":
            found[tag] = Element("SQ", items=tuple(items_of(item) for item in element.value or ()))
        else:
            found[tag] = _as_element(element)
    found[_tag("SpecificCharacterSet")] = Element("CS", b"ISO_IR 192")
    return found


def _as_element(element: Any) -> Element:
    vr, value = element.VR[:2], element.value
    if value is None or isinstance(value, bytes):
        return Element(vr, value or b"")
    several = list(value) if element.VM > 1 else [value]
    letter = _BINARY.get(vr)
    if letter and all(isinstance(part, int | float) for part in several):
        with contextlib.suppress(struct.error):  # a negative number that is said to be an unsigned one
            return Element(vr, b"".join(struct.pack(f"<{letter}", part) for part in several))
    return Element("DS" if letter else vr, "\\".join(str(part) for part in several).encode())


@lru_cache(512)
def _tag(keyword: str) -> int:
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(keyword)
    assert tag is not None, keyword
    return tag


@lru_cache(512)
def _vr(keyword: str) -> str:
    from pydicom.datadict import dictionary_VR

    return dictionary_VR(keyword)[:2]


@lru_cache(256)
def _decoded(raw: bytes, charset: str) -> str:
    """Text that is not ASCII, by the character set that the file names (PS3.3 C.12.1.1.2)."""
    from pydicom.charset import convert_encodings, decode_bytes

    encodings = convert_encodings(charset.split("\\") if charset else "")
    return decode_bytes(raw, encodings, {0x5C, 0x5E, 0x3D})
