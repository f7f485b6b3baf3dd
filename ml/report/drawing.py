"""Lines, tags, scale bars and legends drawn into a picture of a slide."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from ml.annotation.shapes import Color, Shape
from ml.geometry import Rect
from ml.report.font import drawing_font, printable
from ml.report.view import View, bar_length
from ml.report.words import round_length

INK: Color = (24, 28, 34)
PAPER: Color = (255, 255, 255)
DRAWN: Color = (110, 40, 130)
"""What a person drew without giving it a colour."""

Dash = tuple[float, float]


@dataclass(frozen=True)
class BoxStyle:
    """How a box of one verdict looks: colour, line and sign differ, so that no one of them has to be seen."""

    color: Color
    width: int
    dash: Dash | None
    sign: str
    words: str


STYLES = {
    "accepted": BoxStyle((0, 115, 84), 6, None, "✓", "accepted"),
    "open": BoxStyle((0, 88, 160), 5, (22, 12), "?", "open"),
    "rejected": BoxStyle((178, 70, 0), 4, (4, 9), "×", "rejected"),
}


def draw_shape(draw: ImageDraw.ImageDraw, shape: Shape, view: View, color: Color = INK) -> None:
    """An outline, dark unless it has a colour of its own, on a white seam, so that it shows on any tissue."""
    for ring in shape.rings:
        if shape.kind == "points":
            for x, y in map(view.place, ring):
                draw.ellipse((x - 7, y - 7, x + 7, y + 7), fill=color, outline=PAPER, width=2)
            continue
        points = [view.place(point) for point in ((*ring, ring[0]) if shape.is_area else ring)]
        draw.line(points, fill=PAPER, width=9, joint="curve")
        draw.line(points, fill=color, width=4, joint="curve")


def draw_box(draw: ImageDraw.ImageDraw, rect: Rect, style: BoxStyle) -> None:
    """One box, in px of the picture, on a white seam."""
    corners = [(rect.x, rect.y), (rect.right, rect.y), (rect.right, rect.bottom), (rect.x, rect.bottom)]
    closed = [*corners, corners[0]]
    draw.line(closed, fill=PAPER, width=style.width + 4, joint="curve")
    for line in dashes(closed, style.dash) if style.dash else [closed]:
        draw.line(line, fill=style.color, width=style.width)
    if style.dash is None:  # the line's end leaves a notch in the first corner
        half = style.width / 2
        draw.rectangle((rect.x - half, rect.y - half, rect.x + half - 1, rect.y + half - 1), fill=style.color)


def dashes(points: Sequence[tuple[float, float]], dash: Dash) -> list[list[tuple[float, float]]]:
    """A line cut into strokes of `dash[0]` px with gaps of `dash[1]` px; every side begins with a stroke."""
    strokes = []
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        side = math.hypot(x1 - x0, y1 - y0)
        at = 0.0
        while at < side:
            end = min(at + dash[0], side)
            begin = (x0 + (x1 - x0) * at / side, y0 + (y1 - y0) * at / side)
            strokes.append([begin, (x0 + (x1 - x0) * end / side, y0 + (y1 - y0) * end / side)])
            at += sum(dash)
    return strokes


class Tags:
    """Small labels beside boxes that keep out of each other's way where there is room."""

    def __init__(self, draw: ImageDraw.ImageDraw, size: tuple[int, int], font_size: int = 26) -> None:
        self._draw = draw
        self._size = size
        self._font = drawing_font(font_size, bold=True)
        self._taken: list[Rect] = []

    def put(self, text: str, box: Rect, style: BoxStyle) -> None:
        """Label one box, in px of the picture."""
        left, top, right, bottom = self._draw.textbbox((0, 0), text, font=self._font)
        width, height = right - left + 14, bottom - top + 12
        places = [
            Rect(box.x, box.y - height, width, height),
            Rect(box.x, box.y, width, height),
            Rect(box.x, box.bottom, width, height),
            Rect(box.right, box.y, width, height),
            Rect(box.x - width, box.y, width, height),
        ]
        whole = Rect(0, 0, *self._size)
        on_picture = [place for place in places if place.intersection(whole).area == place.area]
        free = [p for p in on_picture if all(p.intersection(t).is_empty for t in self._taken)]
        place = (free or on_picture or places[1:2])[0]
        self._taken.append(place)
        edges = (place.x, place.y, place.right, place.bottom)
        solid = style.dash is None
        self._draw.rectangle(
            edges, fill=style.color if solid else PAPER, outline=PAPER if solid else style.color, width=2
        )
        ink = PAPER if solid else style.color
        self._draw.text((place.x + 7 - left, place.y + 6 - top), text, fill=ink, font=self._font)


def draw_scale_bar(draw: ImageDraw.ImageDraw, view: View, font_size: int = 26) -> None:
    """A bar of a round length on white, at the bottom right."""
    um = bar_length(view.um_per_pixel, view.size.width * 0.25)
    bar = um / view.um_per_pixel
    text = round_length(um)
    font = drawing_font(font_size)
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    pad = font_size // 2
    width = max(bar, right - left) + 2 * pad
    height = bottom - top + 3 * pad
    x, y = view.size.width - width - pad, view.size.height - height - pad
    draw.rectangle((x, y, x + width, y + height), fill=PAPER)
    draw.text((x + (width - (right - left)) / 2 - left, y + pad - top), text, fill=INK, font=font)
    x_bar, y_bar = x + (width - bar) / 2, y + height - pad
    draw.rectangle((x_bar, y_bar - max(3, font_size // 5), x_bar + bar, y_bar), fill=INK)


def draw_ramp(colors: Image.Image, title: str, threshold: float | None, width: int) -> Image.Image:
    """A legend strip: the colours of 0 to 1 as they lie over white, with ticks and the threshold."""
    strip = Image.new("RGB", (width, 150), PAPER)
    draw = ImageDraw.Draw(strip)
    font = drawing_font(26)
    marked = "" if threshold is None else f"▼ threshold {threshold:.2f}"
    x0, y0 = 4, 58
    ramp_width = round(min(760, width - 2 * x0 - 24 - draw.textlength(marked, font=font)))
    _draw_fitting(draw, (x0, 8), printable(title)[0], width - 2 * x0)
    strip.paste(colors.resize((ramp_width, 36)), (x0, y0))
    draw.rectangle((x0 - 1, y0 - 1, x0 + ramp_width, y0 + 36), outline=INK, width=1)
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = x0 + tick * (ramp_width - 1)
        draw.line((x, y0 + 36, x, y0 + 46), fill=INK, width=2)
        anchor = "la" if tick == 0 else "ra" if tick == 1 else "ma"
        draw.text((x, y0 + 50), f"{tick:g}", fill=INK, font=font, anchor=anchor)
    if threshold is not None:
        x = x0 + min(max(threshold, 0.0), 1.0) * (ramp_width - 1)
        draw.line((x, y0 - 4, x, y0 + 40), fill=PAPER, width=7)
        draw.line((x, y0 - 4, x, y0 + 40), fill=INK, width=3)
        draw.polygon([(x - 9, y0 - 14), (x + 9, y0 - 14), (x, y0 - 1)], fill=INK)
        draw.text((x0 + ramp_width + 24, y0 + 2), marked, fill=INK, font=font)
    return strip


def _draw_fitting(draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, room: int) -> None:
    """A title in one line: smaller where it must be, cut where even that does not help."""
    size = 28
    while size > 18 and draw.textlength(text, font=drawing_font(size, bold=True)) > room:
        size -= 1
    font = drawing_font(size, bold=True)
    if draw.textlength(text, font=font) > room:
        while text and draw.textlength(text + "…", font=font) > room:
            text = text[:-1]
        text += "…"
    draw.text(place, text, fill=INK, font=font)


def draw_box_legend(counts: dict[str, int], width: int) -> Image.Image:
    """A legend strip: one sample of each line, with its sign, words and how many there are."""
    strip = Image.new("RGB", (width, 70 * len(STYLES)), PAPER)
    draw = ImageDraw.Draw(strip)
    font = drawing_font(26)
    x, y = 6.0, 35
    for verdict, style in STYLES.items():
        text = f"{style.words}: {counts.get(verdict, 0):,}"
        wide = 82 + draw.textlength(text, font=font)
        if x > 6 and x + wide > width:  # no room left in this line
            x, y = 6.0, y + 70
        draw_box(draw, Rect(x, y - 19, 64, 38), style)
        draw.text((x + 32, y), style.sign, fill=style.color, font=drawing_font(24, bold=True), anchor="mm")
        draw.text((x + 82, y), text, fill=INK, font=font, anchor="lm")
        x += wide + 50
    return strip.crop((0, 0, width, y + 35))


def stacked(picture: Image.Image, strip: Image.Image) -> Image.Image:
    """A picture with a legend strip under it, on white."""
    width = max(picture.width, strip.width)
    whole = Image.new("RGB", (width, picture.height + strip.height), PAPER)
    whole.paste(picture, (0, 0))
    whole.paste(strip, (0, picture.height))
    return whole
