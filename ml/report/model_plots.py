"""The plots of a report on a model: reliability, ROC, precision over recall, learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ml.report.plot import PALETTE, Line, Plot, Points
from ml.zoo.card import ModelCard

_GREY = "#8a929c"
_MOST = len(PALETTE)  # classes that a plot can tell apart


def plots(facts: Mapping[str, Any], card: ModelCard) -> tuple[Plot, ...]:
    """Those for which the study left points."""
    found = facts.get("curves", {})
    classes = dict(list(found.get("classes", {}).items())[:_MOST])
    colors = _colors(card, list(classes))
    made = [
        _reliability(found, classes, colors),
        _roc(facts, classes, colors),
        _precision(facts, classes, colors),
        _learning(facts.get("epochs", ())),
    ]
    return tuple(plot for plot in made if plot is not None)


def _colors(card: ModelCard, names: Sequence[str]) -> dict[str, str]:
    """Told apart on white; a card's own colours may be as pale as its class is harmless."""
    return {name: PALETTE[card.class_names.index(name) % _MOST] for name in names}


def _reliability(
    found: Mapping[str, Any], classes: Mapping[str, Any], colors: Mapping[str, str]
) -> Plot | None:
    lines = [Line("", ((0, 0), (1, 1)), _GREY, 1.0, (3, 3))]
    if "reliability" in found:
        lines.append(Line("all answers", _bins(found["reliability"]), PALETTE[0], marks=True))
    lines += [
        Line(name, _bins(made["reliability"]), colors[name], marks=True)
        for name, made in classes.items()
        if "reliability" in made
    ]
    if len(lines) == 1:
        return None
    caption = "On the dashed line it is as often right as it is sure. Above: too careful. Below: too sure."
    return Plot(
        "Can its certainty be trusted?", caption, "how sure it was", "how often it was right", tuple(lines)
    )


def _roc(facts: Mapping[str, Any], classes: Mapping[str, Any], colors: Mapping[str, str]) -> Plot | None:
    lines = [
        Line(_named(facts, name, "auroc"), made["roc"], colors[name])
        for name, made in classes.items()
        if made["roc"]
    ]
    if not lines:
        return None
    chance = Line("", ((0, 0), (1, 1)), _GREY, 1.0, (3, 3))
    caption = "The nearer to the upper left corner, the better. Dashed: a coin."
    labels = ("false alarms (1 − specificity)", "found (sensitivity)")
    return Plot("Findings against false alarms (ROC)", caption, *labels, (chance, *lines))


def _precision(
    facts: Mapping[str, Any], classes: Mapping[str, Any], colors: Mapping[str, str]
) -> Plot | None:
    lines = [
        Line(_named(facts, name, "auprc"), made["precision_recall"], colors[name], step=True)
        for name, made in classes.items()
        if made["precision_recall"]
    ]
    if not lines:
        return None
    caption = "The nearer to the upper right corner, the better; a coin reaches the share of the class."
    labels = ("found (recall)", "right among those called (precision)")
    return Plot("How many calls are right", caption, *labels, tuple(lines))


def _learning(epochs: Sequence[Mapping[str, float]]) -> Plot | None:
    """Loss of each fold, thin, and the mean of those that had that epoch."""
    if not epochs:
        return None
    lines = []
    for key, color, name in (
        ("fit_loss", PALETTE[1], "pictures that it learned from"),
        ("loss", PALETTE[0], "pictures that it did not learn from"),
    ):
        folds: dict[float, list[tuple[float, float]]] = {}
        by_epoch: dict[float, list[float]] = {}
        for told in epochs:
            folds.setdefault(told["fold"], []).append((told["epoch"], told[key]))
            by_epoch.setdefault(told["epoch"], []).append(told[key])
        if len(folds) > 1:
            lines += [Line("", points, color, 0.5) for points in folds.values()]
        mean = [(epoch, sum(values) / len(values)) for epoch, values in sorted(by_epoch.items())]
        lines.append(Line(name, mean, color, 2.0))
    last = max(2.0, *(told["epoch"] for told in epochs))
    top = max(max(told["fit_loss"], told["loss"]) for told in epochs) * 1.05 or 1.0
    caption = "Thick: mean of the folds. Blue rising while orange falls: learned by heart."
    return Plot(
        "How it learned", caption, "epoch", "loss", tuple(lines), (1.0, last), (0.0, top), whole_x=True
    )


def _named(facts: Mapping[str, Any], name: str, figure: str) -> str:
    value = facts["figures"]["classes"][name][figure]["value"]
    return f"{name} {value:.3f}"


def _bins(bins: Sequence[Mapping[str, float]]) -> Points:
    return [(found["confidence"], found["right"]) for found in bins]
