"""The threshold that a person has chosen, written into a model's card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ml.errors import ModelProblem
from ml.zoo.bundle import Bundle, copy_bundle, open_bundle
from ml.zoo.card import ModelCard


def with_threshold(
    card: ModelCard, class_name: str, threshold: float, meaning: Mapping[str, object]
) -> ModelCard:
    """The card with this class shown first and called from this probability on. `meaning`: see `ml.zoo.card`.

    Raises `ModelProblem` for a class that the model does not have, and a threshold outside 0..1.
    """
    if class_name not in card.class_names:
        raise ModelProblem(
            f"The model “{card.title or card.name}” knows no class “{class_name}”.",
            f"It knows {', '.join(card.class_names)}.",
        )
    if not 0 <= threshold <= 1:
        raise ModelProblem(f"The threshold {threshold:g} is not between 0 and 1.", "Choose another one.")
    place = card.class_names.index(class_name)
    thresholds = list(card.thresholds)
    if card.output == "sigmoid":
        thresholds = thresholds or [card.threshold] * len(card.class_names)
        thresholds[place] = threshold
    operating = {"class": class_name, "threshold": threshold, **meaning}
    metrics = {**card.metrics, "operating_point": operating}
    return replace(
        card, shown_class=place, threshold=threshold, thresholds=tuple(thresholds), metrics=metrics
    )


def set_threshold(path: Path, class_name: str, threshold: float, meaning: Mapping[str, object]) -> Bundle:
    """Write it into the bundle in this folder, whole or not at all. Raises `ModelProblem`."""
    bundle = open_bundle(path)
    if not path.is_dir():
        raise ModelProblem(f"{path.name} is one file.", "Install the model first; then choose its threshold.")
    card = with_threshold(bundle.card, class_name, threshold, meaning)
    return copy_bundle(replace(bundle, card=card), path)
