"""The automatic figures of a slide, by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PIL import Image, ImageDraw

from ml.annotation.shapes import Annotation
from ml.geometry import Spacing
from ml.progress import Progress
from ml.report.drawing import DRAWN, BoxStyle, Tags, draw_scale_bar, draw_shape
from ml.report.figure import HALF, MOST_TAGS, Picture, draw_pictures
from ml.report.material import Material
from ml.report.view import View
from ml.report.words import count
from ml.slide.region import read_region
from ml.slide.slide import Slide


def drawn_of_material(material: Material, progress: Progress) -> Mapping[str, tuple[Picture, ...]]:
    """Those of an analysis: "slide", "region", "heatmap", "gradcam", "boxes", and "top boxes" close."""
    found: dict[str, tuple[Picture, ...]] = {}
    for picture in draw_pictures(material, progress):
        name = "top boxes" if picture.name.startswith("box ") else picture.name
        made = replace(picture, half=_is_half(picture.image)) if name == "slide" else picture
        found[name] = (*found.get(name, ()), made)
    return found


def drawn_of_slide(
    slide: Slide, annotations: tuple[Annotation, ...], spacing: Spacing | None, progress: Progress
) -> Mapping[str, tuple[Picture, ...]]:
    """Those of a slide that was not analyzed: "slide", and "boxes" with annotations under their numbers."""
    view = View.of(slide.info.bounds, spacing or Spacing.square(1.0), HALF)
    pixels = read_region(slide, view.rect, view.size)
    progress.check()
    plain, draw = _canvas(Image.fromarray(pixels), view, spacing)
    found = {"slide": (Picture("slide", "The slide", "The whole slide.", plain, _is_half(plain)),)}
    if annotations:
        marked, draw = _canvas(Image.fromarray(pixels), view, spacing)
        for annotation in annotations:
            draw_shape(draw, annotation.shape, view, annotation.color or DRAWN)
        tags = Tags(draw, marked.size)
        for number, annotation in enumerate(annotations[:MOST_TAGS], 1):
            style = BoxStyle(annotation.color or DRAWN, 4, (1, 1), "A", "drawn")
            tags.put(f"A{number}", view.placed(annotation.shape.bounds), style)
        caption = (
            f"{count(len(annotations), 'annotation')}, drawn by the reader. Numbers are those of the table."
        )
        found["boxes"] = (Picture("boxes", "Annotations", caption, marked, _is_half(marked)),)
    return found


def _is_half(image: Image.Image) -> bool:
    return image.height >= 0.7 * image.width


def _canvas(
    image: Image.Image, view: View, spacing: Spacing | None
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, image.width - 1, image.height - 1), outline=(150, 150, 150))
    if spacing is not None:
        draw_scale_bar(draw, view, 22)
    return image, draw
