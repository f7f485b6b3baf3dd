"""From a trained network to a bundle that the window can use."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from ml.train.recipe import SIDES, Recipe
from ml.train.split import Split
from ml.zoo.bundle import Bundle, write_bundle
from ml.zoo.card import ModelCard


def export(
    module: nn.Module,
    recipe: Recipe,
    split: Split,
    metrics: Mapping[str, object],
    threshold: float,
    folder: Path,
) -> Bundle:
    """Write card and weights (float16) into a folder. Raises `ModelProblem` when they cannot be read back."""
    half = {
        name: value.half().contiguous() if value.is_floating_point() else value.contiguous()
        for name, value in module.state_dict().items()
    }
    with tempfile.TemporaryDirectory() as scratch:
        weights = Path(scratch) / "model.safetensors"
        save_file(half, weights)
        return write_bundle(card_of(recipe, split, metrics, threshold), weights, folder)


def halved(module: nn.Module) -> nn.Module:
    """The network as its bundle will have it: what is measured is what is shipped."""
    with torch.no_grad():
        for value in (*module.parameters(), *module.buffers()):
            if value.is_floating_point():
                value.copy_(value.half().float())
    return module


def card_of(recipe: Recipe, split: Split, metrics: Mapping[str, object], threshold: float) -> ModelCard:
    """The card that travels with the weights; its hash is filled in when the bundle is written."""
    classes, network, text = recipe.classes, recipe.network, recipe.card
    return ModelCard(
        name=recipe.name,
        title=recipe.title,
        version=recipe.version,
        architecture=network.architecture,
        class_names=classes.names,
        patch_pixels=network.patch,
        spacing=network.spacing,
        mean=network.mean,
        std=network.std,
        weights_sha256="",
        architecture_options=network.options,
        cam_layer=network.cam_layer,
        shown_class=classes.shown,
        threshold=threshold,
        colors=classes.colors,
        summary=text.get("summary", ""),
        intended_use=text.get("intended_use", ""),
        stain=text.get("stain", ""),
        training_data=data_in_words(recipe, split),
        labels=text.get("labels", ""),
        limits=text.get("limits", ""),
        licence=text.get("licence", ""),
        metrics=metrics,
        command=f'parfocal-ml train resources/recipes/{recipe.name}.toml --data "$PARFOCAL_DATA" '
        f"--out out/{recipe.name}",
    )


def data_in_words(recipe: Recipe, split: Split) -> str:
    """Which pictures were learned from, chosen on and reported on, with their licences."""
    verbs = {"fit": "Learned from", "choose": "Chosen on", "report": "Reported on"}
    licences = {source.name: source.licence for source in recipe.sources}
    sentences = []
    for side in SIDES:
        examples = split.side(side)
        names: Sequence[str] = list(dict.fromkeys(example.source for example in examples))
        parts = [
            f"{name} ({sum(e.source == name for e in examples):,} pictures, "
            f"{len({e.group for e in examples if e.source == name}):,} groups)"
            for name in names
        ]
        sentences.append(f"{verbs[side]} {', '.join(parts)}.")
    sources = "; ".join(f"{name}: {licence}" for name, licence in licences.items() if licence)
    return " ".join([*sentences, "No group stands on two sides.", f"Licences: {sources}."])
