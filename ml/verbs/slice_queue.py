"""Which slices of an analyzed CT series a person is asked about: as patches are, by the same order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.verbs.label_queue import of_another_model, some_of
from ml.verbs.loaded import ready_model
from ml.volume.series import Series

if TYPE_CHECKING:
    from ml.results.ct_scores import CtScores


@dataclass(frozen=True, eq=False)
class SliceQueueRequest:
    """`labelled`: numbers of slices that have an answer: what is like them comes later."""

    series: Series
    model: str
    scores: CtScores
    labelled: tuple[int, ...] = ()
    count: int = 20
    looked_at: int = 120  # slices that are compared
    device: str = "auto"
    sha256: str = ""  # of the model's weights that made the scores


@dataclass(frozen=True)
class AskedSlice:
    """One slice that is worth a label, and why."""

    number: int  # in the series, from 0
    uid: str  # SOPInstanceUID: what the answer is kept by
    said: tuple[float, ...]  # probabilities of the classes
    unsure: float  # 0..1
    disagreement: float  # 0..1; 0 of one network


def slice_queue(request: SliceQueueRequest, progress: Progress) -> tuple[AskedSlice, ...]:
    """At most `count`, the one worth most first. The same request gives the same. `Problem`s, `Cancelled`."""
    import numpy as np

    from ml.infer.closely import look_at_slices
    from ml.train.worth import chosen, disagreement, unsureness

    require_single(request.series)
    progress.step(Step("Loading the model", 0, 0))
    network = ready_model(request.model, request.device).network
    if request.sha256 and network.card.weights_sha256 != request.sha256:
        raise of_another_model(network.card, "this series", "Analyze the series again.")
    taken = set(request.labelled)
    free = [n for n in np.flatnonzero(request.scores.scored).tolist() if n not in taken]
    if not free:
        raise Problem("Every slice of this analysis has an answer already.", "Analyze another series.")
    unsure = unsureness(request.scores.values[free], independent=True)
    numbers = [free[n] for n in some_of(unsure, request.looked_at)]
    read, seen = look_at_slices(request.series, network, (*numbers, *sorted(taken)), progress)
    new = [place for place, number in enumerate(read) if number not in taken]
    old = [place for place, number in enumerate(read) if number in taken]
    doubt = unsureness(seen.probabilities[new], independent=True)
    torn = disagreement(seen.members[:, new], independent=True)
    order = chosen(seen.features[new], np.minimum(doubt + torn, 1), request.count, seen.features[old])
    made = []
    for place in order.tolist():
        number = read[new[place]]
        said = tuple(map(float, seen.probabilities[new[place]]))
        uid = request.series.slices[number].uid
        made.append(AskedSlice(number, uid, said, float(doubt[place]), float(torn[place])))
    return tuple(made)


def require_single(series: Series) -> None:
    """Raise `Problem` where slices have no file each: labels of slices are kept by their UIDs."""
    uids = [slice_.uid for slice_ in series.slices]
    if len(set(uids)) < len(uids) or not all(uids):
        raise Problem(
            "The slices of this series lie in one file, and have no names of their own.",
            "Save the series with a file for each slice.",
        )
