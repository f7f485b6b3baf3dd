"""From a WSInfer model to a bundle, and back: what comes out answers as what went in, or nothing is left.

Where timm has the network of an imported file, its weights alone are kept, as plain numbers: Grad-CAM works,
and no program of somebody else's runs any more. Where it has not, the TorchScript file itself is kept.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from safetensors.torch import save_file
from torch import nn

from ml.errors import ModelProblem
from ml.model import architectures
from ml.model.device import choose_device
from ml.model.network import Network, Patches, build, load_network
from ml.model.torchscript import Tempered, load_script, traced
from ml.zoo.bundle import Bundle, write_bundle
from ml.zoo.card import ModelCard
from ml.zoo.wsinfer import read_wsinfer, write_wsinfer

_SAME = 1e-4  # greatest difference of a probability between two forms of one network, computed in float32


@dataclass(frozen=True)
class Imported:
    """The bundle, and why its weights are TorchScript (empty: they are plain numbers)."""

    bundle: Bundle
    why_script: str


def import_wsinfer(source: Path, folder: Path, name: str = "", shown: str = "") -> Imported:
    """Write the bundle of a WSInfer folder into another folder, made when missing. Raises `ModelProblem`.

    `name` is what to ask for it by, else the source's own; `shown` the class that is shown first.
    """
    model = read_wsinfer(source)
    card = replace(model.card, name=name or model.card.name, shown_class=_shown(model.card, shown))
    cpu = choose_device("cpu")
    script = Network(card, load_script(model.script, card.name), cpu)
    with tempfile.TemporaryDirectory() as scratch:
        weights = Path(scratch) / "weights"
        plain = replace(card, weights="safetensors")
        module, why = _of_timm(plain, script.module)
        if module is not None and (off := difference(Network(plain, module, cpu), script)) > _SAME:
            module, why = None, f"timm’s {card.architecture} answers otherwise, by {off:.2g}"
        if module is None:
            weights.write_bytes(model.script)
            return Imported(write_bundle(card, weights, folder), why)
        save_file({key: value.contiguous() for key, value in module.state_dict().items()}, weights)
        return Imported(write_bundle(plain, weights, folder), "")


def export_wsinfer(bundle: Bundle, folder: Path) -> None:
    """Write a bundle as a new WSInfer folder, read it again and compare. Raises `ModelProblem`, `OSError`.

    Temperature and the members of an ensemble become part of the program. What WSInfer has no word for is
    refused: labels that stand on their own beside others, whole pictures, other channels than RGB.
    """
    card = bundle.card
    _refuse_unspeakable(card)
    network = load_network(bundle, choose_device("cpu"))
    script = bundle.weights()
    if card.weights == "safetensors" or card.temperature != 1:
        module = network.module if card.temperature == 1 else Tempered(network.module, card.temperature)
        script = traced(module, card.patch_pixels, card.patch_pixels)
    options = {} if card.members > 1 else card.architecture_options
    told = replace(card, temperature=1.0, members=1, architecture_options=options, familiarity=None)
    beside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        again = write_wsinfer(told, script, beside)
        _refuse_other_answers(
            Network(again.card, load_script(again.script, card.name), network.device), network
        )
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def difference(one: Network, other: Network) -> float:
    """The greatest difference of a probability: patches of noise and of even colour, one or three a batch."""
    edge, channels = one.card.patch_pixels, len(one.card.mean)
    chance = np.random.default_rng(0)
    noise = chance.integers(0, 256, (4, edge, edge, channels), dtype=np.uint8)
    even = np.repeat(noise[:, :1, :1], edge, axis=1).repeat(edge, axis=2)
    batches: list[Patches] = [noise[:1], noise[1:], even[:3]]
    return max(float(np.abs(one.probabilities(b) - other.probabilities(b)).max()) for b in batches)


def _of_timm(card: ModelCard, script: nn.Module) -> tuple[nn.Module | None, str]:
    """The same network built by timm with the script's weights, or why there is none."""
    if not architectures.is_known(card.architecture):
        return None, f"timm has no {card.architecture}"
    try:
        module = build(card)
        missing, unknown = module.load_state_dict(script.state_dict(), strict=False)
    except (ModelProblem, RuntimeError):
        return None, f"its weights are not those of timm’s {card.architecture}"
    # A count of training steps, which no answer depends on; tracing leaves it out.
    if unknown or any(not key.endswith("num_batches_tracked") for key in missing):
        return None, f"its weights are not those of timm’s {card.architecture}"
    return module, ""


def _refuse_other_answers(read: Network, network: Network) -> None:
    off = difference(read, network)
    if off > _SAME:
        raise ModelProblem(
            f"The model “{network.card.title}” cannot be handed on: as TorchScript it answers otherwise, "
            f"by {off:.2g}.",
            "Hand on its bundle instead: the folder as it is.",
        )


def _shown(card: ModelCard, name: str) -> int:
    if not name:
        return card.shown_class
    if name not in card.class_names:
        raise ModelProblem(
            f"The model “{card.title}” has no class “{name}”.", f"It has: {', '.join(card.class_names)}."
        )
    return card.class_names.index(name)


def _refuse_unspeakable(card: ModelCard) -> None:
    reason = ""
    if card.preparation is not None:
        reason = "it looks at whole pictures, WSInfer at patches of slides"
    elif card.output == "sigmoid" and len(card.class_names) > 1:
        reason = "its classes stand on their own, and WSInfer would make them sum to 1"
    elif len(card.mean) != 3:
        reason = f"it looks at {len(card.mean)} channels, WSInfer at red, green and blue"
    if reason:
        raise ModelProblem(
            f"The model “{card.title}” has no WSInfer form: {reason}.",
            "Hand on its bundle instead: the folder as it is.",
        )
