"""Which slices of analyzed CT series a person is asked about: as patches are, by the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.verbs.label_queue import of_another_model, some_of
from ml.verbs.loaded import ready_model
from ml.volume.series import Series

if TYPE_CHECKING:
    from ml.infer.closely import SeenClosely
    from ml.model.network import Network
    from ml.results.ct_scores import CtScores

Place = tuple[int, int]
"""Which series of a request, and which slice of it; both from 0."""


@dataclass(frozen=True, eq=False)
class AnalyzedSeries:
    """`labelled`: numbers of slices that have an answer: what is like them comes later."""

    series: Series
    scores: CtScores
    labelled: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class SliceQueueRequest:
    """One queue about all series, which one model has analyzed."""

    series: tuple[AnalyzedSeries, ...]
    model: str
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
    series: str = ""  # see `Series.key`
    place: int = 0  # in the queue, which may go on in other series


def slice_queue(request: SliceQueueRequest, progress: Progress) -> tuple[AskedSlice, ...]:
    """At most `count`, the one worth most first. The same request gives the same. `Problem`s, `Cancelled`."""
    import numpy as np

    from ml.train.worth import chosen, disagreement, unsureness

    for one in request.series:
        require_single(one.series)
    progress.step(Step("Loading the model", 0, 0))
    network = ready_model(request.model, request.device).network
    if request.sha256 and network.card.weights_sha256 != request.sha256:
        raise of_another_model(network.card, "this series", "Analyze the series again.")
    places = slices_to_compare(request)
    known = [(n, number) for n, one in enumerate(request.series) for number in sorted(one.labelled)]
    read, seen = _look(request, network, (*places, *known), progress)
    taken = set(known)
    new = [row for row, place in enumerate(read) if place not in taken]
    old = [row for row, place in enumerate(read) if place in taken]
    doubt = unsureness(seen.probabilities[new], independent=True)
    torn = disagreement(seen.members[:, new], independent=True)
    order = chosen(seen.features[new], np.minimum(doubt + torn, 1), request.count, seen.features[old])
    made = []
    for place, row in enumerate(order.tolist()):
        which, number = read[new[row]]
        series = request.series[which].series
        said = tuple(map(float, seen.probabilities[new[row]]))
        why = float(doubt[row]), float(torn[row])
        made.append(AskedSlice(number, series.slices[number].uid, said, *why, series.key, place))
    return tuple(made)


def slices_to_compare(request: SliceQueueRequest) -> list[Place]:
    """Slices without an answer, of all series together: the least sure, some by chance. Raises `Problem`."""
    import numpy as np

    from ml.train.worth import unsureness

    free = [
        (which, number)
        for which, one in enumerate(request.series)
        for number in np.flatnonzero(one.scores.scored).tolist()
        if number not in set(one.labelled)
    ]
    if not free:
        raise Problem("Every slice of this analysis has an answer already.", "Analyze another series.")
    values = np.stack([request.series[which].scores.values[number] for which, number in free])
    return [free[n] for n in some_of(unsureness(values, independent=True), request.looked_at)]


def _look(
    request: SliceQueueRequest, network: Network, places: Sequence[Place], progress: Progress
) -> tuple[list[Place], SeenClosely]:
    """All slices as the networks see them, series by series; which of them could be read."""
    import numpy as np

    from ml.infer.closely import SeenClosely, look_at_slices

    read, parts = list[Place](), []
    for which, one in enumerate(request.series):
        numbers = [number for at, number in places if at == which]
        if numbers:
            there, seen = look_at_slices(one.series, network, numbers, progress)
            read += [(which, number) for number in there]
            parts += [seen] if there else []
    if not parts:
        raise Problem("None of the slices can be read any more.", "Open the series again.")
    members = np.concatenate([part.members for part in parts], axis=1)
    return read, SeenClosely(members, np.concatenate([part.features for part in parts]))


def require_single(series: Series) -> None:
    """Raise `Problem` where slices have no file each: labels of slices are kept by their UIDs."""
    if not is_single(series):
        raise Problem(
            "The slices of this series lie in one file, and have no names of their own.",
            "Save the series with a file for each slice.",
        )


def is_single(series: Series) -> bool:
    """Whether every slice has a UID of its own."""
    uids = [slice_.uid for slice_ in series.slices]
    return len(set(uids)) == len(uids) and all(uids)
