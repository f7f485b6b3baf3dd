"""Labels of a slide's patches handed on to those that look alike: made up, and kept apart from a person's.

They are handed on within one slide only. A made-up label so knows nothing but labels of its own patient, and
goes where the patient goes: it never tells a network anything about whom it is tested on.
"""

from __future__ import annotations

from dataclasses import dataclass

from ml.errors import Problem
from ml.geometry import Rect
from ml.progress import Progress
from ml.verbs.label_queue import QueueRequest, patches_to_compare
from ml.verbs.loaded import ready_model


@dataclass(frozen=True, eq=False)
class SpreadPatches:
    """`queue.labelled` are the places of `labels`, which people gave. Less sure ones stay without a label."""

    queue: QueueRequest
    labels: tuple[str, ...]
    confidence: float = 0.9


@dataclass(frozen=True)
class Handed:
    """A label that was handed on."""

    rect: Rect
    label: str
    confidence: float


def spread_patches(request: SpreadPatches, progress: Progress) -> tuple[Handed, ...]:
    """Labels for patches without one, the surest first. `Problem`s where there is nothing to hand on."""
    import numpy as np

    from ml.infer.closely import look_closely
    from ml.slide.opening import open_slide
    from ml.train.spread import UNLABELLED, Spreading, spread_labels

    names = sorted(set(request.labels))
    if len(names) < 2:
        raise Problem(
            "Labels of one class alone cannot be handed on.",
            "Label patches of at least two classes on this slide first.",
        )
    network = ready_model(request.queue.model, request.queue.device).network
    if network.card.output == "sigmoid":
        raise Problem(
            "This model may give a patch several labels, and those are not handed on.",
            "Answer more patches yourself, or choose a model whose classes exclude each other.",
        )
    rects, known = patches_to_compare(request.queue, network.card)
    with open_slide(request.queue.slide) as slide:
        seen = look_closely(slide, network, (*known, *rects), progress)
    codes = np.full(len(seen.features), UNLABELLED, dtype=np.intp)
    codes[: len(known)] = [names.index(label) for label in request.labels]
    axes = min(50, seen.features.shape[1], len(seen.features) - 1)
    found = spread_labels(seen.features, codes, Spreading(axes, confidence=request.confidence))
    new = np.flatnonzero(found.is_new).tolist()
    handed = (
        Handed(rects[n - len(known)], names[found.labels[n]], round(float(found.confidence[n]), 4))
        for n in new
    )
    return tuple(sorted(handed, key=lambda one: -one.confidence))
