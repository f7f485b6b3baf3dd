"""What a report on a model says: the facts of a study and the card, put into words, tables and plots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml.report.model_plots import plots
from ml.report.model_units import of_slides
from ml.report.plot import Plot
from ml.report.words import percent
from ml.zoo.card import ModelCard

Facts = Mapping[str, Any]
"""What a study leaves in `report.json`."""


@dataclass(frozen=True)
class Tile:
    """One of the few numbers that are read first. `good` is None where it is neither good nor bad."""

    label: str
    value: str
    note: str
    good: bool | None = None


@dataclass(frozen=True)
class FactTable:
    """A table with its title, its head and one sentence under it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class ModelReport:
    """Everything that stands in HTML and PDF alike."""

    title: str
    version: str
    summary: str
    verdict: str  # one or two sentences for somebody who reads no further
    tiles: tuple[Tile, ...]
    warnings: tuple[str, ...]
    class_names: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]  # empty: classes stand on their own
    plots: tuple[Plot, ...]
    tables: tuple[FactTable, ...]
    texts: tuple[tuple[str, str], ...]


def model_report(facts: Facts, card: ModelCard) -> ModelReport:
    """Gather it. Parts that a study did not leave (boxes, curves, epochs) are left out."""
    figures = facts["figures"]
    tables = [
        _slide_table(facts),
        _class_table(figures),
        _box_table(facts),
        _search_table(facts),
        _leakage_table(facts),
    ]
    return ModelReport(
        title=card.title,
        version=card.version,
        summary=card.summary,
        verdict=_verdict(facts, card),
        tiles=(_main_tile(facts), _calibration_tile(facts), _leakage_tile(facts), _size_tile(figures)),
        warnings=_warnings(facts),
        class_names=card.class_names,
        confusion=tuple(tuple(row) for row in figures.get("confusion", ())),
        plots=plots(facts, card),
        tables=tuple(table for table in tables if table is not None),
        texts=_texts(facts, card),
    )


def with_interval(figure: Mapping[str, float], *, share: bool = False) -> str:
    """ "0.971 (0.940 to 0.994)", or in per cent."""
    value, low, high = (figure[key] for key in ("value", "low", "high"))
    if share:
        return f"{value * 100:.1f} % ({low * 100:.1f} to {high * 100:.1f})"
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _verdict(facts: Facts, card: ModelCard) -> str:
    figures = facts["figures"]
    leaks = facts["leakage"]["groups_on_two_sides_count"]
    known = "some of whom it had learned from, so that this is too good"
    known = known if leaks else "none of whom it had learned from"
    alone = figures["patients"] == figures["pictures"] and "boxes" not in facts
    patients = "each counted as a patient" if alone else f"of {figures['patients']:,} patients (or groups)"
    who = f"{patients}, {known}"
    if "boxes" in facts:
        said = [
            f"It found {percent(box['recall'])} of {box['boxes']:,} boxes of “{name}”, and "
            f"{percent(box['precision'])} of what it found was right"
            for name, box in facts["boxes"].items()
        ]
        return f"{'; '.join(said)}: on slides {who}."
    if made := of_slides(facts):
        return _verdict_of_slides(made["patients"], known)
    if card.output == "softmax":
        accuracy = figures["accuracy"]
        name, share = _commonest(facts, card)
        low, high = accuracy["low"] * 100, accuracy["high"] * 100
        right, pictures = accuracy["value"] * 100, figures["pictures"]
        return (
            f"It was right in {right:.1f} % of {pictures:,} pictures {who} (95 % interval over patients: "
            f"{low:.1f} to {high:.1f}). To say “{name}” of every picture is right in {share * 100:.1f} %."
        )
    said = [f"“{name}” {with_interval(made['auroc'])}" for name, made in figures["classes"].items()]
    return (
        "How surely it puts a picture with a finding before one without (AUROC; 0.5 is a coin, 1 is "
        f"perfect): {', '.join(said)}. Measured on {figures['pictures']:,} pictures {who}."
    )


def _verdict_of_slides(patients: Facts, known: str) -> str:
    right = with_interval(patients["balanced_accuracy"], share=True)
    return (
        f"Of {patients['units']:,} patients, {known}, it answered {right} right by their slides as a whole, "
        f"each class counted alike (95 % interval). {patients['in_words']}"
    )


def _commonest(facts: Facts, card: ModelCard) -> tuple[str, float]:
    """The most frequent class and its share: what knowing nothing reaches."""
    sums = [sum(row) for row in facts["figures"]["confusion"]]
    return card.class_names[sums.index(max(sums))], max(sums) / max(1, sum(sums))


def _main_tile(facts: Facts) -> Tile:
    if "boxes" in facts:
        name, box = next(iter(facts["boxes"].items()))
        note = f"IoU {box['overlap']:g}; 95 % {box['f1']['low']:.2f} to {box['f1']['high']:.2f}"
        return Tile(f"Box F1, {name}", f"{box['f1']['value']:.2f}", note)
    whole = of_slides(facts)
    balanced = (whole["patients"] if whole else facts["figures"])["balanced_accuracy"]
    note = f"95 % {balanced['low'] * 100:.1f} to {balanced['high'] * 100:.1f}; every class counts alike"
    return Tile(f"Balanced accuracy{', patients' if whole else ''}", f"{balanced['value'] * 100:.1f} %", note)


def _calibration_tile(facts: Facts) -> Tile:
    error = facts["figures"].get("calibration_error")
    if error is None:
        return Tile("Temperature", f"{facts['temperature']:.2f}", "above 1: it was too sure of itself")
    note = "mean gap between how sure it is and how often it is right"
    return Tile("Calibration error", f"{error * 100:.1f} %", note, good=error <= 0.05)


def _leakage_tile(facts: Facts) -> Tile:
    found = facts["leakage"]
    doubtful = sum(
        int(found[f"{key}_count"]) for key in ("groups_on_two_sides", "same_files", "near_duplicates")
    )
    value = "none found" if not doubtful else f"{doubtful:,} found"
    return Tile("Leakage", value, "patients, files and look-alikes on two sides", good=doubtful == 0)


def _size_tile(figures: Facts) -> Tile:
    note = f"patients or groups; {figures['pictures']:,} pictures"
    return Tile("Measured on", f"{figures['patients']:,}", note)


def _warnings(facts: Facts) -> tuple[str, ...]:
    """What must not be overlooked: no evidence, leaks, and what else tells the label."""
    found = [
        f"{name}: {made['in_words']}"
        for name, made in facts["figures"]["classes"].items()
        if str(made["in_words"]).startswith("No evidence")
    ]
    sentences = [str(sentence) for sentence in facts["leakage"].get("in_words", ())][1:]
    return (*found, *(s for s in sentences if not s.startswith("No group, file or near-duplicate")))


def _class_table(figures: Facts) -> FactTable:
    rows = tuple(
        (
            name,
            f"{made['positives']:,}",
            with_interval(made["auroc"]),
            with_interval(made["auprc"]),
            with_interval(made["sensitivity"], share=True),
            f"{made['f1']:.3f}",
        )
        for name, made in figures["classes"].items()
    )
    first = next(iter(figures["classes"].values()))
    head = ("Class", "Pictures", "AUROC", "Average precision", "Sensitivity", "F1")
    note = (
        f"Sensitivity at {first['at_specificity'] * 100:g} % specificity. In brackets: 95 % intervals, drawn "
        f"over whole patients. Macro F1 {with_interval(figures['macro_f1'])}."
    )
    return FactTable("Each class against the rest", head, rows, note)


def _slide_table(facts: Facts) -> FactTable | None:
    if "slide_level" not in facts:
        return None
    told = facts["slide_level"]
    rows = tuple(
        (
            f"{unit}, by {_WAYS[way]}",
            f"{made['units']:,}",
            with_interval(made["auroc"]),
            with_interval(made["balanced_accuracy"], share=True),
            with_interval(made["balanced_log_loss"]),
        )
        for way in _WAYS
        if way in told
        for unit, made in (("Patients", told[way]["patients"]), ("Slides", told[way]["slides"]))
    )
    head = ("Answered as a whole", "Number", "AUROC", "Balanced accuracy", "Log loss, balanced")
    nothing = told[told["handed_in"]]["patients"]["log_loss_of_knowing_nothing"]
    note = (
        f"Knowing nothing has a log loss of {nothing:.3f}. The figures of each class below are of single "
        "patches, each with the label of its slide."
    )
    return FactTable("Slides and patients", head, rows, note)


_WAYS = {
    "mean": "the mean of all patches",
    "top": "the likeliest patches",
    "attention": "patches that it learned to heed",
}


def _box_table(facts: Facts) -> FactTable | None:
    if "boxes" not in facts:
        return None
    rows = tuple(
        (
            name,
            f"{box['boxes']:,}",
            with_interval(box["f1"]),
            percent(box["recall"]),
            percent(box["precision"]),
            f"{box['average_precision']:.3f}",
            "; ".join(f"{percent(v)} at {k}" for k, v in box["found_at_false_alarms"].items()),
        )
        for name, box in facts["boxes"].items()
    )
    head = ("Class", "Boxes", "F1", "Found", "Right", "Average precision", "Found at false alarms a slide")
    overlap = next(iter(facts["boxes"].values()))["overlap"]
    note = f"A box is found when one box of the model overlaps it by IoU {overlap:g}; each counts once."
    return FactTable("Boxes", head, rows, note)


def _search_table(facts: Facts) -> FactTable | None:
    """What was tried before it learned; None where nothing was looked for."""
    found = facts.get("search")
    if not found:
        return None
    rows = tuple(tuple(map(str, line)) for line in found.get("lines", ()))
    note = str(found["in_words"]) if "in_words" in found else f"{found['tried']:,} were tried."  # of old runs
    if "auroc" in found:
        note += f" With what was taken AUROC was {found['auroc']:.3f} there (0.5 is a coin, 1 is perfect)."
    return FactTable(
        "Settings that were looked for before it learned", ("Setting", "Tried", "Taken"), rows, note
    )


def _leakage_table(facts: Facts) -> FactTable:
    found = facts["leakage"]
    rows = [
        ("Patients or groups on two sides", f"{found['groups_on_two_sides_count']:,}"),
        ("The same file on two sides", f"{found['same_files_count']:,}"),
        ("Pictures that look alike on two sides", f"{found['near_duplicates_count']:,}"),
        *(
            (
                f"The label goes with: {c['what']}",
                f"Cramér’s V {c['strength']:.2f} (chance {c['chance']:.2f})",
            )
            for c in found.get("confounding", ())
        ),
    ]
    return FactTable("What could have made the figures too good", ("Looked for", "Found"), tuple(rows))


def _texts(facts: Facts, card: ModelCard) -> tuple[tuple[str, str], ...]:
    told = (
        ("Meant for", card.intended_use),
        ("Stain", card.stain),
        ("Trained on", card.training_data),
        ("How the labels were made", card.labels),
        ("Rare classes", str(facts.get("balance", ""))),
        ("Limits", card.limits or "The card names none. That does not mean that there are none."),
        ("Published by the study this follows", str(facts.get("published", ""))),
        ("Licence", card.licence),
        ("Network", f"{card.architecture}, {card.members} of it" if card.members > 1 else card.architecture),
        ("SHA-256 of the weights", card.weights_sha256),
        ("Trained by", card.command),
    )
    return tuple((label, words) for label, words in told if words)
