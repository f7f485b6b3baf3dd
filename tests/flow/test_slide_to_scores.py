"""A scanner's own file from region to scores, checked against OpenSlide, Pillow and timm by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openslide
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file

from ml.annotation.shapes import Shape
from ml.geometry import Rect
from ml.progress import Progress
from ml.verbs.analyze import AnalyzeRequest, analyze

pytestmark = pytest.mark.data


def test_scores_of_a_scanners_file(real_data: Path, tiny_model: Path) -> None:
    path = real_data / "slides" / "cmu1_small_region.svs"
    region = Rect(300, 900, 1200, 1500)
    request = AnalyzeRequest(path, str(tiny_model), Shape.rectangle(region), device="cpu", least_tissue=0)
    scores = analyze(request, Progress()).scores
    patch = round(128 * 0.5 / 0.499)  # the file says 0.499 µm/px
    assert (scores.grid.patch.width, scores.grid.patch.height) == (patch, patch)

    network = timm.create_model("test_resnet", pretrained=False, num_classes=3).eval()
    weights = load_file(tiny_model / "model.safetensors")
    network.load_state_dict({n: t.float() if t.is_floating_point() else t for n, t in weights.items()})
    slide = openslide.OpenSlide(path)
    patches = []
    for row in range(scores.grid.rows):
        for column in range(scores.grid.columns):
            corner = (300 + column * patch, 900 + row * patch)
            pixels = slide.read_region(corner, 0, (patch, patch)).convert("RGB")
            patches.append(np.asarray(pixels.resize((128, 128), Image.Resampling.BILINEAR)))
    slide.close()
    batch = torch.tensor(np.stack(patches)).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        wanted = network((batch - 0.5) / 0.25).softmax(1).numpy().reshape(scores.values.shape)
    np.testing.assert_allclose(scores.values, wanted, atol=1e-4)
    assert wanted.std(axis=(0, 1)).max() > 0.05


def test_background_of_a_whole_slide_is_skipped(real_data: Path, tiny_model: Path) -> None:
    path = real_data / "slides" / "cmu1_small_region.svs"
    analysis = analyze(AnalyzeRequest(path, str(tiny_model), device="cpu", cam="none"), Progress())
    assert analysis.complete
    assert 0.05 < analysis.scores.grid.skipped_share < 0.95
    np.testing.assert_array_equal(analysis.scores.scored, analysis.scores.grid.kept)


def test_a_damaged_file_fails_with_a_sentence(real_data: Path, tiny_model: Path, tmp_path: Path) -> None:
    from ml.errors import SlideProblem

    whole = (real_data / "slides" / "cmu1_small_region.svs").read_bytes()
    cut = bytearray(whole)
    middle = len(cut) // 2
    cut[middle - 60_000 : middle + 60_000] = bytes(120_000)  # some tiles are nonsense now
    (tmp_path / "damaged.svs").write_bytes(cut)
    request = AnalyzeRequest(tmp_path / "damaged.svs", str(tiny_model), device="cpu", least_tissue=0)
    with pytest.raises(SlideProblem) as caught:
        analyze(request, Progress())
    assert "damaged.svs" in caught.value.what
    assert caught.value.remedy
    assert str(tmp_path) not in caught.value.what
