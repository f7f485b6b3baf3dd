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
from ml.slide.profile import rgb_profile
from ml.slide.pyramid import room_for
from ml.slide.slide import Pixels

# Pillow warns beyond this number and refuses beyond twice as many, taking a large picture for an attack.
# Ours are large by nature; `check_size` draws the line instead, before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

_ORIENTATION = 0x0112  # EXIF


def pillow_source(path: Path) -> PictureSource:
    """Look at a picture. Raises what Pillow raises, and `SlideProblem` when it is too large."""
    with Image.open(path) as image:
        return _looked_at(path, image)


def _looked_at(path: Path, image: Image.Image) -> PictureSource:
    check_size(path, Size(*image.size))
    dpi = image.info.get("dpi")
    spacing, doubt = spacing_from_dpi(float(dpi[0]), float(dpi[1])) if dpi else spacing_from_dpi(0, 0)
    if image.format == "PNG":  # Pillow would decode all of it to look for what may stand behind the pixels
        image.info.setdefault("exif", _exif_of_png(path))
    orientation = image.getexif().get(_ORIENTATION, 1)
    channels = _channels(path, image)
    if channels:
        write = _streaming(path, image, channels, orientation)
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
        profile=rgb_profile(image.info.get("icc_profile")),  # that of inks has been gone through already
        properties={"picture.mode": image.mode, "picture.format": image.format or ""},
    )


def _exif_of_png(path: Path) -> bytes:
    """The chunk eXIf, wherever it stands; empty where there is none."""
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind == b"eXIf":
                return file.read(length)
            file.seek(length + 4, 1)
    return b""


def check_size(path: Path, size: Size) -> None:
    """Raise `SlideProblem` when a flat picture is larger than what is opened, or has no pixels."""
    if size.width < 1 or size.height < 1:
        raise SlideProblem(
            f"{path.name} is damaged: it says that it is {size.width} × {size.height} px large.",
            "Copy it anew from where it comes from.",
            path=path,
        )
    if size.area <= MOST_PIXELS:
        return
    edge = int(MOST_PIXELS**0.5) // 1000
    raise SlideProblem(
        f"{path.name} is too large for a flat picture ({size.width:,} × {size.height:,} px): "
        f"up to {edge},000 × {edge},000 px are opened.",
        "Convert it to a pyramidal TIFF; a slide in that form may have any size.",
        path=path,
    )


def _channels(path: Path, image: Image.Image) -> int:
    """Bytes a pixel of the plain kinds, which are decoded without Pillow; 0 for the others."""
    if image.format == "JPEG":
        return 3 if image.mode in {"L", "RGB"} else 0
    with path.open("rb") as file:
        head = file.read(26)
    if image.format != "PNG" or head[24] != 8 or "transparency" in image.info:
        return 0
    return {0: 1, 2: 3, 4: 2, 6: 4}.get(head[25], 0)  # its colour type; 3 is a palette


def _streaming(
    path: Path, image: Image.Image, channels: int, orientation: int
) -> Callable[[Pixels, Progress], None]:
    """Decode straight into place; what needs a change first, into room beside it, and over in bands."""
    height, width = image.height, image.width
    decode = _decoder(image)

    def write(out: Pixels, progress: Progress) -> None:
        progress.check()
        if channels == 3 and orientation == 1:
            decode(path, out)
            return
        shape = (height, width) if channels == 1 else (height, width, channels)
        beside = room_for(height * width * channels)[0].reshape(shape)
        decode(path, beside)
        for top, bottom in bands(height):
            progress.check()
            band = beside[top:bottom]
            if channels == 1:
                out[top:bottom] = band[..., np.newaxis]
            else:
                out[top:bottom] = band if channels == 3 else _over_white(Image.fromarray(band))

    return write


def _decoder(image: Image.Image) -> Callable[[Path, Pixels], None]:
    """What decodes a whole JPEG or PNG into an array."""
    is_jpeg = image.format == "JPEG"
    is_grey = image.mode == "L"

    def decode(path: Path, out: Pixels) -> None:
        import imagecodecs

        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if not is_jpeg:
                imagecodecs.png_decode(memoryview(data), out=out)  # type: ignore[arg-type]
                return
            if not _is_whole_jpeg(data):
                raise OSError("the end of the picture is missing")
            wished = "RGB" if is_grey else None
            imagecodecs.jpeg8_decode(memoryview(data), outcolorspace=wished, out=out)  # type: ignore[arg-type]

    return decode


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
