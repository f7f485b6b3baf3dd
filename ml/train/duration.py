"""How long a training takes: its parts, each reckoned from what was measured of it for some seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from ml.train.study_recipe import StudyRecipe, Vary

READING, SEARCHING, LOOKING = "Reading pictures", "Looking for better settings", "Looking at pictures"
REMEMBERING = "Learning what training pictures look like"
"""Parts as a run calls them in its steps."""

_LEAST, _MOST = (
    0.9,
    1.2,
)  # of what is reckoned: what trainings took of it, see `tests/bench/bench_estimates.py`
_AS_MANY = 700  # pictures whose verdict takes twice as long as that of none: the rest is drawing patients


@dataclass(frozen=True)
class Rates:
    """What was measured on this computer, by the clock. What is 0 was not measured, and is not counted."""

    reading: float  # pictures a second from the disk, prepared
    learning: float  # pictures a second seen and learned from; of kept features where they are kept
    seeing: float  # pictures a second only seen
    checking: float = 0.0  # pictures a second that a pass is judged on
    starting: float = 0.0  # s until the first picture is read
    passing: float = 0.0  # s of each pass beside its pictures: keeping what was learned
    drawing: float = 0.0  # s of drawing where it looks
    judging: float = 0.0  # s of a verdict of few pictures
    busy: float = 1.0  # how many times as long as the processor took it was by the clock: others worked too

    @classmethod
    def of(cls, facts: Mapping[str, object]) -> Rates:
        """As `Rehearsal.as_facts` tells them."""
        names = (field.name for field in fields(cls) if field.name in facts)
        return cls(**{name: float(str(facts[name])) for name in names})


@dataclass(frozen=True)
class Part:
    """A part of a training, named as its steps are."""

    name: str
    kind: str  # of work: what is quicker or slower together
    seconds: float


def keeps_features(recipe: StudyRecipe) -> bool:
    """Whether every picture goes through the frozen layers once, and not in every epoch."""
    return recipe.network.learns == "head" and recipe.network.keep_features and recipe.vary == Vary()


def parts_of(recipe: StudyRecipe, pictures: int, rates: Rates) -> tuple[Part, ...]:
    """The whole training, in its order."""
    run, kept = recipe.division.run or recipe.division.folds, keeps_features(recipe)
    found = [Part("", "starting", rates.starting), Part(READING, "reading", pictures / rates.reading)]
    if recipe.search is not None:
        found.append(Part(SEARCHING, "learning", seconds_of_search(recipe, pictures, rates)))
    if kept:
        found.append(Part(LOOKING, "seeing", pictures / rates.seeing))
    for fold in range(run):
        name = f"Training, fold {fold + 1}"
        found.append(Part(name, "learning", _seconds_of_fold(recipe, pictures, rates)))
        after = _seen_after(recipe, pictures, fold) / rates.seeing
        found.append(Part("" if fold else REMEMBERING, "seeing", after))
    verdict = rates.judging * (1 + pictures * run / recipe.division.folds / _AS_MANY)
    return (*found, Part("", "judging", verdict))


def seconds_of(recipe: StudyRecipe, pictures: int, rates: Rates) -> float:
    """Seconds of the whole training, on a computer as busy as it was when it was measured."""
    return sum(part.seconds for part in parts_of(recipe, pictures, rates))


def range_of(parts: Sequence[Part], busy: float) -> tuple[float, float]:
    """Between which seconds it will lie: with the computer for itself, and beside what others do on it."""
    whole = sum(part.seconds for part in parts)
    return whole * _LEAST / max(busy, 1.0), whole * _MOST


def seconds_of_search(recipe: StudyRecipe, pictures: int, rates: Rates) -> float:
    """Of a search for better settings, at most: no try is given up early. 0 where there is none.

    A try learns from pictures, never from kept features.
    """
    search = recipe.search
    if search is None:
        return 0.0
    kept, checking = keeps_features(recipe), rates.checking or rates.seeing
    learning = rates.seeing if kept else rates.learning
    fit, choose = _sides(recipe, pictures)
    once = (
        (recipe.fit.drawn or fit) / learning + choose / (rates.seeing if kept else checking) + rates.passing
    )
    return search.trials * (search.passes or recipe.fit.epochs) * once


def _sides(recipe: StudyRecipe, pictures: int) -> tuple[float, float]:
    """How many are learned from, and how many chosen on."""
    folds = recipe.division.folds
    return pictures * max(folds - 2, 1) / folds, pictures / folds


def _seconds_of_fold(recipe: StudyRecipe, pictures: int, rates: Rates) -> float:
    """All passes of a fold, with what is drawn meanwhile: at most a sixth of the time; and pre-training."""
    fit, choose = _sides(recipe, pictures)
    checking = rates.checking or rates.seeing
    once = (recipe.fit.drawn or fit) / rates.learning + choose / checking + rates.passing
    learning = recipe.fit.epochs * once
    drawn = min(recipe.fit.epochs, 1 + learning / (5 * rates.drawing)) if rates.drawing else 0
    before = 0.0
    if recipe.pretrain is not None:  # all layers learn in it: some three times the work of seeing
        slower = rates.learning if recipe.network.learns == "all" else rates.seeing / 3
        before = recipe.pretrain.epochs * (fit / slower + choose / rates.seeing)
    return (1 + len(recipe.network.also)) * (before + learning + drawn * rates.drawing)


def _seen_after(recipe: StudyRecipe, pictures: int, fold: int) -> float:
    """How many pictures are seen once more: of the first fold all, for what the model is familiar with."""
    fit, choose = _sides(recipe, pictures)
    kept = keeps_features(recipe) and fold > 0
    answered = fit + 2 * choose if fold == 0 else 0.0 if kept else 2 * choose
    attended = fit + 2 * choose if recipe.labelled_slides and "attention" in recipe.aggregation.ways else 0.0
    return answered * (1 + len(recipe.network.also)) + attended
