"""Which patches of an analysis a person is asked about, so that a model learns most from the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.geometry import Rect
from ml.progress import Progress, Step
from ml.slide.slide import KnownSpacing
from ml.verbs.loaded import ready_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml.results.scores import Scores
    from ml.zoo.card import ModelCard

_SEED = 17


@dataclass(frozen=True, eq=False)
class QueueRequest:
    """`labelled`: patches that have a label, level-0 px: not asked about; what is like them comes later."""

    slide: Path
    model: str
    scores: Scores
    spacing: KnownSpacing
    labelled: tuple[Rect, ...] = ()
    count: int = 40
    looked_at: int = 240  # patches that are compared: unsure ones mostly, and some by chance
    device: str = "auto"
    sha256: str = ""  # of the model's weights that made the scores; empty: whatever is there


@dataclass(frozen=True)
class Asked:
    """One patch that is worth a label, and why."""

    rect: Rect  # level-0 px
    said: tuple[float, ...]  # probabilities of the classes, as the model's networks say together
    unsure: float  # 0..1: see `ml.train.worth.unsureness`
    disagreement: float  # 0..1; 0 of one network


def label_queue(request: QueueRequest, progress: Progress) -> tuple[Asked, ...]:
    """At most `count`, the one worth most first. The same request gives the same. `Problem`s, `Cancelled`."""
    import numpy as np

    from ml.infer.closely import look_closely
    from ml.slide.opening import open_slide
    from ml.train.worth import chosen, disagreement, unsureness

    progress.step(Step("Loading the model", 0, 0))
    network = ready_model(request.model, request.device).network
    whole, known = patches_to_compare(request, network.card)
    with open_slide(request.slide) as slide:
        seen = look_closely(slide, network, (*whole, *known), progress)
    count = len(whole)
    several = network.card.output == "sigmoid"
    unsure = unsureness(seen.probabilities[:count], independent=several)
    torn = disagreement(seen.members[:, :count], independent=several)
    order = chosen(seen.features[:count], np.minimum(unsure + torn, 1), request.count, seen.features[count:])
    said = seen.probabilities
    return tuple(Asked(whole[n], tuple(map(float, said[n])), float(unsure[n]), float(torn[n])) for n in order)


def patches_to_compare(request: QueueRequest, card: ModelCard) -> tuple[list[Rect], list[Rect]]:
    """Patches as the network sees them: those without a label that may be asked about, and the labelled ones.

    Raises `Problem` for a model of whole pictures, where the model is another one now, and where every
    patch has a label.
    """
    if card.preparation is not None:
        raise Problem(
            "This model looks at whole pictures: there are no patches to be asked about.",
            "Give the picture its label in a training (“Train a model…”).",
        )
    if request.sha256 and card.weights_sha256 != request.sha256:
        raise of_another_model(card, "this slide", "Analyze the slide again.")
    rects = _candidates(request, several=card.output == "sigmoid")
    if not rects:
        raise Problem("Every patch of this analysis has a label already.", "Analyze another region.")
    size = card.size_on(request.spacing.spacing)
    whole = [_patch_at(rect, size.width, size.height) for rect in rects]
    return whole, [_patch_at(rect, size.width, size.height) for rect in request.labelled]


def of_another_model(card: ModelCard, what: str, remedy: str) -> Problem:
    """That the weights changed since something was analyzed."""
    name = card.title or card.name
    return Problem(f"The model {name} is another one now than the one that analyzed {what}.", remedy)


def _candidates(request: QueueRequest, *, several: bool) -> list[Rect]:
    """Scored patches without a label: three of four the least sure ones, the others by chance."""
    import numpy as np

    from ml.train.worth import unsureness

    scores = request.scores
    rows, columns = np.nonzero(scores.scored)
    taken = {scores.grid.at(rect.center) for rect in request.labelled}
    cells = list(zip(rows.tolist(), columns.tolist(), strict=True))
    free = [n for n, cell in enumerate(cells) if cell not in taken]
    if not free:
        return []
    unsure = unsureness(scores.values[rows[free], columns[free]], independent=several)
    return [scores.grid.rect(*cells[free[n]]) for n in some_of(unsure, request.looked_at)]


def some_of(unsure: NDArray[np.float32], most: int) -> list[int]:
    """Which of so many to compare: three of four the least sure ones, the others by chance."""
    import numpy as np

    order = np.argsort(-unsure, kind="stable")
    sure = order[3 * most // 4 :]
    drawn = np.random.default_rng(_SEED).permutation(len(sure))[: most - 3 * most // 4]
    return [*map(int, order[: 3 * most // 4]), *(int(sure[n]) for n in drawn)]


def _patch_at(rect: Rect, width: float, height: float) -> Rect:
    """The patch that the network sees around the middle of a cell, whole level-0 px."""
    x, y = rect.x + (rect.width - width) / 2, rect.y + (rect.height - height) / 2
    return Rect(round(x), round(y), width, height)


def _same(rect: Rect, other: Rect) -> bool:
    """Whether two patches are at one place, whatever their size: the middle of one lies in the other."""
    return other.holds(rect.center) or rect.holds(other.center)


def not_asked_yet(queue: Sequence[Asked], labelled: Sequence[Rect]) -> tuple[Asked, ...]:
    """Those of a queue without a label."""
    return tuple(one for one in queue if not any(_same(one.rect, rect) for rect in labelled))
