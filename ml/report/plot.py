"""Plots of a model report: lines over two axes and a table of counts, for the PDF and, as SVG, for HTML."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.graphics import renderSVG
from reportlab.graphics.shapes import Drawing, Group, PolyLine, Rect, String
from reportlab.lib import colors

from ml.report.font import BOLD, REGULAR, printable, register_fonts
from ml.report.sheet import INK, LINE, QUIET

# Okabe and Ito: told apart by colour-blind readers too.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_LEFT, _BELOW, _ABOVE, _RIGHT = 34.0, 30.0, 6.0, 8.0  # room around the axes, pt
_SMALL = 7.5
_HAIR = 0.5
_FAMILY = "font-family: 'DejaVu Sans', Verdana, sans-serif"  # letters as wide as those of the PDF

Points = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Line:
    """One curve. `name` is empty where the legend leaves it out; `step` joins points as stairs."""

    name: str
    points: Points
    color: str
    width: float = 1.6
    dash: tuple[float, float] | None = None
    step: bool = False
    marks: bool = False


@dataclass(frozen=True)
class Plot:
    """Lines over axes, with a title over it and a sentence under it that says how to read it."""

    title: str
    caption: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)
    whole_x: bool = False  # whether x counts something


def drawn(plot: Plot, width: float = 235, height: float = 190) -> Any:
    """A plot as ReportLab's drawing of that size, pt; names of lines stand below the axes."""
    register_fonts()
    named = [line for line in plot.lines if line.name]
    legend = 11.0 * len(named)
    drawing = Drawing(width, height + legend)
    left, bottom = _LEFT, _BELOW + legend
    across, up = width - _LEFT - _RIGHT, height - _BELOW - _ABOVE

    def place(x: float, y: float) -> tuple[float, float]:
        (x0, x1), (y0, y1) = plot.x_range, plot.y_range
        return left + (x - x0) / (x1 - x0) * across, bottom + (y - y0) / (y1 - y0) * up

    for value in (x for x in ticks(*plot.x_range) if not plot.whole_x or x == round(x)):
        x, _ = place(value, plot.y_range[0])
        drawing.add(_hair(x, bottom, x, bottom + up))
        drawing.add(_words(x, bottom - 10, f"{value:g}", "middle"))
    for value in ticks(*plot.y_range):
        _, y = place(plot.x_range[0], value)
        drawing.add(_hair(left, y, left + across, y))
        drawing.add(_words(left - 4, y - 2.5, f"{value:g}", "end"))
    drawing.add(_words(left + across / 2, bottom - 22, plot.x_label, "middle", color=INK))
    drawing.add(_upright(9, bottom + up / 2, plot.y_label))
    for line in plot.lines:
        drawing.add(_curve(line, [place(x, y) for x, y in line.points]))
    for row, line in enumerate(named):
        y = legend - 11.0 * (row + 1) + 3
        drawing.add(_curve(line, [(left, y + 2.5), (left + 16, y + 2.5)]))
        drawing.add(_words(left + 21, y, line.name, "start", color=INK))
    return drawing


def counts_drawn(names: Sequence[str], counts: Sequence[Sequence[int]], width: float = 235) -> Any:
    """A confusion matrix: rows are what is true, columns what was said; the darker, the more of its row."""
    register_fonts()
    head, side = 34.0, 62.0
    edge = (width - side) / max(1, len(names))
    tall = min(edge, 34.0)
    height = head + tall * len(names)
    drawing = Drawing(width, height)
    drawing.add(_words(side + edge * len(names) / 2, height - 9, "said by the model", "middle", color=INK))
    for c, name in enumerate(names):
        drawing.add(_words(side + edge * (c + 0.5), height - 24, _short(name, edge), "middle"))
    for r, row in enumerate(counts):
        total = max(1, sum(row))
        bottom = height - head - tall * (r + 1)
        drawing.add(_words(side - 5, bottom + tall / 2 - 3, _short(names[r], side), "end"))
        for c, value in enumerate(row):
            share = value / total
            shade = colors.linearlyInterpolatedColor(colors.white, colors.HexColor("#0072b2"), 0, 1, share)
            place = (side + edge * c + 1, bottom + 1, edge - 2, tall - 2)
            drawing.add(Rect(*place, fillColor=shade, strokeColor=LINE, strokeWidth=_HAIR))
            ink = colors.white if share > 0.55 else INK
            middle = side + edge * (c + 0.5)
            drawing.add(_words(middle, bottom + tall / 2 - 3, f"{value:,}", "middle", 8.5, ink, BOLD))
    return drawing


def as_svg(drawing: Any) -> str:
    """The drawing as an `<svg>` element that grows with the page. Equal drawings give equal text."""
    text = renderSVG.drawToString(drawing)
    head, rest = text[text.index("<svg") :].split(">", 1)
    head = re.sub(r'\s(width|height|preserveAspectRatio|version|xmlns:xlink)="[^"]*"', "", head)
    # Several stand on one page: the clip of the first, which has the same name, would cut all the others.
    clips = (r"<clipPath.*?</clipPath>", r' id="group"', r' style="clip-path[^"]*"')
    for unwanted in (*clips, r"<(title|desc)>.*?</\1>"):
        rest = re.sub(unwanted, "", rest, flags=re.DOTALL)
    rest = rest.replace(f"font-family: {BOLD}", f"{_FAMILY}; font-weight: bold")
    rest = rest.replace(f"font-family: {REGULAR}", _FAMILY).replace("fill: None", "fill: none")
    return f'{head} role="img">{rest.strip()}'


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between two, about five of them."""
    step = 10.0 ** math.floor(math.log10((high - low) / 4))
    step = next(step * k for k in (1, 2, 2.5, 5, 10) if (high - low) / (step * k) <= 5)
    first = math.ceil(low / step - 1e-9)
    return [round(step * n, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _curve(line: Line, places: Sequence[tuple[float, float]]) -> Any:
    group = Group()
    flat: list[float] = []
    for number, (x, y) in enumerate(places):
        if line.step and number:
            flat += [places[number - 1][0], y]
        flat += [x, y]
    color = colors.HexColor(line.color)
    if len(places) > 1:
        dash = list(line.dash) if line.dash else None
        group.add(PolyLine(flat, strokeColor=color, strokeWidth=line.width, strokeDashArray=dash))
    if line.marks or len(places) == 1:
        for x, y in places:
            group.add(Rect(x - 2, y - 2, 4, 4, fillColor=color, strokeColor=colors.white, strokeWidth=_HAIR))
    return group


def _hair(x0: float, y0: float, x1: float, y1: float) -> Any:
    return PolyLine([x0, y0, x1, y1], strokeColor=LINE, strokeWidth=_HAIR)


def _words(
    x: float, y: float, words: str, anchor: str, size: float = _SMALL, color: Any = QUIET, font: str = REGULAR
) -> Any:
    shown = printable(words)[0]
    return String(x, y, shown, fontName=font, fontSize=size, fillColor=color, textAnchor=anchor)


def _upright(x: float, y: float, words: str) -> Any:
    group = Group(_words(0, 0, words, "middle", color=INK))
    group.translate(x, y)
    group.rotate(90)
    return group


def _short(name: str, room: float) -> str:
    most = max(3, int(room / 5.2))
    return name if len(name) <= most else name[: most - 1] + "…"
