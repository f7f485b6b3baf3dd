"""A copy of an SVS or TIFF slide that names nobody: its pyramid, and nothing else of the file.

The file is not changed in place: what goes is never written, so that no byte of it can be found again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import openslide
import tifffile
from tifffile import TiffFile, TiffPage

from ml.deidentify.copied import Copied, compare_pixels
from ml.deidentify.tiff_layout import DESCRIPTION, KEPT, PROFILE, PageWish, TiffWriter, pages_of, value
from ml.errors import Problem, SlideProblem
from ml.progress import Progress, Step
from ml.report.atomic import cannot_write, whole_file
from ml.slide.opening import open_slide

PHASE = "Copying pixels"
_REFUSED = ("is_ndpi", "is_scn", "is_qpi", "is_ome", "is_philips", "is_bif", "is_lsm", "is_stk", "is_imagej")
_FORMATS = {"aperio", "generic-tiff", None}
_NAMES = {
    "hamamatsu": "NDPI",
    "leica": "Leica SCN",
    "ventana": "Ventana BIF",
    "philips": "Philips TIFF",
    "trestle": "Trestle",
}
_NUMBER = re.compile(r"\|\s*(MPP|AppMag)\s*=\s*([0-9.]+)")
_SAME_SHAPE = 0.02  # by which sides of levels may be off, beyond a pixel of rounding


def copy_tiff(source: Path, target: Path, progress: Progress) -> Copied:
    """Write the copy and open it again to compare. Raises `Problem`, `Cancelled`; then nothing is left."""
    try:
        with TiffFile(source) as file, source.open("rb") as reading:
            _refuse_others(source, file)
            wishes, removed = _chosen(file)
            has_profile = value(wishes[0].page, PROFILE) is not None
            with whole_file(target) as part:
                with part.open("wb") as writing:
                    writer = TiffWriter(file, reading, writing)
                    told = _told(wishes, progress)
                    for wish in wishes:
                        writer.write(wish, told)
                _check(source, part, progress)
    except OSError as error:
        raise cannot_write(target.name, error) from error
    except (tifffile.TiffFileError, ValueError, KeyError, IndexError) as error:
        raise SlideProblem(
            f"{source.name} is damaged: it cannot be copied.", "Copy it anew from its source.", error=error
        ) from error
    kept = ("pixels of all levels, bit for bit", "size of a pixel and magnification")
    return Copied((target,), removed, kept + (("colours of its profile",) if has_profile else ()))


def _refuse_others(source: Path, file: TiffFile) -> None:
    """Formats that keep words in more places than are known here."""
    vendor = openslide.OpenSlide.detect_format(str(source))
    first = file.pages[0]
    nested = isinstance(first, TiffPage) and bool(first.subifds)
    if vendor in _FORMATS and not nested and not any(getattr(file, name, False) for name in _REFUSED):
        return
    name = _NAMES.get(str(vendor), "this kind of TIFF")
    raise Problem(
        f"{source.name} cannot be de-identified here: {name} keeps names in places of its own.",
        "Export it as DICOM or as SVS in the scanner's program, and de-identify that.",
        vendor=vendor,
    )


def _chosen(file: TiffFile) -> tuple[list[PageWish], tuple[str, ...]]:
    """The levels, and in words everything that stays behind."""
    pages = pages_of(file)
    first = pages[0]
    aperio = _described(first).startswith("Aperio")
    levels = [first, *(page for page in pages[1:] if _is_level(page, first))]
    removed = [_picture_in_words(page) for page in pages if page not in levels]
    codes = {tag.code: tag.name for page in levels for tag in page.tags if tag.code not in KEPT}
    removed += [f"tag {name}" for _, name in sorted(codes.items()) if name != "ImageDescription"]
    if DESCRIPTION in codes:
        removed.append("image description (but for µm per px and magnification)" if aperio else "description")
    if value(first, PROFILE) is not None:
        removed.append("words in the colour profile")
    wishes = [PageWish(page, _aperio(page, first) if aperio else "") for page in levels]
    return wishes, tuple(dict.fromkeys(removed))


def _is_level(page: TiffPage, first: TiffPage) -> bool:
    """A smaller version of the first page, made the same way; a label or macro is none."""
    if not (first.is_tiled and page.is_tiled) or page.samplesperpixel != first.samplesperpixel:
        return False
    if re.search(r"\b(label|macro)\b", _described(page).lower()[:200]):
        return False
    across, down = page.imagewidth / first.imagewidth, page.imagelength / first.imagelength
    rounding = 2 / min(page.imagewidth, page.imagelength)
    return across < 1 and abs(across / down - 1) <= _SAME_SHAPE + rounding


def _aperio(page: TiffPage, first: TiffPage) -> str:
    """The little that readers of SVS look for: the first word, sizes, µm per px, magnification."""
    size = f"{first.imagewidth}x{first.imagelength}"
    if page is not first:
        size += f" -> {page.imagewidth}x{page.imagelength}"
    numbers = dict(_NUMBER.findall(_described(first)))
    facts = "".join(f"|{name} = {numbers[name]}" for name in ("AppMag", "MPP") if name in numbers)
    return f"Aperio Image Library (de-identified)\r\n{size} ({page.tilewidth}x{page.tilelength}){facts}"


def _described(page: TiffPage) -> str:
    return str(value(page, DESCRIPTION) or "")


def _picture_in_words(page: TiffPage) -> str:
    said = re.search(r"\b(label|macro)\b", _described(page).lower()[:200])
    kind = said.group(1) if said else "thumbnail or other picture"
    return f"{kind} ({page.imagewidth} × {page.imagelength} px)"


def _told(wishes: list[PageWish], progress: Progress) -> Callable[[int], None]:
    total = sum(sum(wish.page.databytecounts) for wish in wishes)
    began, done = time.perf_counter(), 0

    def copied(count: int) -> None:
        nonlocal done
        done += count
        progress.check()
        progress.step(Step(PHASE, done >> 10, total >> 10, time.perf_counter() - began))

    return copied


def _check(source: Path, copy: Path, progress: Progress) -> None:
    """Open the copy as anybody will, and look whether it is the same picture with nothing beside it."""
    progress.step(Step("Comparing the copy", 0, 0))
    with open_slide(source) as old, open_slide(copy) as new:
        same = [level.size for level in new.info.levels] == [level.size for level in old.info.levels]
        spacing = (old.info.spacing, new.info.spacing)
        scales = [None if one is None else one.spacing for one in spacing]
        if not same or scales[0] != scales[1] or new.info.associated:
            raise SlideProblem(
                f"The copy of {source.name} does not come out as it should.",
                "Nothing was written. Please report which scanner the file is of.",
                levels=[level.size for level in new.info.levels],
            )
        compare_pixels(old, new, progress)
    if openslide.OpenSlide.detect_format(str(source)) is not None:
        with openslide.OpenSlide(str(copy)) as opened:
            if opened.associated_images:
                raise SlideProblem(f"The copy of {source.name} still holds pictures beside the slide.")
