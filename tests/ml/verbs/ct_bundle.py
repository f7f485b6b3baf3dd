"""A bundle that looks at CT slices, with random weights."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from ml.model.network import build
from ml.preparation import Preparation
from ml.zoo.bundle import Bundle, write_bundle
from ml.zoo.card import ModelCard


def write_ct_bundle(folder: Path) -> Bundle:
    """Two members, two windows, neighbours; class "any" passes its threshold nearly always, "left" never."""
    card = ModelCard(
        name="ct-test",
        title="CT test",
        version="1",
        architecture="test_resnet",
        class_names=("any", "left"),
        patch_pixels=32,
        spacing=1.0,
        mean=(0.3,) * 6,
        std=(0.3,) * 6,
        weights_sha256="",
        architecture_options={"in_chans": 6},
        output="sigmoid",
        members=2,
        preparation=Preparation((32, 32), crop="head", windows=((40, 80), (80, 200)), neighbours=1),
        thresholds=(0.01, 0.99),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        state = {name: tensor.contiguous() for name, tensor in build(card).state_dict().items()}
    save_file(state, folder / "weights")
    return write_bundle(card, folder / "weights", folder / "ct-test")
