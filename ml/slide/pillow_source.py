"""PNG, JPEG, BMP, WebP and whatever else Pillow decodes."""

from __future__ import annotations

import io
import mmap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.progress import Progress
from ml.slide.picture_source import (
    MOST_PIXELS,
    PictureSource,
    bands,
    full_range,
    spacing_from_dpi,
    to_byte,
)
from ml.slide.slide import Pixels

# Pillow warns beyond this number and refuses beyond twice as many, taking a large picture for an attack.
# Ours are large by nature; `check_size` draws the line instead, before anything is decoded.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS

_ORIENTATION = 0x0112  # EXIF


def pillow_source(path: Path) -> PictureSource:
    """Look at a picture. Raises what Pillow raises, and `SlideProblem` when it is too large."""
    try:
        with Image.open(path) as image:
            return _looked_at(path, image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_large(path) from error


def _looked_at(path: Path, image: Image.Image) -> PictureSource:
    check_size(path, Size(*image.size))
    dpi = image.info.get("dpi")
    spacing, doubt = spacing_from_dpi(float(dpi[0]), float(dpi[1])) if dpi else spacing_from_dpi(0, 0)
    orientation = image.getexif().get(_ORIENTATION, 1)
    if orientation == 1 and image.mode == "RGB" and _streams(path, image):
        write = _streaming(path, str(image.format))
    else:
        image.load()
        orientation = image.getexif().get(_ORIENTATION, 1)  # Pillow turns a TIFF itself
        write = _writing(image)
    return PictureSource(
        kind=image.format or "picture",
        size=Size(*image.size),
        write=write,
        orientation=orientation,
        spacing=spacing,
        spacing_doubt=doubt,
        properties={"picture.mode": image.mode, "picture.format": image.format or ""},
    )


def check_size(path: Path, size: Size) -> None:
    """Raise `SlideProblem` when a flat picture is larger than what is opened."""
    if size.area > MOST_PIXELS:
        raise too_large(path, size)


def too_large(path: Path, size: Size | None = None) -> SlideProblem:
    """The problem of a picture that is too large to be opened flat."""
    told = f" ({size.width:,} × {size.height:,} px)" if size else ""
    edge = int(MOST_PIXELS**0.5) // 1000
    return SlideProblem(
        f"{path.name} is too large for a flat picture{told}: up to {edge},000 × {edge},000 px are opened.",
        "Convert it to a pyramidal TIFF; a slide in that form may have any size.",
        path=path,
    )


def _streams(path: Path, image: Image.Image) -> bool:
    """Whether the file is of the plain kinds that are decoded straight into place, 3 bytes a pixel."""
    if image.format == "JPEG":
        return True
    with path.open("rb") as file:
        head = file.read(26)
    is_8_bit_rgb = image.format == "PNG" and head[24:26] == b"\x08\x02"
    return is_8_bit_rgb and "transparency" not in image.info


def _streaming(path: Path, kind: str) -> Callable[[Pixels, Progress], None]:
    def write(out: Pixels, progress: Progress) -> None:
        import imagecodecs

        progress.check()
        decode = imagecodecs.jpeg8_decode if kind == "JPEG" else imagecodecs.png_decode
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if kind == "JPEG" and not _is_whole_jpeg(data):
                raise OSError("the end of the picture is missing")
            decode(memoryview(data), out=out)  # type: ignore[arg-type]

    return write


def _is_whole_jpeg(data: mmap.mmap) -> bool:
    """Whether the end mark stands behind the start of the scan; the decoder would fill up with grey."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        at += 1 if data[at + 1] == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return data.rfind(b"\xff\xd9", at) > 0


def _writing(image: Image.Image) -> Callable[[Pixels, Progress], None]:
    def write(out: Pixels, progress: Progress) -> None:
        convert = _conversion(image)
        for top, bottom in bands(image.height):
            progress.check()
            out[top:bottom] = convert(image.crop((0, top, image.width, bottom)))

    return write


def _conversion(image: Image.Image) -> Callable[[Image.Image], Any]:
    """What turns a band of this picture into RGB."""
    mode = image.mode
    if mode.startswith(("I", "F")):
        return _numbers(image)
    if mode == "CMYK":
        return _from_cmyk(image.info.get("icc_profile"))
    if "transparency" in image.info or mode in {"RGBA", "LA", "PA", "RGBa", "La"}:
        return _over_white
    return lambda band: np.asarray(band.convert("RGB"))


def _numbers(image: Image.Image) -> Callable[[Image.Image], Any]:
    extremes = [np.asarray(image.crop((0, top, image.width, end))) for top, end in bands(image.height)]
    low = min(float(np.nanmin(part)) for part in extremes)
    high = max(float(np.nanmax(part)) for part in extremes)
    black, white = full_range(extremes[0].dtype, low, high)
    return lambda band: to_byte(np.asarray(band), black, white)[..., None]


def _from_cmyk(profile: bytes | None) -> Callable[[Image.Image], Any]:
    if profile:
        try:
            source = ImageCms.getOpenProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            transform = ImageCms.buildTransform(source, target, "CMYK", "RGB")
        except (ImageCms.PyCMSError, OSError):  # a broken profile is no reason to refuse the picture
            transform = None
        if transform is not None:
            return lambda band: np.asarray(ImageCms.applyTransform(band, transform))
    return lambda band: np.asarray(band.convert("RGB"))


def _over_white(band: Image.Image) -> Any:
    rgba = band.convert("RGBA")
    white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    return np.asarray(Image.alpha_composite(white, rgba).convert("RGB"))
