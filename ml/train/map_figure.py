"""A map of pictures as a figure: the same places once by label, once by patient, once by slide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ml.report.atomic import whole_file
from ml.train.embed import PictureMap

_NAMED = 12  # so many names are listed beside a panel; of more only how many there are


def draw_map(made: PictureMap, columns: Mapping[str, Sequence[str]], path: Path, note: str = "") -> None:
    """Write the panels side by side: a PNG, PDF or SVG, by the ending of `path`.

    `columns` gives each panel's title and, for every picture, the name that colours it ("label", "patient",
    "slide"). If patients lie apart more than labels do, a network may have learned patients. `note` stands
    below the panels. Raises `Problem` when the file cannot be written.
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.0 * len(columns), 5.4), layout="constrained")
    panels = figure.subplots(1, len(columns), squeeze=False)[0]
    for panel, (title, names) in zip(panels, columns.items(), strict=True):
        known, codes = np.unique(np.array(names), return_inverse=True)
        colors = colormaps["tab20" if len(known) > 10 else "tab10"]
        for code, name in enumerate(known):
            here = made.places[codes == code]
            panel.scatter(*here.T, s=6, color=colors(code % colors.N), label=name, linewidths=0)
        panel.set_title(f"{title} ({len(known)})")
        panel.set_xticks([])
        panel.set_yticks([])
        if len(known) <= _NAMED:
            panel.legend(markerscale=2, fontsize="small")
    words = f"t-SNE, perplexity {made.perplexity:g}: sizes of groups and distances between them mean nothing."
    figure.supxlabel(f"{words} {note}".strip(), fontsize="small")
    with whole_file(path) as part:
        figure.savefig(part, dpi=150, format=path.suffix.lstrip(".") or "png")
