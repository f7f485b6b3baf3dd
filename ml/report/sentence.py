"""The first thing a reader wants to know: what was found, how sure, how long it took."""

from __future__ import annotations

import numpy as np

from ml.report.material import Material
from ml.report.words import area, count, duration, number, percent
from ml.results.boxes import covered_mm2
from ml.results.scores import Scores


def finding_in_words(material: Material) -> str:
    """The slide as a whole, if that was answered; one to three sentences about the shown class.

    "Nothing found" is said in words.
    """
    analysis = material.analysis
    made, grid = analysis.provenance, analysis.scores.grid
    scored = int(analysis.scores.scored.sum())
    if material.card.preparation is not None and scored:
        title = material.card.title or made.model_name
        seen = f"In {duration(made.seconds)}, by {title} {made.model_version}."
        return f"{picture_in_words(analysis.scores)} {seen}"
    whole = analysis.slide_answer
    sentences = [_found(material)] if whole is None else [whole.in_words(), _found(material)]
    if scored:
        sentences.append(
            f"{count(scored, 'patch', 'patches')} scored in {duration(made.seconds)} "
            f"by {material.card.title or made.model_name} {made.model_version}."
        )
    if not analysis.complete:
        sentences.append(
            f"The analysis was stopped before its end: {scored:,} of {count(grid.count, 'patch', 'patches')} "
            "were scored, the rest is unknown."
        )
    return " ".join(sentences)


def picture_in_words(scores: Scores) -> str:
    """What a model of whole pictures answers, the likeliest first."""
    values = scores.values[0, 0]
    order = np.argsort(-values, kind="stable")
    said = (f"{scores.class_names[place]} {percent(float(values[place]))}" for place in order)
    return f"Looked at as one picture: {', '.join(said)}."


def _found(material: Material) -> str:
    values = material.analysis.scores.values[material.analysis.scores.scored]
    if not len(values):
        no_tissue = material.analysis.scores.grid.count == 0
        reason = ": no patch of the region held enough tissue" if no_tissue else ""
        return f"Nothing was scored{reason}."
    if material.boxes:
        return _boxes(material)
    highest = float(values[:, material.layers.class_index].max())
    threshold = material.layers.threshold
    rule = f"the threshold {number(threshold)} for “{material.shown_class}”"
    if highest < threshold:
        return f"Nothing found: no patch reached {rule} (highest probability {number(highest)})."
    return (
        f"Nothing found: no group of patches was large enough at {rule}, though single patches "
        f"reached {number(highest)}."
    )


def _boxes(material: Material) -> str:
    kept = [box for box in material.boxes if material.verdict(box) != "rejected"]
    rejected = len(material.boxes) - len(kept)
    accepted = sum(material.verdict(box) == "accepted" for box in kept)
    names = dict.fromkeys(material.analysis.scores.class_names[box.class_index] for box in material.boxes)
    of = " and ".join(f"“{name}”" for name in names)
    if not kept:
        return f"{count(rejected, 'box', 'boxes')} of {of} found, and all rejected by the reader."
    scores = material.analysis.scores
    mm2 = covered_mm2(scores, kept, material.spacing)
    looked_at = material.spacing.area_mm2(int(scores.scored.sum()) * scores.grid.patch.area)
    low, high = number(min(box.score for box in kept)), number(max(box.score for box in kept))
    sure = f"mean probability {low}" if low == high else f"mean probability {low} to {high}"
    decided = f"{accepted:,} accepted, {len(kept) - accepted:,} open"
    decided += f"; {rejected:,} more rejected and not counted" if rejected else ""
    return (
        f"{count(len(kept), 'box', 'boxes')} of {of}, together {area(mm2)} "
        f"({percent(mm2 / looked_at)} of the scored tissue), {sure} ({decided})."
    )
