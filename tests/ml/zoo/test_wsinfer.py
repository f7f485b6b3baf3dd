"""The folder of the WSInfer zoo: what it holds becomes a card, and what is wrong with it is said."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import timm
import torch

from ml.errors import ModelProblem
from ml.model.torchscript import traced
from ml.zoo import store
from ml.zoo.wsinfer import is_wsinfer, read_wsinfer, write_wsinfer

# As the zoo has it: breast-tumor-resnet34.tcga-brca, shortened.
CONFIG = {
    "spec_version": "1.0",
    "architecture": "resnet34",
    "num_classes": 2,
    "patch_size_pixels": 350,
    "spacing_um_px": 0.25,
    "class_names": ["Other", "Tumor"],
    "transform": [
        {"name": "Resize", "arguments": {"size": 224}},
        {"name": "ToTensor"},
        {
            "name": "Normalize",
            "arguments": {"mean": [0.7238, 0.5716, 0.6779], "std": [0.112, 0.1459, 0.1089]},
        },
    ],
}


@pytest.fixture(scope="module")
def script() -> bytes:
    return traced(timm.create_model("test_resnet", pretrained=False, num_classes=2), 64, 64)


@pytest.fixture
def folder(script: bytes, tmp_path: Path) -> Path:
    found = tmp_path / "tumor"
    found.mkdir()
    (found / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (found / "torchscript_model.pt").write_bytes(script)
    (found / "pytorch_model.bin").write_bytes(b"\x80\x04.")  # lies in the zoo's folders; nobody opens it
    return found


def change(folder: Path, edit: Callable[[dict], object]) -> None:
    document = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    edit(document)
    (folder / "config.json").write_text(json.dumps(document), encoding="utf-8")


def test_a_configuration_becomes_a_card(folder: Path, script: bytes) -> None:
    model = read_wsinfer(folder)
    card = model.card
    assert is_wsinfer(folder)
    assert model.script == script
    assert (card.name, card.title, card.weights, card.reading) == ("tumor", "tumor", "torchscript", "wsinfer")
    assert card.class_names == ("Other", "Tumor")
    assert card.shown_class == 1
    assert card.patch_pixels == 224  # the same tissue, as the network sees it
    assert card.patch_pixels * card.spacing == pytest.approx(350 * 0.25)
    assert card.mean == (0.7238, 0.5716, 0.6779)
    assert card.weights_sha256 == hashlib.sha256(script).hexdigest()


def test_older_configurations_lack_version_and_architecture(folder: Path) -> None:
    change(folder, lambda top: (top.pop("spec_version"), top.pop("architecture")))
    assert read_wsinfer(folder).card.architecture == "unknown"


def test_what_is_written_is_read_back(folder: Path, script: bytes, tmp_path: Path) -> None:
    card = read_wsinfer(folder).card
    again = write_wsinfer(card, script, tmp_path / "again")
    assert again.card == card
    document = json.loads((tmp_path / "again" / "config.json").read_text(encoding="utf-8"))
    assert document["parfocal"]["weights"]["file"] == "torchscript_model.pt"
    (tmp_path / "again" / "torchscript_model.pt").write_bytes(
        traced(timm.create_model("test_resnet", pretrained=False, num_classes=3), 64, 64)
    )
    with pytest.raises(ModelProblem, match="sha256 differs"):
        read_wsinfer(tmp_path / "again")


def test_one_logit_is_one_class(folder: Path) -> None:
    change(folder, lambda top: top.update(num_classes=1, class_names=["tumor"]))
    assert read_wsinfer(folder).card.shown_class == 0


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda top: top.update(num_classes=3), "num_classes is 3"),
        (lambda top: top.update(spacing_um_px=0), "spacing_um_px is 0"),
        (lambda top: top.update(spec_version="9"), "'9' is unknown"),
        (lambda top: top["transform"].insert(0, {"name": "CenterCrop"}), "CenterCrop is unknown"),
    ],
)
def test_a_configuration_that_contradicts_itself_is_refused(
    folder: Path, edit: Callable[[dict], object], reason: str
) -> None:
    change(folder, edit)
    with pytest.raises(ModelProblem, match=reason):
        read_wsinfer(folder)


def test_what_lies_in_the_place_of_weights_is_named(folder: Path) -> None:
    weights = folder / "torchscript_model.pt"
    weights.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 85\n")
    with pytest.raises(ModelProblem, match="pointer"):
        read_wsinfer(folder)
    torch.save({"weight": torch.zeros(2)}, weights)
    with pytest.raises(ModelProblem, match=r"torch\.save"):
        read_wsinfer(folder)
    weights.unlink()
    with pytest.raises(ModelProblem, match=r"torchscript_model\.pt is missing"):
        read_wsinfer(folder)


def test_asking_for_such_a_folder_says_how_to_import_it(folder: Path) -> None:
    with pytest.raises(ModelProblem) as caught:
        store.find(folder)
    assert "models import" in caught.value.remedy
