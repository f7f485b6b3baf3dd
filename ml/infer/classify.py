"""Batches in, probabilities (and, where wished, Grad-CAM) out, by the one thread that owns the device."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from ml.infer.batch_size import BatchSize
from ml.infer.explain import Explainer, Floats
from ml.infer.loader import Batch
from ml.infer.ready import ReadyModel
from ml.model.network import Patches
from ml.progress import Progress, Step
from ml.results.cam import CamMap, CamPart
from ml.results.scores import ScorePart, Scores


@dataclass(eq=False)
class Gathered:
    """What a run has so far; filled by `classify` and read afterwards."""

    scores: Scores
    cam: CamMap | None  # for all patches that were scored; None: not wished
    notes: list[str] = field(default_factory=list)
    done: int = 0


def classify(
    model: ReadyModel,
    explainer: Explainer | None,
    batches: Iterable[Batch],
    size: BatchSize,
    gathered: Gathered,
    progress: Progress,
) -> None:
    """Score batch after batch in the calling thread, telling a `ScorePart` and a `Step` for each.

    Returns within one batch once a stop is wished. With `gathered.cam`, the maps of `explainer` come out of
    the same forward pass and go there untold. Out of memory halves the batch, goes on, and is noted.
    """
    total = gathered.scores.grid.count
    began = time.perf_counter()
    progress.step(Step(PHASE, 0, total))
    for batch in batches:
        part = _score(model, explainer, batch, size, gathered)
        gathered.scores.put(part)
        gathered.done += len(batch)
        progress.part(part)
        note = size.note if size.note and size.note not in gathered.notes else ""
        gathered.notes += [note] if note else []
        progress.step(Step(PHASE, gathered.done, total, time.perf_counter() - began, note))
        if progress.stop_wished:
            return


PHASE = "Scoring patches"


def _score(
    model: ReadyModel, explainer: Explainer | None, batch: Batch, size: BatchSize, gathered: Gathered
) -> ScorePart:
    cam, recognition = gathered.cam, model.recognition

    def compute(patches: Patches) -> tuple[Floats, ...]:
        if cam is None or explainer is None:
            return (model.network.probabilities(patches),)
        return explainer.explain(patches, cam.class_index)

    found = size.run(recognition.beside(compute) if recognition else compute, batch.patches)
    if cam is not None and explainer is not None:
        cam.put(CamPart(batch.rows, batch.columns, found[1]))
    return ScorePart(batch.rows, batch.columns, found[0], found[-1] if recognition else None)
