"""Which files may be DICOM: of a folder and the folders in it, of a DICOMDIR, of a zip."""

from __future__ import annotations

import os
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.slide.positioned_file import PositionedFile
from ml.volume.stored_file import Packed, StoredFile, inflated

_ENDINGS = {".dcm", ".dicom", ".ima"}
# a file without preamble begins with the first element of its groups 2 or 8
_FIRST_ELEMENTS = (
    b"\2\0\0\0",
    *(b"\x08\0" + number for number in (b"\0\0", b"\1\0", b"\5\0", b"\x08\0", b"\x16\0")),
)
_PEEKED = 1024  # packed bytes of a member that are enough to see how it begins


@dataclass(frozen=True)
class LeftOut:
    """A file that is in no series, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Sources:
    """Files to look at, and those that cannot be looked at."""

    files: tuple[StoredFile, ...]
    broken: tuple[LeftOut, ...] = ()


def sources_of(path: Path, progress: Progress) -> Sources:
    """What is behind a path. Raises `Problem` where it is not there or cannot be read, `Cancelled`."""
    if path.is_dir():
        return _of_folder(path, progress)
    if not path.exists():
        raise Problem(f"{path.name} is not there.", "Check the path.", path=path)
    if _begins(path)[:4] == b"PK\3\4" or path.suffix.lower() == ".zip":
        return _of_zip(path, progress)
    if path.name.upper().startswith("DICOMDIR"):
        return _of_dicomdir(path)
    return Sources((StoredFile(path),))


def _of_folder(folder: Path, progress: Progress) -> Sources:
    files: list[StoredFile] = []
    for number, path in enumerate(_walked(folder)):
        progress.check()
        if number % 100 == 0:
            progress.step(Step("Looking for files", len(files), 0))
        if path.is_file() and _may_be_dicom(path):
            files.append(StoredFile(path))
    return Sources(tuple(sorted(files, key=lambda file: str(file.path))))


def _walked(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(root) / name for name in names)


def _may_be_dicom(path: Path) -> bool:
    """By its first bytes or its ending; a table of contents is none."""
    if path.suffix.lower() in _ENDINGS:
        return True
    return not path.name.upper().startswith("DICOMDIR") and _looks_like_dicom(_begins(path))


def _looks_like_dicom(head: bytes) -> bool:
    return head[128:132] == b"DICM" or (len(head) > 8 and head.startswith(_FIRST_ELEMENTS))


def _begins(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(132)
    except OSError:
        return b""


def _of_dicomdir(path: Path) -> Sources:
    """The images that a table of contents names (PS3.3 F.3), in its order, each once."""
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names in small letters, for one
            records = pydicom.dcmread(path, force=True).get("DirectoryRecordSequence") or ()
            named = [record.get("ReferencedFileID") for record in records]
    except Exception as error:  # the reader's border
        raise Problem(f"{path.name} is damaged.", "Open the folder instead.", path=path) from error
    files, broken = [], []
    for parts in named:
        if not parts:
            continue
        names = [parts] if isinstance(parts, str) else [str(part) for part in parts]
        place = path.parent.joinpath(*names)
        if ".." in names or not place.resolve().is_relative_to(path.parent.resolve()):
            broken.append(LeftOut(place, f"{names[-1]} is outside of the folder of {path.name}."))
        elif place.is_file():
            files.append(StoredFile(place))
        else:
            broken.append(LeftOut(place, f"{'/'.join(names)} is named by {path.name} but is not there."))
    if not files and not broken:
        raise Problem(f"{path.name} names no files.", "Open the folder instead.", path=path)
    return Sources(tuple(dict.fromkeys(files)), tuple(broken))


def _of_zip(path: Path, progress: Progress) -> Sources:
    """Members that begin as DICOM does. They are read where they are: nothing is unpacked onto the disk."""
    files, broken = [], []
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        words = f"{path.name} is no zip, or a part of it is missing ({error})."
        raise Problem(words, "Copy it anew.", path=path) from error
    held = PositionedFile(path)
    try:
        for number, member in enumerate(members):
            progress.check()
            progress.step(Step("Looking for files", number, len(members)))
            place = path / member.filename
            is_named = place.suffix.lower() in _ENDINGS
            is_readable = member.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
            if member.flag_bits & 1 or not is_readable:
                if is_named:
                    how = "locked by a password" if member.flag_bits & 1 else "packed in a way not read here"
                    broken.append(LeftOut(place, f"{place.name} is {how}."))
            elif is_named or _looks_like_dicom(_member_begins(held, member)):
                files.append(StoredFile(place, _packed(path, member)))
    finally:
        held.close()
    return Sources(tuple(files), tuple(broken))


def _packed(path: Path, member: zipfile.ZipInfo) -> Packed:
    is_deflated = member.compress_type == zipfile.ZIP_DEFLATED
    return Packed(path, member.header_offset, member.compress_size, member.file_size, is_deflated, member.CRC)


def _member_begins(file: PositionedFile, member: zipfile.ZipInfo) -> bytes:
    head = file.read_some(member.header_offset, 30)
    if len(head) < 30:
        return b""
    start = member.header_offset + 30 + int.from_bytes(head[26:28], "little")
    start += int.from_bytes(head[28:30], "little")
    data = file.read_some(start, min(_PEEKED, member.compress_size))
    return inflated(data, 132) if member.compress_type == zipfile.ZIP_DEFLATED else data[:132]
