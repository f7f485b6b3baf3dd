"""Models come from WSInfer and go there with the same answers.

The referee is WSInfer's own way, written anew: Pillow cuts a patch out of level 0, torchvision resizes it by
Pillow and normalises, and torch runs the file.
"""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from skimage.data import immunohistochemistry
from torchvision import transforms

from ml.errors import ModelProblem
from ml.geometry import Spacing
from ml.model.device import choose_device
from ml.model.ensemble import joined
from ml.model.network import load_network
from ml.model.torchscript import traced
from ml.model.wsinfer import difference, export_wsinfer, import_wsinfer
from ml.preparation import Preparation
from ml.progress import Progress
from ml.slide.slide import KnownSpacing
from ml.verbs.analyze import AnalyzeRequest, analyze
from ml.zoo.bundle import Bundle, open_bundle, write_bundle

MEAN, STD = [0.7, 0.55, 0.7], [0.2, 0.25, 0.2]


def network(classes: int, seed: int = 1) -> torch.nn.Module:
    """Random, its last layer scaled so that probabilities of tissue spread over 0..1."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = timm.create_model("test_resnet", pretrained=False, num_classes=classes).eval()
    tissue = torch.tensor(immunohistochemistry()).permute(2, 0, 1)[None] / 255
    patches = torch.nn.functional.unfold((tissue - 0.6) / 0.2, 128, stride=128)[0].T.reshape(-1, 3, 128, 128)
    with torch.no_grad():
        logits = module(patches)
        scale = 2 / logits.std(0)
        module.fc.weight *= scale[:, None]
        module.fc.bias.copy_((module.fc.bias - logits.mean(0)) * scale)
    return module


def zoo_folder(
    folder: Path, classes: int, patch: int, spacing: float, seen: int, architecture: str = "test_resnet"
) -> Path:
    folder.mkdir()
    (folder / "torchscript_model.pt").write_bytes(traced(network(classes), seen, seen))
    config = {
        "spec_version": "1.0",
        "architecture": architecture,
        "num_classes": classes,
        "patch_size_pixels": patch,
        "spacing_um_px": spacing,
        "class_names": ["other", "tumor", "necrosis"][:classes],
        "transform": [
            {"name": "Resize", "arguments": {"size": seen}},
            {"name": "ToTensor"},
            {"name": "Normalize", "arguments": {"mean": MEAN, "std": STD}},
        ],
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def as_wsinfer(picture: Image.Image, folder: Path, corners: list[tuple[int, int]], edge: int) -> np.ndarray:
    """Probabilities of patches by the top left corner. Nothing of Parfocal is used."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    steps = {step["name"]: step.get("arguments", {}) for step in config["transform"]}
    transform = transforms.Compose([getattr(transforms, name)(**words) for name, words in steps.items()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torch.jit.load(io.BytesIO((folder / "torchscript_model.pt").read_bytes())).eval()
    # Cutting beyond a picture's edge gives black, as converting OpenSlide's transparent pixels does.
    patches = [transform(picture.crop((x, y, x + edge, y + edge))) for x, y in corners]
    with torch.no_grad():
        logits = model(torch.stack(patches))
    found = torch.softmax(logits, dim=1) if logits.shape[1] > 1 else torch.sigmoid(logits)
    return found.numpy()


@pytest.mark.parametrize(
    ("classes", "patch", "spacing", "seen", "architecture"),
    [
        (2, 128, 0.5, 128, "test_resnet"),  # nothing to resize
        (2, 350, 0.25, 160, "test_resnet"),  # 175 px to 160
        (1, 64, 1.0, 64, "test_resnet"),  # by 2
        (1, 70, 0.5, 160, "preactresnet34"),  # enlarged; timm has no such network: TorchScript
        (3, 100, 0.7, 96, "unknown"),  # 140 px to 96
    ],
)
def test_analyze_answers_as_wsinfer_does(
    tmp_path: Path, classes: int, patch: int, spacing: float, seen: int, architecture: str
) -> None:
    folder = zoo_folder(tmp_path / "zoo", classes, patch, spacing, seen, architecture)
    made = import_wsinfer(folder, tmp_path / "bundle")
    assert bool(made.why_script) == (architecture != "test_resnet")
    picture = Image.fromarray(immunohistochemistry())
    picture.save(tmp_path / "slide.png")
    request = AnalyzeRequest(
        tmp_path / "slide.png",
        str(made.bundle.path),
        spacing=KnownSpacing(Spacing.square(0.5), "the test"),
        device="cpu",
        cam="none",
        least_tissue=0,
    )
    scores = analyze(request, Progress()).scores
    edge = round(patch * spacing / 0.5)
    assert scores.grid.patch.width == edge
    corners = [(int(x), int(y)) for x, y in scores.grid.rects()[..., :2].reshape(-1, 2)]
    golden = as_wsinfer(picture, folder, corners, edge)
    found = scores.values.reshape(-1, classes)
    assert np.ptp(golden[:, -1]) > 0.5
    assert np.abs(found - golden).max() < 1e-4


def bundle_of(folder: Path, classes: int, members: int = 1, **changes: object) -> Bundle:
    from tests.ml.zoo.test_bundle import make_card

    weights = [network(classes, seed).state_dict() for seed in range(members)]
    folder.mkdir()
    save_file(weights[0] if members == 1 else joined(weights), folder / "w.safetensors")
    names = ("other", "tumor", "necrosis")[:classes]
    card = make_card(architecture="test_resnet", class_names=names, members=members, colors=(), **changes)
    return write_bundle(card, folder / "w.safetensors", folder / "bundle")


@pytest.mark.parametrize(
    ("classes", "changes"),
    [
        (2, {}),
        (1, {"output": "sigmoid"}),
        (3, {"temperature": 2.5, "threshold": 0.3}),
        (2, {"members": 3}),
        (1, {"members": 2, "temperature": 0.5}),
    ],
)
def test_what_goes_out_comes_back_with_the_same_answers(
    tmp_path: Path, classes: int, changes: dict[str, object]
) -> None:
    bundle = bundle_of(tmp_path / "made", classes, **changes)  # type: ignore[arg-type]
    export_wsinfer(bundle, tmp_path / "zoo")
    assert sorted(p.name for p in (tmp_path / "zoo").iterdir()) == ["config.json", "torchscript_model.pt"]
    again = import_wsinfer(tmp_path / "zoo", tmp_path / "again").bundle
    cpu = choose_device("cpu")
    assert difference(load_network(again, cpu), load_network(bundle, cpu)) < 1e-5
    plain = {"temperature": 1.0, "members": 1, "weights": "safetensors", "weights_sha256": ""}
    assert replace(again.card, **plain) == replace(bundle.card, **plain)  # type: ignore[arg-type]
    # And so does a program that knows softmax and sigmoid only.
    picture = Image.fromarray(immunohistochemistry())
    golden = as_wsinfer(picture, tmp_path / "zoo", [(0, 0), (100, 200)], 64)
    patches = np.stack([np.asarray(picture.crop((x, y, x + 64, y + 64))) for x, y in [(0, 0), (100, 200)]])
    assert np.abs(golden - load_network(bundle, cpu).probabilities(patches)).max() < 1e-5


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"output": "sigmoid"}, "stand on their own"),
        ({"preparation": Preparation((64, 64))}, "whole pictures"),
    ],
)
def test_what_wsinfer_has_no_word_for_is_refused(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    bundle = bundle_of(tmp_path / "made", 2, **changes)  # type: ignore[arg-type]
    with pytest.raises(ModelProblem, match=reason):
        export_wsinfer(bundle, tmp_path / "zoo")
    assert not (tmp_path / "zoo").exists()


def test_a_network_that_is_not_what_it_is_called_is_kept_as_it_is(tmp_path: Path) -> None:
    """Weights that fit timm's network, in a program that does something else with them."""

    class Upside(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, child in network(2).named_children():
                self.add_module(name, child)

        def forward(self, patches: torch.Tensor) -> torch.Tensor:
            found = patches.flip(2)
            for child in self.children():
                found = child(found)
            return -found

    folder = zoo_folder(tmp_path / "zoo", 2, 128, 0.5, 128)
    (folder / "torchscript_model.pt").write_bytes(traced(Upside(), 128, 128))
    made = import_wsinfer(folder, tmp_path / "bundle", name="other-name", shown="other")
    assert "answers otherwise" in made.why_script
    assert open_bundle(made.bundle.path).card.weights == "torchscript"
    assert (made.bundle.card.name, made.bundle.card.shown_class) == ("other-name", 0)
    loaded = load_network(made.bundle, choose_device("cpu"))
    assert loaded.cam_layer is None
    with pytest.raises(ModelProblem, match="no class “liver”"):
        import_wsinfer(folder, tmp_path / "more", shown="liver")


def test_a_program_that_gives_another_number_of_classes_is_refused(tmp_path: Path) -> None:
    folder = zoo_folder(tmp_path / "zoo", 2, 128, 0.5, 128, "unknown")
    (folder / "torchscript_model.pt").write_bytes(traced(network(3), 128, 128))
    with pytest.raises(ModelProblem, match="3 numbers for 2 classes"):
        import_wsinfer(folder, tmp_path / "bundle")
