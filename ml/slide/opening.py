"""Opens whatever a person points at, or says why not and what to try."""

from __future__ import annotations

from pathlib import Path

from ml.errors import SlideProblem
from ml.progress import Progress
from ml.slide.completeness import Completeness, completeness_of
from ml.slide.dicom_picture import is_dicom
from ml.slide.dicom_reader import open_dicom
from ml.slide.dicom_series import DICOMDIR, kind_of
from ml.slide.openslide_reader import OpenSlideReader, detected
from ml.slide.picture_reader import PictureReader
from ml.slide.slide import Slide
from ml.slide.tiff_reader import open_tiff

SLIDE_SUFFIXES = (
    *(".svs", ".tif", ".tiff", ".qptiff", ".ndpi", ".vms", ".vmu", ".scn", ".mrxs"),
    *(".bif", ".svslide", ".czi", ".dcm"),
)
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".jp2", ".bmp", ".webp")

_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"\0\0\0\x0cjP")
_LARGEST_TILE = 2**30  # bytes
_LEAST_THERE = 0.5  # share of level 0 below which a file that was cut short is refused


def supported_suffixes() -> tuple[str, ...]:
    """Endings for the filter of an open dialog, with the dot; what counts in the end is the content."""
    return SLIDE_SUFFIXES + PICTURE_SUFFIXES


def open_slide(path: Path, progress: Progress | None = None) -> Slide:
    """Open a slide or a flat picture; the content decides, not the name's ending.

    A folder or a DICOMDIR opens as the one DICOM slide in it, one DICOM file with the rest of its series.

    A file that was cut short still opens when at least half of its full-size tiles are there (the others
    raise `SlideProblem` when read, and `info.warning` says so). Raises `SlideProblem` for everything that
    cannot be opened, `Cancelled` if a stop is wished while a large flat picture is decoded.
    """
    try:
        if path.is_dir():
            return open_dicom(path)
        head = _head(path)
    except OSError as error:
        raise _unreachable(path, error) from error
    if is_dicom(head):
        return _dicom(path, progress)
    there = completeness_of(path, head)
    if there.share < _LEAST_THERE:
        raise _cut_short(path, there)
    direct = open_tiff(path, there.warning)
    if direct is not None:
        return direct
    if there.tile_bytes > _LARGEST_TILE:  # OpenSlide would end the whole process for want of memory
        raise _absurd(path, there)
    if detected(path):
        return OpenSlideReader(path, warning=there.warning)
    if there.share < 1:
        raise _cut_short(path, there)
    if head.startswith(_MAGIC) or head[8:12] == b"WEBP":
        return PictureReader(path, progress)
    raise _unknown(path, head)


def _head(path: Path) -> bytes:
    """The first bytes of the file. Raises `OSError`, and `SlideProblem` where there are none to be had."""
    name = path.name or str(path)
    if path.exists() and not path.is_file():  # a pipe would be waited for without an end
        raise SlideProblem(f"{name} is a device, not a file.", "Choose a file of a slide.", path=path)
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise SlideProblem(f"{name} is empty.", "The copy may have failed: copy it anew.", path=path)
    return head


def _unreachable(path: Path, error: OSError) -> SlideProblem:
    """The problem of a file or folder that the system does not hand over."""
    name = path.name or str(path)
    if isinstance(error, FileNotFoundError):
        what = f"{name} is not there."
        remedy = "It may have been moved, renamed or deleted, or its drive is not connected."
    elif isinstance(error, PermissionError):
        what = f"You are not allowed to read {name}."
        remedy = "Ask its owner for permission to read it, or copy it to a place of your own."
    else:
        what = f"{name} cannot be read: {error.strerror or error}."
        remedy = "Check that its drive is connected and works, then try again."
    return SlideProblem(what, remedy, path=path, error=repr(error))


def _dicom(path: Path, progress: Progress | None) -> Slide:
    kind = kind_of(path)
    if kind.is_slide or kind.sop_class == DICOMDIR:
        return open_dicom(path)
    return PictureReader(path, progress)


def _cut_short(path: Path, there: Completeness) -> SlideProblem:
    return SlideProblem(
        f"{path.name} was cut short: {there.in_words()}.",
        "The copy or download was probably interrupted: copy it anew from where it comes from.",
        path=path,
        bytes=there.bytes_here,
        bytes_needed=there.bytes_needed,
    )


def _absurd(path: Path, there: Completeness) -> SlideProblem:
    return SlideProblem(
        f"{path.name} is damaged: one of its tiles would take {there.tile_bytes / 2**30:,.0f} GB of memory.",
        "Copy it anew from where it comes from.",
        path=path,
        tile_bytes=there.tile_bytes,
    )


def _unknown(path: Path, head: bytes) -> SlideProblem:
    looks_like_text = bool(head) and all(byte >= 32 or byte in b"\t\n\r\f" for byte in head)
    if looks_like_text:
        what = f"{path.name} holds text, not a slide, whatever its name says."
    elif path.suffix.lower() in supported_suffixes():
        what = f"{path.name} is damaged: it is named like a slide or picture, but does not begin like one."
    else:
        what = f"{path.name} is not a slide or picture of a kind that is known here."
    return SlideProblem(
        what,
        "Copy it anew from where it comes from, or open it in the scanner's program and export it as SVS, "
        "pyramidal TIFF or DICOM.",
        path=path,
        begins=head[:16].hex(" "),
    )
