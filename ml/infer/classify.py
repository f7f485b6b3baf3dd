"""Batches in, probabilities (and, where wished, Grad-CAM) out, by the one thread that owns the device."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ml.infer.batch_size import BatchSize
from ml.infer.explain import Explainer, Floats
from ml.infer.loader import Batch
from ml.infer.ready import ReadyModel
from ml.infer.whole_picture import laid_back
from ml.model.network import Patches
from ml.preparation import Preparation
from ml.progress import Progress, Step
from ml.results.cam import CamMap, CamPart
from ml.results.overlap import OverlapMean, resized
from ml.results.scores import ScorePart, Scores, Values


@dataclass(eq=False)
class Gathered:
    """What a run has so far; filled by `classify` and read afterwards."""

    scores: Scores
    cam: CamMap | None  # for all patches that were scored; None: not wished
    count: int  # patches to look at
    means: OverlapMean | None = None  # of scores (and strangeness) where patches overlap; None: they do not
    cam_means: OverlapMean | None = None  # of maps
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

    Where patches overlap, a part holds the cells that they touch, with their means by now: the last word on
    a cell is its mean over all patches that lie over it. Returns within one batch once a stop is wished. With
    `gathered.cam`, the maps of `explainer` come out of the same forward pass and go there untold. Out of
    memory halves the batch, goes on, and is noted.
    """
    total = gathered.count
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
        cam.put(cam_part(batch, found[1], gathered.cam_means, model.network.card.preparation))
    values, strangeness = found[0], found[-1] if recognition else None
    if gathered.means is None:
        return ScorePart(batch.rows, batch.columns, values, strangeness)
    together = values if strangeness is None else np.column_stack([values, strangeness])
    rows, columns, means = gathered.means.add(batch.rows, batch.columns, together[:, None, None])
    count = values.shape[1]
    strange = None if strangeness is None else means[:, 0, 0, count]
    return ScorePart(rows, columns, means[:, 0, 0, :count], strange)


def cam_part(
    batch: Batch, maps: Values, means: OverlapMean | None, how: Preparation | None = None
) -> CamPart:
    """Maps of a batch as those of the cells that they lie over: means, where patches overlap.

    Those of whole pictures, made as `how` says, are laid back.
    """
    if how is not None:
        maps = laid_back(maps, batch.frames, how)
    if means is None:
        return CamPart(batch.rows, batch.columns, maps)
    return CamPart(*means.add(batch.rows, batch.columns, resized(maps, means.edge)))
