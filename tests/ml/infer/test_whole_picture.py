"""A model of whole pictures looks at a photograph, or at a region, as one picture: not at patches of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import retina

from ml.annotation.shapes import Shape
from ml.geometry import Rect, Size, Spacing
from ml.infer.pictures import answer_pictures
from ml.preparation import Preparation
from ml.progress import Progress
from ml.slide.slide import KnownSpacing
from ml.verbs.analyze import AnalyzeRequest, analyze
from ml.verbs.loaded import ready_model
from ml.zoo.bundle import load_card, write_bundle

SPACING = KnownSpacing(Spacing.square(8.0), "user")


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photographs") / "retina.png"
    Image.fromarray(retina()[:, :1200]).save(path)
    return path


@pytest.fixture(scope="module")
def model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    card = replace(load_card(tiny_model), preparation=Preparation((128, 128), crop="disc"))
    folder = tmp_path_factory.mktemp("of_pictures")
    return write_bundle(card, tiny_model.parent / "weights.safetensors", folder / "tiny").path


def test_a_photograph_gets_the_answer_that_its_file_gets(photograph: Path, model: Path) -> None:
    made = analyze(AnalyzeRequest(photograph, str(model), spacing=SPACING), Progress())
    network = ready_model(str(model), "cpu").network
    answer = next(answer_pictures(network, [photograph], Progress()))
    assert made.scores.values.shape == (1, 1, 3)
    np.testing.assert_allclose(made.scores.values[0, 0], answer.probabilities, atol=1e-5)
    assert made.scores.grid.bounds == Rect.of_size(Size(1200, 1411))


def test_where_it_looked_is_laid_back_over_what_was_cut_off(photograph: Path, model: Path) -> None:
    found = analyze(AnalyzeRequest(photograph, str(model), spacing=SPACING, cam="all"), Progress()).cam
    assert found is not None
    assert found.grid.rows == found.grid.columns == 1
    assert found.values.max() > 0


def test_of_a_region_what_lies_on_the_picture_is_one_picture(photograph: Path, model: Path) -> None:
    region = Shape.rectangle(Rect(600, 300, 900, 500))
    made = analyze(AnalyzeRequest(photograph, str(model), region, SPACING), Progress())
    assert made.scores.grid.bounds == Rect(600, 300, 600, 500)
    assert made.scores.values.shape == (1, 1, 3)
    assert "patch_spacing_um" not in made.provenance.parameters
