"""One network of an ensemble as a bundle of its own: a fifth of the size, and of the time that it takes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load, save_file

from ml.errors import ModelProblem
from ml.model.device import choose_device
from ml.model.network import Network, load_network
from ml.zoo.bundle import Bundle, open_bundle, write_bundle
from ml.zoo.card import ModelCard
from ml.zoo.held_out import flat_figures

_SAME = 1e-6  # of a probability


def export_member(bundle: Bundle, number: int, folder: Path) -> Bundle:
    """Write the `number`-th network (from 1) of an ensemble into a new folder, read it again and compare.

    Its card has that network's own held-out figures and those of all together. What the bundle knows of its
    training data is told by the first network's features, and goes with that one alone. Raises
    `ModelProblem`, `OSError`.
    """
    card = bundle.card
    if card.members < 2 or not 1 <= number <= card.members:
        has = f"{card.members} networks" if card.members > 1 else "one network"
        raise ModelProblem(
            f"The model “{card.title}” has {has}, and no number {number}.", "Leave --member out."
        )
    prefix = f"members.{number - 1}."
    tensors = load(bundle.weights())
    own = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
    familiarity = bundle.familiarity() if number == 1 else None
    told = replace(
        card,
        members=1,
        architecture=card.architectures[number - 1] if card.architectures else card.architecture,
        architectures=(),
        familiarity=card.familiarity if familiarity else None,
        metrics=metrics_of_member(card.metrics, number),
        command=f"{card.command}; parfocal-ml models export {card.name} --as bundle --member {number}",
    )
    beside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
        save_file(own, beside / "weights")
        write_bundle(told, beside / "weights", beside / "bundle", familiarity)
        _refuse_other_answers(bundle, number, beside / "bundle")
        (beside / "bundle").rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return open_bundle(folder)


def metrics_of_member(metrics: Mapping[str, object], number: int) -> dict[str, object]:
    """What the card of an ensemble says of one of its networks, and of all of them by their side."""
    folds = metrics.get("folds")
    if not isinstance(folds, list) or len(folds) < number:
        return dict(metrics)
    kept = {key: metrics[key] for key in ("balance", "temperature", "published") if metrics.get(key)}
    leakage = metrics.get("leakage")
    if isinstance(leakage, Mapping) and "in_words" in leakage:
        kept["leakage"] = leakage["in_words"]
    own = flat_figures("this network", folds[number - 1])
    return {"held_out": own | flat_figures(f"{len(folds)} such networks", metrics.get("figures")), **kept}


def _refuse_other_answers(bundle: Bundle, number: int, folder: Path) -> None:
    """The network in the new bundle answers as it did among the others."""
    device = choose_device("cpu")
    whole, alone = load_network(bundle, device), load_network(open_bundle(folder), device)
    members = whole.module.members
    assert isinstance(members, torch.nn.ModuleList)
    among = Network(_card_of_one(bundle.card), members[number - 1], device)
    shape = (2, *alone.empty_patch().shape[1:])
    patches = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    off = float(np.abs(among.probabilities(patches) - alone.probabilities(patches)).max())
    if off > _SAME:
        raise ModelProblem(
            f"The network {number} of “{bundle.card.title}” answers otherwise by itself, by {off:.2g}.",
            "Hand on the whole bundle instead.",
        )


def _card_of_one(card: ModelCard) -> ModelCard:
    return replace(card, members=1, architectures=(), cam_layer="")
