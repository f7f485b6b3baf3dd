"""What a search leaves for people: its trials, what made the difference, a figure, the best recipe."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ml.report.atomic import whole_file
from ml.train.study_recipe import StudyRecipe
from ml.train.toml_text import toml_of
from ml.train.tune import Told, changed, importances

_SHOWN = 4  # settings in the figure


def best_of(told: Sequence[Told]) -> Told | None:
    """The trial with the highest figure; None where none came to its end."""
    ended = [one for one in told if one.value is not None]
    return max(ended, key=lambda one: one.value or 0.0) if ended else None


def best_recipe(recipe: StudyRecipe, best: Told) -> StudyRecipe:
    """The recipe with what the best trial had: its cell of the grid, and its settings."""
    return changed(recipe, {**best.fixed, **best.parameters})


def write_search(recipe: StudyRecipe, told: Sequence[Told], database: Path, folder: Path) -> tuple[Path, ...]:
    """`trials.csv`, `importances.json`, and, once a trial has come to its end, `trials.png` and `best.toml`.

    Raises `Problem` when the disk does not let us.
    """
    shares = {study: importances(database, study) for study in dict.fromkeys(one.study for one in told)}
    with whole_file(folder / "trials.csv") as part:
        _write_trials(told, part)
    with whole_file(folder / "importances.json") as part:
        part.write_text(json.dumps(shares, indent=2) + "\n", encoding="utf-8")
    written = [folder / "trials.csv", folder / "importances.json"]
    best = best_of(told)
    if best is None:
        return tuple(written)
    with whole_file(folder / "trials.png") as part:
        _draw(told, shares.get(best.study, {}), part)
    words = (
        f"{recipe.title}: trial {best.number + 1} of “{best.study}”, AUROC {best.value:.4f} on the side to\n"
        "choose on of one fold. It was sought for that figure: report another one."
    )
    with whole_file(folder / "best.toml") as part:
        part.write_text(toml_of(best_recipe(recipe, best), words), encoding="utf-8")
    return (*written, folder / "trials.png", folder / "best.toml")


def _write_trials(told: Sequence[Told], path: Path) -> None:
    keys = list(dict.fromkeys(key for one in told for key in one.parameters))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["study", "trial", "state", "value", *keys])
        for one in told:
            value = "" if one.value is None else f"{one.value:.6f}"
            settings = (one.parameters.get(key, "") for key in keys)
            table.writerow([one.study, one.number + 1, one.state, value, *settings])


def _draw(told: Sequence[Told], shares: Mapping[str, float], path: Path) -> None:
    """The four settings that made most of a difference, or the first four, each over the figure."""
    from matplotlib.figure import Figure

    ended = [one for one in told if one.value is not None]
    keys = sorted(
        dict.fromkeys(key for one in ended for key in one.parameters), key=lambda k: -shares.get(k, 0)
    )
    shown = keys[:_SHOWN] or ["trial"]
    figure = Figure(figsize=(3.4 * len(shown), 3.6), layout="constrained")
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for panel, key in zip(panels, shown, strict=True):
        pairs = [(one.parameters.get(key, one.number + 1), one.value) for one in ended]
        values = [value if isinstance(value, int | float) else str(value) for value, _ in pairs]
        panel.scatter(values, [figure for _, figure in pairs], s=14, color="#0072b2", linewidths=0)
        numbers = [value for value in values if not isinstance(value, str)]
        if len(numbers) == len(values) and min(numbers) > 0 and max(numbers) > 50 * min(numbers):
            panel.set_xscale("log")
        share = f"\n{shares[key]:.0%} of the difference" if key in shares else ""
        panel.set_xlabel(f"{key}{share}", fontsize="small")
    panels[0].set_ylabel("AUROC on the side to choose on")
    figure.savefig(path, dpi=150, format="png")
