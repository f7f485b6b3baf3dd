"""A copy of a slide, a picture or a CT series that names nobody."""

from __future__ import annotations

from pathlib import Path

from ml.deidentify.copied import Copied, compare_pixels
from ml.deidentify.dicom_copy import copy_dicom
from ml.deidentify.streams import png_without_words, without_words
from ml.deidentify.tiff_copy import copy_tiff
from ml.errors import Problem, SlideProblem
from ml.progress import Progress
from ml.report.atomic import whole_file
from ml.slide.dicom_picture import is_dicom
from ml.slide.opening import open_slide

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ORIENTATION = 0x0112  # Exif


def copy_without_identity(source: Path, target: Path, progress: Progress) -> Copied:
    """Copy whatever a person points at; `target` is a file, for DICOM a folder, and not there yet.

    Pixels are copied as they are stored; the copy is opened again and compared before it takes its name.
    Raises `Problem` for what cannot be copied so that nobody is named, `Cancelled`.
    """
    if not source.exists():
        raise SlideProblem(f"{source.name} is not there.", "It may have been moved or renamed.")
    if target.exists() and target.is_file():
        raise Problem(f"{target.name} is there already.", "Give the copy another name.")
    if source.is_dir():
        return copy_dicom(source, target, progress)
    with source.open("rb") as file:
        head = file.read(4096)
    if is_dicom(head):
        return copy_dicom(source, target, progress)
    if head.startswith(_TIFF):
        return copy_tiff(source, target, progress)
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        return _copy_picture(source, target, progress)
    raise Problem(
        f"{source.name} is of a kind that cannot be de-identified here.",
        "SVS, TIFF, DICOM, PNG and JPEG can. Export it as one of them in the scanner's program.",
    )


def _copy_picture(source: Path, target: Path, progress: Progress) -> Copied:
    from PIL import Image

    with Image.open(source) as image:
        if image.getexif().get(_ORIENTATION, 1) != 1:
            raise Problem(
                f"{source.name} is stored turned, and says so in a note that would be left out.",
                "Save it upright in another program first.",
            )
    data = source.read_bytes()
    clean = png_without_words(data) if data.startswith(b"\x89PNG") else without_words(data)
    with whole_file(target) as part:
        part.write_bytes(clean)
        with open_slide(source) as old, open_slide(part) as new:
            compare_pixels(old, new, progress)
    removed = ("Exif, comments and other notes",) if len(clean) != len(data) else ()
    return Copied((target,), removed, ("pixels, as they were stored",))
