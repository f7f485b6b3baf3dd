"""From patch scores to boxes, and how well they agree with the true ones of patients never seen."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ml.evaluate import detection
from ml.evaluate.classification import interval
from ml.evaluate.detection import Counts, Found
from ml.evaluate.log_loss import prior_shifted
from ml.results.boxes import BoxRule, find_boxes
from ml.results.overlap import OverlapMean, cells_of
from ml.results.scores import ScorePart, Scores
from ml.train.slide_rows import LabelledSlide
from ml.train.study_recipe import Finding, Task
from ml.train.table import Row
from ml.zoo.grouping import Grouping

_FALSE_ALARMS = (0.25, 0.5, 1.0, 2.0, 4.0)  # a slide
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Side:
    """Rows of one side of a fold with the probabilities that they got, (n, classes)."""

    rows: Sequence[Row]
    probabilities: Floats


@dataclass(frozen=True, eq=False)
class FoundFold:
    """What one fold's network found on the slides that it had not seen, by a rule chosen on others."""

    rule: BoxRule
    found: Mapping[str, Found]  # by slide
    groups: Mapping[str, str]
    perfect: Mapping[str, Found]  # by slide: what a classifier that is always right would have found


def scores_of(side: Side, slides: Iterable[LabelledSlide], task: Task) -> dict[str, Scores]:
    """Scores of each slide of a side, by its name; cells that are no rows stay empty.

    Where patches overlap, cells have the mean of all patches that lie over them, as in an analysis.
    """
    numbers: dict[str, list[int]] = {}
    for number, row in enumerate(side.rows):
        numbers.setdefault(row.path.name, []).append(number)
    made = {}
    for slide in slides:
        if own := numbers.get(slide.path.name):
            made[slide.path.name] = Scores.empty(cells_of(slide.grid), task.classes)
            places = np.array([side.rows[number].cell for number in own], dtype=np.intp)
            values = side.probabilities[own].astype(np.float32)[:, None, None]
            means = OverlapMean(slide.grid, (len(task.classes),))
            rows, columns, found = means.add(places[:, 0], places[:, 1], values)
            made[slide.path.name].put(ScorePart(rows, columns, found[:, 0, 0]))
    return made


def found_on(
    scores: Mapping[str, Scores], slides: Mapping[str, LabelledSlide], rule: BoxRule
) -> dict[str, Found]:
    """Boxes of one class by this rule beside the true ones, by slide."""
    found = {}
    for name, values in scores.items():
        boxes = find_boxes(values, rule, slides[name].spacing)
        edges = np.array([(b.rect.x, b.rect.y, b.rect.right, b.rect.bottom) for b in boxes], dtype=np.float64)
        # Ranked by summed evidence: a large cluster of fair scores outweighs a single high one.
        weight = np.array([box.score * box.patches for box in boxes], dtype=np.float64)
        found[name] = Found(edges.reshape(-1, 4), weight, slides[name].truth[rule.class_index])
    return found


def choose_rule(
    scores: Mapping[str, Scores], slides: Mapping[str, LabelledSlide], class_index: int, finding: Finding
) -> BoxRule:
    """The rule with the best F1 on these slides, in the middle of those that are as good.

    On few slides many thresholds in a row do equally well, and the outermost fail on the next slide. So the
    longest such row is looked for (of equally long ones the first, the simplest), and its middle taken.
    """
    row, best, rule = 0, -1.0, BoxRule(class_index)
    for smoothing, gap, least in itertools.product(finding.smoothing, finding.gaps, finding.least_patches):
        rules = [BoxRule(class_index, t, smoothing, gap, least) for t in finding.thresholds]
        values = [_total(found_on(scores, slides, one).values(), finding.overlap).f() for one in rules]
        for value, same in itertools.groupby(range(len(values)), key=lambda n: round(values[n], 9)):
            numbers = list(same)
            if (value, len(numbers)) > (best, row):
                best, row, rule = value, len(numbers), rules[numbers[(len(numbers) - 1) // 2]]
    return rule


def find_on_fold(
    choose: Side,
    report: Side,
    slides: Sequence[LabelledSlide],
    task: Task,
    class_index: int,
    finding: Finding,
) -> FoundFold:
    """Choose the rule on one side, apply it to the other."""
    by_name = {slide.path.name: slide for slide in slides}
    rule = choose_rule(scores_of(choose, slides, task), by_name, class_index, finding)
    found = found_on(scores_of(report, slides, task), by_name, rule)
    ideal = [_right(side) for side in (choose, report)]
    ideal_rule = choose_rule(scores_of(ideal[0], slides, task), by_name, class_index, finding)
    perfect = found_on(scores_of(ideal[1], slides, task), by_name, ideal_rule)
    return FoundFold(rule, found, {name: by_name[name].group for name in found}, perfect)


def most_chosen(rules: Sequence[BoxRule]) -> tuple[Grouping, list[int]]:
    """How most of these rules make boxes (of as many: the simplest), and which of them do."""
    found = [Grouping(rule.smoothing, rule.gap, rule.least_patches) for rule in rules]
    simple = sorted(set(found), key=lambda one: (one.smoothing, one.gap, one.least_patches))
    how = max(simple, key=found.count)
    return how, [number for number, one in enumerate(found) if one == how]


def _right(side: Side) -> Side:
    """The same rows with answers that are always right."""
    return Side(side.rows, np.array([row.labels for row in side.rows], dtype=np.float64))


def at_natural_share(probabilities: Floats, drawn: Floats, natural: Floats) -> Floats:
    """Probabilities at the share of positives of whole slides, (n, classes); both shares are (classes,)."""
    shifted = [
        prior_shifted(probabilities[:, c], float(drawn[c]), float(natural[c])) for c in range(len(drawn))
    ]
    return np.stack(shifted, axis=1)


def box_figures(
    folds: Sequence[FoundFold], slides: Sequence[LabelledSlide], finding: Finding, draws: int = 500
) -> dict[str, object]:
    """All folds together, with 95 % intervals over patients, beside what the grid alone would allow."""
    found = [one for fold in folds for one in fold.found.values()]
    groups = [fold.groups[name] for fold in folds for name in fold.found]

    def f1(rows: NDArray[np.intp]) -> float:
        return _total((found[row] for row in rows), finding.overlap).f()

    total = _total(found, finding.overlap)
    curve = detection.free_response(found, finding.overlap)
    return {
        "slides": len(found),
        "patients": len(set(groups)),
        "boxes": int(total.hits + total.missed),
        "overlap": finding.overlap,
        "f1": {key: round(value, 4) for key, value in asdict(interval(f1, groups, draws)).items()},
        "precision": round(total.precision, 4),
        "recall": round(total.recall, 4),
        "average_precision": round(detection.average_precision(found, finding.overlap), 4),
        "challenge": round(detection.challenge_score([one for one in found if len(one.truth)]), 4),
        "found_at_false_alarms": dict(
            zip(map(str, _FALSE_ALARMS), detection.found_at(curve, _FALSE_ALARMS), strict=True)
        ),
        **_most(folds, slides, finding),
        "rules": [fold.rule.in_words() for fold in folds],
    }


def _most(folds: Sequence[FoundFold], slides: Sequence[LabelledSlide], finding: Finding) -> dict[str, object]:
    """What a network that is always right would reach.

    `grid_allows` is the share of boxes that the patches allow whose positive ones, by cover, are enclosed;
    `perfect_scores` is the F1 of answers that go the way that scores go: averaged on cells where patches
    overlap, and by a rule chosen on the same other patients.
    """
    grid, class_index = slides[0].grid, folds[0].rule.class_index
    truth = np.concatenate([slide.truth[class_index] for slide in slides])
    perfect = _total((one for fold in folds for one in fold.perfect.values()), finding.overlap)
    allowed = {
        str(cover): detection.grid_cap(truth, grid.patch.width, cover, stride=grid.stride.width)
        for cover in (0.1, 0.5)
    }
    return {
        "stride_share": round(grid.stride.width / grid.patch.width, 4),
        "grid_allows": {cover: round(share, 4) for cover, share in allowed.items()},
        "perfect_scores": round(perfect.f(), 4),
    }


def _total(found: Iterable[Found], overlap: float) -> Counts:
    total = Counts(0, 0, 0)
    for one in found:
        total += detection.count(one, overlap)
    return total
