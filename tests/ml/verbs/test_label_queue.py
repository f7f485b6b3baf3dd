"""Which patches may be asked about at all, and what is said where there are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Rect, Size, Spacing
from ml.patches import PatchGrid
from ml.preparation import Preparation
from ml.results.scores import Scores
from ml.slide.slide import KnownSpacing
from ml.verbs.label_queue import QueueRequest, patches_to_compare
from ml.zoo.bundle import load_card
from ml.zoo.card import ModelCard


@pytest.fixture
def card(tiny_model: Path) -> ModelCard:
    return load_card(tiny_model)


@pytest.fixture
def request_(card: ModelCard) -> QueueRequest:
    """Of six patches, none with a label."""
    whole = Shape.rectangle(Rect(0, 0, 384, 256))
    scores = Scores.empty(PatchGrid.over(whole, Size(384, 256), Size(128, 128), 128), card.class_names)
    scores.values[:] = np.linspace(0.1, 0.6, scores.values.size).reshape(scores.values.shape)
    spacing = KnownSpacing(Spacing.square(0.5), "the file")
    return QueueRequest(Path("a.tif"), card.name, scores, spacing, sha256=card.weights_sha256)


def test_all_patches_without_a_label_may_be_asked_about(card: ModelCard, request_: QueueRequest) -> None:
    assert len(patches_to_compare(request_, card)[0]) == 6
    first = Rect(0, 0, 128, 128)
    free, known = patches_to_compare(replace(request_, labelled=(first,)), card)
    assert (len(free), known) == (5, [first])
    assert first not in free


def test_a_model_of_whole_pictures_has_no_patches_to_be_asked_about(
    card: ModelCard, request_: QueueRequest
) -> None:
    whole = replace(card, preparation=Preparation((128, 128)))
    with pytest.raises(Problem, match="looks at whole pictures") as told:
        patches_to_compare(request_, whole)
    assert "Train a model" in told.value.remedy


def test_another_model_or_nothing_left_is_said(card: ModelCard, request_: QueueRequest) -> None:
    with pytest.raises(Problem, match="is another one now"):
        patches_to_compare(replace(request_, sha256="ab" * 32), card)
    every = tuple(Rect(x, y, 128, 128) for x in (0, 128, 256) for y in (0, 128))
    with pytest.raises(Problem, match="has a label already"):
        patches_to_compare(replace(request_, labelled=every), card)
