"""Figures of a study as a card holds them for a person: a few of each set, value and interval."""

from __future__ import annotations

from collections.abc import Mapping


def flat_figures(whose: str, figures: object) -> dict[str, dict[str, object]]:
    """One set under "held_out", named by whose it is and how many pictures it is of; empty without figures.

    `figures` are those of `ml.train.figures.brief`; what is made of them is what `ml.report.held_out` reads.
    """
    if not isinstance(figures, Mapping):
        return {}
    flat: dict[str, object] = {}
    for name in ("balanced_accuracy", "accuracy", "macro_f1"):
        figure = figures.get(name)
        if isinstance(figure, Mapping):
            flat |= {name: figure["value"], f"{name}_interval": [figure["low"], figure["high"]]}
    pictures, groups = figures.get("pictures", 0), figures.get("patients", 0)
    return {f"{whose}, on {pictures:,} pictures of {groups:,} patients or groups new to it": flat}
