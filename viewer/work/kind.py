"""Whether a path leads to CT or to a slide: by what is in the files, not by their names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ml.errors import Problem
from ml.slide.dicom_picture import is_dicom
from ml.slide.dicom_series import DICOMDIR, kind_of

_LOOKS = 200  # DICOM files that are looked into, at most
_OPENED = 2_000  # files whose first bytes are read on the way, at most
_ENDINGS = {"", ".dcm", ".dicom", ".ima"}


def holds_ct(path: Path) -> bool:
    """Whether it is a CT file, or a folder, a DICOMDIR or a zip that does not begin with a slide.

    A folder is a slide's when a slide is met in it before any CT; one with DICOM of other kinds alone counts
    as CT, so that what was found can be listed. A file that cannot be read is no CT: the slides' reader says
    why.
    """
    try:
        return _folder_holds_ct(path) if path.is_dir() else _file_holds_ct(path, _head(path))
    except OSError:
        return False


def _file_holds_ct(path: Path, head: bytes) -> bool:
    if not is_dicom(head):  # the slides' reader asks for a preamble, that of CT does not
        return head.startswith(b"PK\x03\x04") or _like_dicom(head)
    kind = _modality(path)
    return _folder_holds_ct(path.parent) if kind == DICOMDIR else kind == "CT"


def _folder_holds_ct(folder: Path) -> bool:
    others = False
    for path in _dicom_in(folder):
        kind = _modality(path)
        if kind == "SM":
            return False
        if kind == "CT":
            return True
        others = others or kind not in {"", DICOMDIR} or not is_dicom(_head(path))
    return others


def _dicom_in(folder: Path) -> Iterator[Path]:
    """DICOM files of a folder and those in it, a few of them."""
    seen = opened = 0
    for path in folder.rglob("*"):
        if seen >= _LOOKS or opened >= _OPENED:
            return
        if path.suffix.lower() not in _ENDINGS and not path.suffix[1:].isdecimal():  # UIDs end with a number
            continue
        try:
            if path.is_file():
                opened += 1
                if _like_dicom(_head(path)):
                    seen += 1
                    yield path
        except OSError:
            continue


def _modality(path: Path) -> str:
    """ "CT", "SM" for a slide, another modality, `DICOMDIR`, or nothing where the header cannot be read."""
    try:
        kind = kind_of(path)
    except (Problem, OSError):
        return ""
    if kind.sop_class == DICOMDIR:
        return DICOMDIR
    return "SM" if kind.is_slide else kind.modality or "OT"


def _like_dicom(head: bytes) -> bool:
    """By its preamble, or, where that was left out, by a first element of one of the first groups."""
    return is_dicom(head) or (head[:2] in {b"\x08\0", b"\x02\0"} and head[3:4] == b"\0")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)
