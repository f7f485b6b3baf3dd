"""A CT series through a model, slice by slice as it is read, and the record of how it was done."""

from __future__ import annotations

import datetime
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ml.errors import ModelProblem, Problem
from ml.infer.batch_size import BatchSize
from ml.infer.priority import NETWORK, READER, give_way
from ml.infer.provenance import SlideHash, computed_on, versions
from ml.infer.ready import ReadyModel
from ml.infer.slices import explain_slice, read_or_why
from ml.model.network import Network
from ml.preparation import Bytes, Preparation
from ml.progress import Progress, Step
from ml.results.ct_analysis import CtAnalysis, CtCam, CtProvenance
from ml.results.ct_findings import find_ct
from ml.results.ct_scores import CtPart, CtPlanned, CtScores
from ml.results.scores import Indices
from ml.volume.series import Series

PHASE = "Looking at slices"
_READ_AHEAD = 2  # batches: more would only fill memory


@dataclass(frozen=True)
class CtWishes:
    """How to look at a series; meanings are those of `ml.verbs.analyze_ct.AnalyzeCtRequest`."""

    first: int = 0
    last: int | None = None
    cam: bool = True
    batch: int | None = None


def run_series(series: Series, model: ReadyModel, wishes: CtWishes, progress: Progress) -> CtAnalysis:
    """Answer the wished slices in their order, then explain the peak of each finding.

    What is told through `progress` is said at `ml.verbs.analyze_ct.analyze_ct`. Raises `Problem`s.
    """
    give_way(NETWORK)
    network = model.network
    how = preparation_for_ct(network)
    started, began = datetime.datetime.now().astimezone(), time.perf_counter()
    numbers = _numbers(series, wishes)
    names = network.card.class_names
    progress.part(CtPlanned(numbers, len(series), names))
    scores, notes = CtScores.empty(len(series), names), []
    size = BatchSize(wishes.batch or min(16, network.device.batch), network.device)
    done = 0
    progress.step(Step(PHASE, 0, len(numbers)))
    with SlideHash(series.files[0], series.files) as series_hash:
        for part, failed in _answers(series, numbers, how, network, size):
            scores.put(part)
            done += len(part.slices) + len(failed)
            notes += failed
            progress.part(part)
            note = size.note if size.note and size.note not in notes else ""
            notes += [note] if note else []
            progress.step(Step(PHASE, done, len(numbers), time.perf_counter() - began, note))
            if progress.stop_wished:
                break
        thresholds = network.card.thresholds or (network.card.threshold,) * len(names)
        stopped = progress.stop_wished
        cams = () if stopped else _cams(series, model, wishes, scores, thresholds, progress, notes)
        complete = done == len(numbers) and not progress.stop_wished
        sha256 = series_hash.result(progress)
    provenance = _provenance(series, sha256, numbers, network, started, began, size)
    return CtAnalysis(scores, thresholds, provenance, cams, complete, tuple(notes))


def explain_one(series: Series, model: ReadyModel, slice_number: int, class_index: int) -> CtCam:
    """Grad-CAM of one slice, laid back onto its own pixels. Raises `Problem`s, `IndexError`."""
    how = preparation_for_ct(model.network)
    stack = series.around(slice_number, how.neighbours)
    _, maps = explain_slice(model.required_explainer, stack, [class_index])
    return CtCam(slice_number, class_index, maps[0])


def preparation_for_ct(network: Network) -> Preparation:
    """How slices become pictures. Raises `ModelProblem` for a model that does not look at CT."""
    how = network.card.preparation
    if how is None or not network.card.looks_at_ct:
        raise ModelProblem(
            f"The model “{network.card.title}” does not look at CT.",
            "Choose a model whose card names windows in Hounsfield units.",
        )
    return how


def _numbers(series: Series, wishes: CtWishes) -> Indices:
    last = len(series) - 1 if wishes.last is None else wishes.last
    if not 0 <= wishes.first <= last < len(series):
        raise Problem(
            f"Slices {wishes.first + 1} to {last + 1} are not all in this series of {len(series)}.",
            f"Give numbers from 1 to {len(series)}.",
        )
    return np.arange(wishes.first, last + 1, dtype=np.intp)


def _answers(
    series: Series, numbers: Indices, how: Preparation, network: Network, size: BatchSize
) -> Iterator[tuple[CtPart, list[str]]]:
    """Batch by batch; one thread reads ahead of the network. A slice that cannot be read is told in words."""
    batches = [numbers[at : at + size.size] for at in range(0, len(numbers), size.size)]

    def read(batch: Indices) -> list[Bytes | str]:
        give_way(READER)
        return [read_or_why(series.around(int(number), how.neighbours), how) for number in batch]

    with ThreadPoolExecutor(1, "slices") as pool:
        ahead = deque(pool.submit(read, batch) for batch in batches[:_READ_AHEAD])
        try:
            for at, batch in enumerate(batches):
                pictures = ahead.popleft().result()
                if at + _READ_AHEAD < len(batches):
                    ahead.append(pool.submit(read, batches[at + _READ_AHEAD]))
                yield _answered(batch, pictures, network, size)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _answered(
    batch: Indices, pictures: Sequence[Bytes | str], network: Network, size: BatchSize
) -> tuple[CtPart, list[str]]:
    sound = [n for n, picture in enumerate(pictures) if not isinstance(picture, str)]
    failed = [picture for picture in pictures if isinstance(picture, str)]
    classes = len(network.card.class_names)
    if not sound:
        empty = np.zeros((0, classes), dtype=np.float32)
        return CtPart(batch[:0], empty, empty), failed
    stacked = np.stack([pictures[n] for n in sound])
    values, spread = size.run(network.probabilities_and_spread, stacked)
    return CtPart(batch[sound], values, spread), failed


def _cams(
    series: Series,
    model: ReadyModel,
    wishes: CtWishes,
    scores: CtScores,
    thresholds: Sequence[float],
    progress: Progress,
    notes: list[str],
) -> tuple[CtCam, ...]:
    """Of the peak slice of every finding; told one by one."""
    if not wishes.cam:
        return ()
    if model.explainer is None:
        notes.append(f"No Grad-CAM: the model “{model.network.card.title}” has no layer that it can show.")
        return ()
    found = find_ct(scores, thresholds, series.uid)
    cams: list[CtCam] = []
    began = time.perf_counter()
    for number, finding in enumerate(found):
        if progress.stop_wished:
            break
        progress.step(Step("Grad-CAM", number, len(found), time.perf_counter() - began))
        try:
            cam = explain_one(series, model, finding.peak_slice, finding.class_index)
        except Problem as problem:  # its file went since it was answered: the answers count all the same
            notes.append(f"No Grad-CAM of slice {finding.peak_slice + 1}: {problem.what}")
            continue
        cams.append(cam)
        progress.part(cam)
    return tuple(cams)


def _provenance(
    series: Series,
    sha256: str,
    numbers: Indices,
    network: Network,
    started: datetime.datetime,
    began: float,
    size: BatchSize,
) -> CtProvenance:
    card = network.card
    return CtProvenance(
        series_uid=series.uid,
        series_sha256=sha256,
        slices=len(series),
        size=series.slices[0].size,
        model_name=card.name,
        model_version=card.version,
        model_sha256=card.weights_sha256,
        device=network.device.in_words,
        started=started.isoformat(timespec="seconds"),
        seconds=time.perf_counter() - began,
        parameters={
            "first_slice": int(numbers[0]) + 1,
            "last_slice": int(numbers[-1]) + 1,
            "batch": size.size,
            "cam_layer": card.cam_layer,
            **computed_on(network),
        },
        versions=versions(),
    )
