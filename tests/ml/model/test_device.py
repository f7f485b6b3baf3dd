"""Which device is chosen, and what a person is told when it is not the graphics card."""

from __future__ import annotations

import platform
import warnings
from types import SimpleNamespace

import pytest
import torch

from ml.errors import ModelProblem
from ml.model import device
from ml.model.device import Device, choose_device


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A computer to describe: a Linux machine without anything, until the test says otherwise."""
    it = SimpleNamespace(
        system="Linux",
        machine="x86_64",
        cuda=0,
        built="13.0",
        card=False,
        driver=False,
        mps=False,
        warning="",
    )

    def is_available() -> bool:
        if it.warning:
            warnings.warn(it.warning, UserWarning, stacklevel=1)
        return it.cuda > 0

    monkeypatch.setattr(platform, "system", lambda: it.system)
    monkeypatch.setattr(platform, "machine", lambda: it.machine)
    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: it.cuda)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H200")
    monkeypatch.setattr(torch.version, "cuda", it.built)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: it.mps)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: it.system == "Darwin")
    monkeypatch.setattr(device, "has_nvidia_card", lambda: it.card)
    monkeypatch.setattr(device, "has_nvidia_driver", lambda: it.driver)
    monkeypatch.setattr(device.torch, "zeros", lambda *_, **__: torch.ones(1))  # the trial on the card
    return it


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, "this computer has no NVIDIA graphics card"),
        ({"card": True}, "the NVIDIA driver for the graphics card of this computer is not installed"),
        ({"card": True, "driver": True}, "does not work with this PyTorch"),
        ({"warning": "The NVIDIA driver on your system is too old (found version 11040)."}, "too old"),
        ({"system": "Darwin", "machine": "arm64"}, "macOS 12.3"),
        ({"system": "Darwin"}, "Intel processor"),
    ],
)
def test_the_cpu_is_chosen_with_a_reason(
    computer: SimpleNamespace, facts: dict[str, object], reason: str
) -> None:
    vars(computer).update(facts)
    chosen = choose_device("auto")
    assert chosen.kind == "cpu"
    assert reason in chosen.in_words
    assert chosen.in_words.startswith("CPU: ")


def test_a_pytorch_without_cuda_says_so(computer: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    computer.card = True
    assert "built without support" in choose_device("auto").reason


def test_the_graphics_card_comes_first(computer: SimpleNamespace) -> None:
    computer.cuda = 2
    assert choose_device("auto") == Device("cuda", "NVIDIA H200")
    assert choose_device("cuda:1") == Device("cuda:1", "NVIDIA H200")
    assert choose_device("cpu").kind == "cpu"
    with pytest.raises(ModelProblem, match="has 2 NVIDIA graphics cards"):
        choose_device("cuda:2")


def test_apple_graphics(computer: SimpleNamespace) -> None:
    vars(computer).update(system="Darwin", machine="arm64", mps=True)
    assert choose_device("auto").kind == "mps"
    assert choose_device("mps").in_words == "Apple graphics"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("CUDA error: no kernel image is available for execution on the device", "generation"),
        ("CUDA error: unknown error\nmore", "does not answer (CUDA error: unknown error)"),
    ],
)
def test_a_card_that_does_not_work_is_found_out(
    computer: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, message: str, reason: str
) -> None:
    def fail(*_: object, **__: object) -> torch.Tensor:
        raise RuntimeError(message)

    computer.cuda = 1
    monkeypatch.setattr(device.torch, "zeros", fail)
    chosen = choose_device("auto")
    assert chosen.kind == "cpu"
    assert reason in chosen.reason


@pytest.mark.parametrize("wish", ["cuda", "cuda:0", "mps"])
def test_a_device_asked_for_by_name_is_not_replaced_silently(computer: SimpleNamespace, wish: str) -> None:
    with pytest.raises(ModelProblem, match="cannot be used") as caught:
        choose_device(wish)
    assert "cpu" in caught.value.remedy


@pytest.mark.parametrize("wish", ["gpu", "cuda:x", "mps:1", ""])
def test_unknown_names(computer: SimpleNamespace, wish: str) -> None:
    with pytest.raises(ModelProblem, match="There is no"):
        choose_device(wish)


@pytest.mark.parametrize(("gib", "batch"), [(4, 32), (8, 64), (24, 128)])
def test_the_batch_follows_the_memory(monkeypatch: pytest.MonkeyPatch, gib: int, batch: int) -> None:
    properties = SimpleNamespace(total_memory=gib << 30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
    assert Device("cuda", "a card").batch == batch
    assert Device("cpu", "CPU").batch == 16
