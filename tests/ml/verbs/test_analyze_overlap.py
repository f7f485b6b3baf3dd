"""A model whose card has a stride: its patches overlap, what is told are cells, and all of it adds up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ml.annotation.shapes import Shape
from ml.errors import ModelProblem
from ml.geometry import Rect, Size
from ml.progress import Progress
from ml.results.cam import CamPart
from ml.results.scores import Planned, ScorePart, Scores
from ml.slide.opening import open_slide
from ml.slide.region import read_region
from ml.verbs.analyze import AnalyzeRequest, analyze, explain_patches
from ml.verbs.loaded import ready_model
from ml.zoo.bundle import open_bundle

REGION = Shape.rectangle(Rect(150, 60, 700, 600))


def with_stride(model: Path, folder: Path, stride: int) -> Path:
    """The same bundle; its card asks for patches every `stride` px."""
    shutil.copytree(model, folder)
    card = json.loads((folder / "model.json").read_text())
    card["parfocal"]["stride_pixels"] = stride
    (folder / "model.json").write_text(json.dumps(card))
    return folder


@pytest.fixture
def half(tiny_model: Path, tmp_path: Path) -> Path:
    return with_stride(tiny_model, tmp_path / "half", open_bundle(tiny_model).card.patch_pixels // 2)


def test_scores_of_cells_are_means_of_patches_read_alone(half: Path, tissue_slide: Path) -> None:
    parts: list[object] = []
    request = AnalyzeRequest(tissue_slide, str(half), REGION, device="cpu", cam="none")
    analysis = analyze(request, Progress(on_part=parts.append))
    (planned,) = (part for part in parts if isinstance(part, Planned))
    grid, card = planned.grid, open_bundle(half).card
    assert analysis.complete
    assert grid.patch == card.cell_on(analysis.provenance.spacing.spacing)
    streamed = Scores.empty(grid, planned.class_names)
    for part in parts:
        if isinstance(part, ScorePart):
            streamed.put(part)
    np.testing.assert_array_equal(streamed.values, analysis.scores.values)
    np.testing.assert_array_equal(streamed.scored, grid.kept)
    middle = grid.rows // 2, grid.columns // 2
    network = ready_model(str(half), "cpu").network
    edge = Size(card.patch_pixels, card.patch_pixels)
    found = []
    with open_slide(tissue_slide) as slide:
        for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
            row, column = middle[0] - down, middle[1] - right
            rect = grid.rect(row, column).union(grid.rect(row + 1, column + 1))
            found.append(network.probabilities(read_region(slide, rect, edge)[None])[0])
    np.testing.assert_allclose(analysis.scores.values[middle], np.mean(found, axis=0), atol=0.01)


def test_maps_of_single_cells_are_those_of_the_whole(half: Path, tissue_slide: Path) -> None:
    request = AnalyzeRequest(tissue_slide, str(half), REGION, device="cpu", least_tissue=0)
    cam = analyze(request, Progress()).cam
    assert cam is not None
    told: list[object] = []
    cells = ((3, 4), (0, 0))
    single = explain_patches(request, cells, Progress(on_part=told.append))
    parts = [part for part in told if isinstance(part, CamPart)]
    places = {tuple(place) for p in parts for place in np.stack([p.rows, p.columns], axis=1).tolist()}
    assert places == set(cells)
    k = cam.cells
    for row, column in cells:
        place = np.s_[row * k : (row + 1) * k, column * k : (column + 1) * k]
        np.testing.assert_allclose(single.values[place], cam.values[place], rtol=1e-3, atol=1e-5)
    assert np.isfinite(single.values).sum() == len(cells) * k * k


def test_a_stride_that_does_not_fit_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    stride = open_bundle(tiny_model).card.patch_pixels // 2 + 1
    with pytest.raises(ModelProblem, match="not whole strides"):
        open_bundle(with_stride(tiny_model, tmp_path / "odd", stride))
