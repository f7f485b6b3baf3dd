"""The pictures of a report: the slide; the region plain, with heatmap, Grad-CAM, boxes; single boxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ml.geometry import Rect, Size
from ml.progress import Progress
from ml.report.drawing import (
    DRAWN,
    STYLES,
    BoxStyle,
    Tags,
    draw_box,
    draw_box_legend,
    draw_ramp,
    draw_scale_bar,
    draw_shape,
    stacked,
)
from ml.report.material import Material
from ml.report.view import View
from ml.report.words import count, length
from ml.results.boxes import Box
from ml.results.heatmap import DIVERGING, colorize
from ml.slide.region import read_region

WIDE = 1600
"""Width in px of a picture that has the page to itself: about 240 dots per inch across A4."""

HALF = 1000
"""Width in px of a picture that shares the page's width with another one: about 300 dots per inch."""

MOST_TAGS = 60
MOST_CROPS = 12
_STRIP = 900  # least width of a legend strip, px
_SIDE_BY_SIDE = 0.7  # height over width from which on two pictures stand side by side
_TALLEST = 2.2  # height over width, beyond which the width gives way
_CAM_COLORS = "magma"


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture with the words under it. `name` tells it apart: "slide", "heatmap", "box 3".

    `half`: it is tall, and meant for half the width of a page.
    """

    name: str
    title: str
    caption: str
    image: Image.Image  # RGB
    half: bool = False


def draw_pictures(material: Material, progress: Progress | None = None) -> tuple[Picture, ...]:
    """All pictures in the order of the report; those of single boxes come last.

    Never more than a few dozen MiB, whatever the slide's size. Raises `SlideProblem` when the slide
    cannot be read any more, `Cancelled` when a stop is wished.
    """
    pictures = []
    for picture in _pictures(material):
        pictures.append(picture)
        if progress is not None:
            progress.check()
    return tuple(pictures)


def _pictures(material: Material) -> Iterator[Picture]:
    yield _slide(material)
    view = region_view(material)
    plain = _read(material, view)
    yield _plain(material, view, plain)
    yield _heatmap(material, view, plain)
    if material.analysis.cam is not None:
        yield _cam(material, view, plain)
    marks = _marks(material, view, plain)
    if marks is not None:
        yield marks
    for number, box in _cropped(material):
        yield _crop(material, number, box)


def region_view(material: Material) -> View:
    """The region with a little around it."""
    bounds = material.region.bounds
    margin = 0.03 * max(bounds.width, bounds.height)
    around = bounds if material.analysis.region is None else bounds.grown(margin)
    tall = around.height * material.spacing.y / (around.width * material.spacing.x)
    if tall < _SIDE_BY_SIDE:
        return View.of(around, material.spacing, WIDE)
    return View.of(around, material.spacing, round(HALF * min(max(tall, 1), _TALLEST)))


def _is_whole(material: Material) -> bool:
    """Whether its model looks at a picture as a whole."""
    return material.card.preparation is not None


def _is_half(view: View) -> bool:
    return view.size.height >= _SIDE_BY_SIDE * view.size.width


def blend(pixels: NDArray[np.uint8], rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay straight-alpha colours (h, w, 4) over pixels (h, w, 3)."""
    alpha = rgba[..., 3:].astype(np.uint32)
    mixed = pixels.astype(np.uint32) * (255 - alpha) + rgba[..., :3] * alpha
    return ((mixed + 127) // 255).astype(np.uint8)


def _read(material: Material, view: View) -> NDArray[np.uint8]:
    return read_region(material.slide, view.rect, view.size)


def _slide(material: Material) -> Picture:
    whole = Rect.of_size(material.analysis.provenance.slide_size)
    view = View.of(whole, material.spacing, HALF)
    image = Image.fromarray(_read(material, view))
    draw = ImageDraw.Draw(image)
    if material.analysis.region is not None:
        draw_shape(draw, material.region, view)
    draw.rectangle((0, 0, image.width - 1, image.height - 1), outline=(150, 150, 150))
    draw_scale_bar(draw, view, 22)
    outlined = "" if material.analysis.region is None else "The line marks the analyzed region."
    return Picture("slide", "The slide", outlined or "The whole slide was analyzed.", image)


def _plain(material: Material, view: View, pixels: NDArray[np.uint8]) -> Picture:
    image, draw = _canvas(material, view, pixels)
    draw_scale_bar(draw, view)
    return Picture("region", "The region", "As scanned, without any layer.", image, _is_half(view))


def overlaid(material: Material) -> Image.Image:
    """The region with its heatmap, without a legend. Raises `SlideProblem`."""
    view = region_view(material)
    return Image.fromarray(_under_heatmap(material, view, _read(material, view)))


def _under_heatmap(material: Material, view: View, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scores, layers = material.analysis.scores, material.layers
    seen = view.sample(scores.values[..., layers.class_index], scores.grid)
    return blend(pixels, _colors(material, seen, layers.colormap))


def _heatmap(material: Material, view: View, pixels: NDArray[np.uint8]) -> Picture:
    scores, layers = material.analysis.scores, material.layers
    image, draw = _canvas(material, view, _under_heatmap(material, view, pixels))
    draw_scale_bar(draw, view)
    title = f"Probability of “{material.shown_class}”"
    ramp = draw_ramp(_ramp(material, layers.colormap), title, layers.threshold, max(_STRIP, image.width))
    patch = scores.grid.patch
    edge = length(patch.width * material.spacing.x)
    around = layers.colormap in DIVERGING
    without = "not scored, or near the threshold" if around else "not scored, or below the threshold"
    fainter = "the nearer to the threshold" if around else "the lower the probability"
    caption = f"One square is one patch of {edge}; the fainter, {fainter}. Without colour: {without}."
    if _is_whole(material):
        caption = "One colour for the whole picture: the model looks at it as one."
    whole = stacked(image, ramp)
    return Picture("heatmap", f"Heatmap of “{material.shown_class}”", caption, whole, _is_half(view))


def _cam(material: Material, view: View, pixels: NDArray[np.uint8]) -> Picture:
    cam = material.analysis.cam
    assert cam is not None
    name = material.analysis.scores.class_names[cam.class_index]
    within = "in the picture" if _is_whole(material) else "within the patches"
    colors = colorize(view.sample(cam.shown(), cam.grid), 0.0, material.layers.opacity, _CAM_COLORS)
    image, draw = _canvas(material, view, blend(pixels, colors))
    draw_scale_bar(draw, view)
    steps = np.linspace(0, 1, 512, dtype=np.float32)[None]
    over_white = blend(
        np.full((1, 512, 3), 255, np.uint8), colorize(steps, 0.0, material.layers.opacity, _CAM_COLORS)
    )
    title = f"Grad-CAM: what spoke for “{name}”"
    ramp = draw_ramp(Image.fromarray(over_white), title, None, max(_STRIP, image.width))
    caption = (
        f"What {within} spoke for “{name}”: 0 nothing, 1 the most. One scale for the whole region: "
        f"1 is the 99th percentile (raw value {cam.scale:.3g}). It shows where the network looked, not "
        "whether it is right."
    )
    return Picture("gradcam", f"Grad-CAM of “{name}”", caption, stacked(image, ramp), _is_half(view))


def _marks(material: Material, view: View, pixels: NDArray[np.uint8]) -> Picture | None:
    """Boxes and what the person drew; None where there is neither."""
    boxes = material.ordered()
    drawn = [
        (number, annotation)
        for number, annotation in enumerate(material.drawn, start=1)
        if not annotation.shape.bounds.intersection(view.rect).is_empty
    ]
    if not boxes and not drawn:
        return None
    image, draw = _canvas(material, view, pixels)
    for _, annotation in drawn:
        draw_shape(draw, annotation.shape, view, annotation.color or DRAWN)
    for box in reversed(boxes):  # accepted ones last, on top
        draw_box(draw, view.placed(box.rect), STYLES[material.verdict(box)])
    tags = Tags(draw, image.size)
    for number, box in enumerate(boxes[:MOST_TAGS], start=1):
        style = STYLES[material.verdict(box)]
        tags.put(f"{style.sign} {number}", view.placed(box.rect), style)
    for number, annotation in drawn[:MOST_TAGS]:
        style = BoxStyle(annotation.color or DRAWN, 4, (1, 1), "A", "drawn")
        tags.put(f"A{number}", view.placed(annotation.shape.bounds), style)
    draw_scale_bar(draw, view)
    if boxes:
        verdicts = [material.verdict(box) for box in boxes]
        counts = {verdict: verdicts.count(verdict) for verdict in STYLES}
        image = stacked(image, draw_box_legend(counts, max(_STRIP, image.width)))
    title, caption = _marks_in_words(len(boxes), len(drawn))
    return Picture("boxes", title, caption, image, _is_half(view))


def _marks_in_words(boxes: int, drawn: int) -> tuple[str, str]:
    things = [name for name, there in (("boxes", boxes), ("annotations", drawn)) if there]
    title = f"{' and '.join(things).capitalize()} in the region"
    caption = "Numbers are those of the table of boxes." if boxes else ""
    if boxes > MOST_TAGS:
        caption = f"All {boxes:,} boxes are drawn; the first {MOST_TAGS} carry their number of the table."
    if drawn:
        caption = f"{caption} A number after an A is that of an annotation.".strip()
    return title, caption


def _cropped(material: Material) -> list[tuple[int, Box]]:
    numbered = enumerate(material.ordered(), start=1)
    return [(n, box) for n, box in numbered if material.verdict(box) != "rejected"][:MOST_CROPS]


def _crop(material: Material, number: int, box: Box) -> Picture:
    spacing, center = material.spacing, box.rect.center
    edge_um = 1.5 * max(box.rect.width * spacing.x, box.rect.height * spacing.y)
    width, height = edge_um / spacing.x, edge_um / spacing.y
    around = Rect(center.x - width / 2, center.y - height / 2, width, height)
    view = View.of(around, spacing, 512)
    image = Image.fromarray(read_region(material.slide, view.rect, Size(512, 512)))
    draw = ImageDraw.Draw(image)
    style = STYLES[material.verdict(box)]
    draw_box(draw, view.placed(box.rect), style)
    draw_scale_bar(draw, view, 30)
    caption = f"{style.sign} {number} · {style.words} · {box.score:.2f}"
    return Picture(f"box {number}", f"Box {number}", caption, image)


def crops_in_words(material: Material) -> str:
    """Says which boxes have a picture of their own."""
    shown = _cropped(material)
    wanted = sum(material.verdict(box) != "rejected" for box in material.boxes)
    if len(shown) == wanted:
        return ""
    return f"The first {count(len(shown), 'box', 'boxes')} of {wanted:,}; the table below has them all."


def _canvas(
    material: Material, view: View, pixels: NDArray[np.uint8]
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    if material.analysis.region is not None:
        draw_shape(draw, material.region, view)
    return image, draw


def _colors(material: Material, values: NDArray[np.float32], colormap: str) -> NDArray[np.uint8]:
    return colorize(values, material.layers.threshold, material.layers.opacity, colormap)


def _ramp(material: Material, colormap: str) -> Image.Image:
    steps = np.linspace(0, 1, 512, dtype=np.float32)[None]
    white = np.full((1, 512, 3), 255, dtype=np.uint8)
    return Image.fromarray(blend(white, _colors(material, steps, colormap)))
