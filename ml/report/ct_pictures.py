"""Key images of a CT report: the peak slice of each finding, plain and with its Grad-CAM map and boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ml.errors import Problem
from ml.geometry import Rect
from ml.report.ct_content import window_in_words
from ml.report.ct_material import CtMaterial
from ml.report.figure import Picture, blend
from ml.report.words import percent
from ml.results.ct_findings import CtFinding, map_boxes
from ml.results.heatmap import colorize
from ml.volume.slice import hounsfield_of
from ml.volume.window import Window, windowed

MOST = 12
"""Findings with pictures; a report is read, not leafed through. All of them are in the table."""

_EDGE = 640  # px of each of the two pictures, at least
_GAP = 8
_BOX = (255, 176, 0)
_FAINT = 0.05  # of the map's highest value: below it nothing covers the slice
_OPACITY = 0.6


def shown_slice(values: NDArray[np.floating], window: Window, spacing: tuple[float, float]) -> Image.Image:
    """A slice in a window as RGB, its pixels made square by `spacing` (row to row, column to column, mm)."""
    grey = np.round(windowed(values, [window])[..., 0] * 255).astype(np.uint8)
    return _enlarged(Image.fromarray(grey), spacing).convert("RGB")


def draw_ct_pictures(material: CtMaterial) -> tuple[Picture, ...]:
    """One a finding that was not rejected, `MOST` at most. A slice that went missing has no picture."""
    kept = [
        (number, finding)
        for number, finding in enumerate(material.findings, start=1)
        if material.verdict(finding) != "rejected"
    ]
    made = (_key_image(material, number, finding) for number, finding in kept[:MOST])
    return tuple(picture for picture in made if picture is not None)


def _key_image(material: CtMaterial, number: int, finding: CtFinding) -> Picture | None:
    slice_ = material.series.slices[finding.peak_slice]
    try:
        values = hounsfield_of(slice_)
    except Problem:
        return None
    spacing = slice_.spacing or (1.0, 1.0)
    plain = shown_slice(values, material.window, spacing)
    pictures, how = [plain], ""
    cam = material.cam(finding)
    if cam is not None:
        rgba = colorize(cam.shown(), _FAINT, _OPACITY, "inferno")
        overlay = _enlarged(Image.fromarray(rgba), spacing)
        marked = Image.fromarray(blend(np.asarray(plain), np.asarray(overlay)))
        _draw_boxes(marked, [rect for rect, _ in map_boxes(cam.values)], values.shape)
        pictures.append(marked)
        how = " Right: where Grad-CAM saw what speaks for it; boxes hold its brightest half."
    name = material.card.class_names[finding.class_index]
    run = f"slices {finding.first + 1} to {finding.last + 1}" if finding.last > finding.first else "one slice"
    caption = (
        f"Slice {finding.peak_slice + 1}, {window_in_words(material.window)}. Probability "
        f"{percent(finding.peak)}, {run}, {material.verdict(finding)}.{how}"
    )
    return Picture(f"finding {number}", f"{number}. {name}", caption, _beside(pictures))


def _draw_boxes(image: Image.Image, rects: Sequence[Rect], shape: tuple[int, ...]) -> None:
    draw = ImageDraw.Draw(image)
    x, y = image.width / shape[1], image.height / shape[0]
    for rect in rects:
        box = (rect.x * x, rect.y * y, rect.right * x, rect.bottom * y)
        draw.rectangle(box, outline=_BOX, width=3)


def _enlarged(image: Image.Image, spacing: tuple[float, float]) -> Image.Image:
    """To square pixels and at least `_EDGE` px wide."""
    height, width = image.height * spacing[0], image.width * spacing[1]
    scale = max(_EDGE, image.width) / width
    size = (round(width * scale), max(1, round(height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC)


def _beside(pictures: Sequence[Image.Image]) -> Image.Image:
    width = sum(picture.width for picture in pictures) + _GAP * (len(pictures) - 1)
    whole = Image.new("RGB", (width, max(picture.height for picture in pictures)), "white")
    left = 0
    for picture in pictures:
        whole.paste(picture, (left, 0))
        left += picture.width + _GAP
    return whole
