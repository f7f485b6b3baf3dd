"""The built-in model of lung and colon: small, sound, right on its own kind, modest about other tissue."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml import paths
from ml.geometry import Spacing
from ml.infer.ready import make_ready
from ml.model.device import choose_device
from ml.progress import Progress
from ml.report.held_out import held_out_in_words
from ml.slide.slide import KnownSpacing
from ml.verbs.analyze import AnalyzeRequest, analyze, foretaste
from ml.zoo.store import find, models

LARGEST = 20_000_000  # bytes of a bundle that comes along


def test_it_comes_along_and_says_what_it_is() -> None:
    (entry,) = [entry for entry in models() if entry.name == "lung-colon"]
    assert entry.builtin
    assert entry.card is not None
    assert entry.card.familiarity is not None
    assert sum(path.stat().st_size for path in entry.path.iterdir()) < LARGEST
    words = held_out_in_words(entry.card.metrics)
    assert "this network" in words
    assert "five folds" in words or "5 such networks" in words
    for text in (entry.card.intended_use, entry.card.limits, entry.card.licence, entry.card.training_data):
        assert text
    assert "CC BY-SA" in entry.card.licence
    assert models()[0].name != "lung-colon"  # what is chosen first counts nuclei in any tissue


def test_it_knows_its_own_kind(real_data: Path) -> None:
    """A picture of each class from the set; some of them it has learned from."""
    folder = real_data / "patches" / "lung_colon"
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[::97]
    ready = make_ready(find("lung-colon"), choose_device("cpu"))
    assert ready.recognition is not None
    pictures = np.stack([np.asarray(Image.open(folder / row["file"]).convert("RGB")) for row in rows])
    codes = {"lung_n": 0, "lung_aca": 1, "lung_scc": 2, "colon_n": 3, "colon_aca": 4}
    truth = np.array([codes[row["label"]] for row in rows])
    assert (ready.network.probabilities(pictures).argmax(axis=1) == truth).mean() > 0.9
    assert (ready.recognition.strangeness(pictures) > 1).mean() <= 0.1


@pytest.mark.parametrize(
    ("file", "spacing"),
    [
        ("cmu1_small_region.svs", None),
        ("skin_he_field.tif", 0.5),
        ("carotid_thrombus_he.svs", None),
        ("tcga_head_neck_jp2k_no_mpp.svs", 0.5),
    ],
)
def test_other_organs_are_said_to_be_unlike_before_a_run(
    real_data: Path, file: str, spacing: float | None
) -> None:
    known = KnownSpacing(Spacing.square(spacing), "the test") if spacing else None
    request = AnalyzeRequest(real_data / "slides" / file, "lung-colon", None, known, "cpu", cam="none")
    found = foretaste(request)
    assert found is not None
    assert found.is_warning
    assert found.share > 0.8


def test_and_after_it(real_data: Path) -> None:
    skin = real_data / "slides" / "skin_he_field.tif"
    known = KnownSpacing(Spacing.square(0.5), "the test")
    scores = analyze(AnalyzeRequest(skin, "lung-colon", None, known, "cpu", cam="none"), Progress()).scores
    assert scores.likeness is not None
    assert scores.likeness.share > 0.8


def test_the_recipe_is_the_one_of_the_card() -> None:
    card = find("lung-colon").card
    assert (paths.resources() / "recipes" / "lung-colon.toml").is_file()
    assert "resources/recipes/lung-colon.toml" in card.command
