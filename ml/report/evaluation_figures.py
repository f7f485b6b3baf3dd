"""The figures of an evaluation, each as an SVG file of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ml.report.model_plots import plots
from ml.report.plot import as_svg, counts_drawn, drawn
from ml.zoo.card import ModelCard

_FILES = {
    "Can its certainty be trusted?": "reliability.svg",
    "Findings against false alarms (ROC)": "roc.svg",
    "How many calls are right": "precision_recall.svg",
}


def evaluation_figures(facts: Mapping[str, Any], card: ModelCard) -> dict[str, str]:
    """Text of each file by its name. Equal arguments give equal text."""
    made = {_FILES[plot.title]: _alone(as_svg(drawn(plot))) for plot in plots(facts, card)}
    counts = facts["figures"].get("confusion")
    if counts:
        made["confusion.svg"] = _alone(as_svg(counts_drawn(card.class_names, counts)))
    return made


def _alone(svg: str) -> str:
    """An element that stands in no page needs to say what it is."""
    if "xmlns=" not in svg[: svg.index(">")]:
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return re.sub(r"\sxlink:\w+=\"[^\"]*\"", "", svg) + "\n"
