"""`parfocal-ml explain` on real pictures, a slide region and CT slices; the referee is Grad-CAM by hand."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from ml.infer.pictures import preparation_of, read_prepared
from ml.model.device import choose_device
from ml.model.network import load_network
from ml.preparation import Preparation
from ml.zoo.bundle import open_bundle, write_bundle
from ml.zoo.card import ModelCard
from tests.ml.verbs.conftest import Said

Program = Callable[..., Said]


def bundle(folder: Path, name: str, how: Preparation, classes: tuple[str, ...]) -> Path:
    """A small network with random weights that looks at whole pictures."""
    import timm
    from safetensors.torch import save_file

    folder.mkdir(exist_ok=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        network = timm.create_model("test_resnet", pretrained=False, num_classes=len(classes))
    save_file(network.state_dict(), folder / "weights")
    card = ModelCard(name, name, "1", "test_resnet", classes, 96, 1.0, (0.5,) * 3, (0.25,) * 3, "")
    card = replace(card, preparation=how, cam_layer="layer4")
    return write_bundle(card, folder / "weights", folder / name).path


def by_hand(model: Path, path: Path, index: int) -> np.ndarray:
    """Selvaraju et al. 2017, written down again: mean gradients weigh the layer's activations."""
    network = load_network(open_bundle(model), choose_device("cpu"))
    module = network.module.requires_grad_(True)
    kept: list[torch.Tensor] = []
    hook = module.layer4.register_forward_hook(lambda _, __, output: kept.append(output))
    picture, _ = read_prepared(path, preparation_of(network))
    logits = module(network.prepared(picture[None]))
    hook.remove()
    (gradient,) = torch.autograd.grad(logits[0, index], kept[0])
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return torch.relu((weights * kept[0]).sum(dim=1))[0].detach().numpy()


@pytest.fixture
def pictures(small_study: Path) -> Path:
    """Two real pictures of 350 × 230 px, and one that is broken."""
    folder = small_study.parent / "two"
    folder.mkdir()
    for path in sorted((small_study.parent / "pictures").glob("*.jpg"))[:2]:
        shutil.copyfile(path, folder / path.name)
    (folder / "z.png").write_bytes(b"\x89PNG and no more")
    return folder


def test_maps_lie_over_the_pictures_own_pixels(as_program: Program, pictures: Path, tmp_path: Path) -> None:
    how = Preparation((96, 96), fitting="pad")
    model, out = bundle(tmp_path / "model", "two", how, ("benign", "malignant")), tmp_path / "out"
    code, events, _ = as_program("explain", pictures, "--model", model, "--out", out)
    assert (code, events[-1]["explained"], len(events[-1]["unreadable"])) == (0, 2, 1)
    path = sorted(pictures.glob("*.jpg"))[0]
    with Image.open(path) as image:
        width, height = image.size
    with tifffile.TiffFile(out / f"{path.name}.gradcam.tif") as file:
        maps, said = file.asarray(), json.loads(file.pages[0].description)
    assert maps.shape == (2, height, width)
    assert said["classes"] == ["benign", "malignant"]
    for index in range(2):
        wanted = by_hand(model, path, index)
        # the padding above and below is cut away: the middle row of cells lies in the picture's middle
        assert maps[index].max() <= wanted.max() + 1e-6
        seen = Image.fromarray(wanted).resize((96, 96), Image.Resampling.BILINEAR)
        tall = round(96 * height / width)
        top = (96 - tall) // 2
        part = seen.resize((width, height), Image.Resampling.BILINEAR, box=(0, top, 96, top + tall))
        np.testing.assert_allclose(maps[index], np.asarray(part), atol=1e-5 + 1e-4 * float(wanted.max()))
    with Image.open(out / f"{path.name}.malignant.png") as image:
        assert image.size == (width, height)
    with (out / "explained.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows] == ["benign", "malignant"] * 2 + [""]
    first = rows[0]
    assert maps[0, int(first["y"]), int(first["x"])] == pytest.approx(float(first["highest"]), rel=1e-5)
    assert float(rows[0]["probability"]) + float(rows[1]["probability"]) == pytest.approx(1, abs=1e-5)
    assert "cannot be read" in rows[-1]["problem"]


def test_a_region_of_a_slide(
    as_program: Program, tissue_slide: Path, tiny_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ("explain", tissue_slide, "--model", tiny_model, "--region", "200,100,512,384", "--class", "much")
    code, events, _ = as_program(*words, "--out", out, "--device", "cpu")
    assert (code, events[-1]["explained"]) == (0, 1)
    with tifffile.TiffFile(out / "tissue.tif.much.gradcam.tif") as file:
        maps = file.asarray()
    wanted = next(event for event in events if event["event"] == "planned")
    assert (wanted["rows"], wanted["columns"]) == (3, 4)
    assert maps.shape[-2] % 3 == 0
    assert np.isfinite(maps).all()
    with Image.open(out / "tissue.tif.much.png") as image:
        assert image.width / image.height == pytest.approx(512 / 384, rel=0.01)
    with (out / "explained.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert float(row["highest"]) == pytest.approx(float(maps.max()), rel=1e-5)
    assert 200 <= int(row["x"]) < 712
    assert 100 <= int(row["y"]) < 484


def test_ct_slices(as_program: Program, real_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "series"
    folder.mkdir()
    for path in sorted((real_data / "ct" / "cranium_series").iterdir())[50:53]:
        shutil.copyfile(path, folder / path.name)
    windows = ((40.0, 80.0), (80.0, 200.0), (40.0, 380.0))
    how = Preparation((96, 96), crop="head", windows=windows)
    model = bundle(tmp_path / "model", "ct", how, ("any", "subdural"))
    out = tmp_path / "out"
    code, events, _ = as_program("explain", folder, "--model", model, "--out", out, "--class", "subdural")
    assert (code, events[-1]["explained"]) == (0, 3)
    name = sorted(path.name for path in folder.iterdir())[1]
    maps = tifffile.imread(out / f"{name}.gradcam.tif")
    assert maps.squeeze().shape == (256, 256)
    assert maps.max() > 0
    assert (maps.squeeze()[0] == 0).all()  # outside the head
    with Image.open(out / f"{name}.subdural.png") as image:
        assert image.size == (256, 256)
    code, events, _ = as_program("explain", folder / name, "--model", model, "--out", tmp_path / "one")
    assert (code, events[-1]["explained"]) == (0, 1)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--class", "huge"], "no class “huge”"),
        (["--region", "1,2,3"], "is not x,y,width,height"),
        (["--region", "1,2,300,300", "--spacing", "0"], "not plausible"),
    ],
)
def test_words_that_mean_nothing(
    as_program: Program, tissue_slide: Path, tiny_model: Path, tmp_path: Path, words: list[str], reason: str
) -> None:
    out = tmp_path / "out"
    code, events, _ = as_program("explain", tissue_slide, "--model", tiny_model, "--out", out, *words)
    assert (code, reason in events[-1]["what"], out.exists()) == (2, True, False)
    code, events, _ = as_program("explain", tmp_path / "nowhere", "--model", tiny_model, "--out", out)
    assert (code, "Invalid path" in events[-1]["what"]) == (2, True)
