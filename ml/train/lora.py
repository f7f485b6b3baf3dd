"""Low-rank changes of a network by peft: put in before learning, added to the weights after it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from ml.errors import Problem
from ml.train.lora_plan import Lora


def add_adapters(
    module: nn.Module, plan: Lora, head: nn.Module, channels: int, size: tuple[int, int]
) -> None:
    """Put adapters beside the layers that `plan` names, in place; only they and `head` learn from now on.

    The network answers as before, for the changes begin at zero. It is run once on an empty picture of
    `channels` and `size` (height and width, px). Raises `Problem` where a name fits no layer, where it fits
    the last one, which learns anyway, and where the network goes round a layer and the change would be lost.
    """
    peft = _peft()
    layers = {name: part for name, part in module.named_modules() if name}
    chosen = {target: [name for name in layers if _fits(name, target)] for target in plan.targets}
    lost = [target for target, names in chosen.items() if not names]
    if lost:
        raise Problem(
            f"network.lora.targets names {', '.join(lost)}, which no layer of the network is called.",
            f"Its layers that can be changed are {', '.join(_endings(layers.items()))}.",
        )
    if any(layers[name] is head for names in chosen.values() for name in names):
        raise Problem("network.lora.targets names the last layer.", "Take it out: it learns as it is.")
    config = peft.LoraConfig(
        r=plan.rank, lora_alpha=plan.alpha, lora_dropout=plan.dropout, target_modules=list(plan.targets)
    )
    try:
        peft.inject_adapter_in_model(config, module)
    except (ValueError, TypeError) as error:
        raise Problem(
            "The layers in network.lora.targets cannot be changed at low rank.",
            f"Linear layers and convolutions can: {', '.join(_endings(layers.items()))}.",
            reason=error,
        ) from error
    head.requires_grad_(True)
    passed_by = _passed_by(module, channels, size)
    if passed_by:
        raise Problem(
            f"The network reads the weights of {', '.join(passed_by[:3])} without running the layer, so that "
            "low-rank changes of it have no effect.",
            "Take it out of network.lora.targets, or take another architecture.",
        )


def merge_adapters(module: nn.Module) -> nn.Module:
    """Add the changes to the weights, in place: the network is a plain one again and answers the same."""
    for name, part in _adapted(module):
        part.merge()
        module.set_submodule(name, part.get_base_layer())
    return module


def learning_in_words(module: nn.Module) -> str:
    """How much of a network learns; empty where all of it does."""
    whole = [value.numel() for value in module.parameters()]
    free = sum(value.numel() for value in module.parameters() if value.requires_grad)
    return (
        ""
        if free == sum(whole)
        else f"{free:,} of its {sum(whole):,} numbers may change ({free / sum(whole):.1%})."
    )


def _passed_by(module: nn.Module, channels: int, size: tuple[int, int]) -> list[str]:
    """Adapted layers that a run of the network does not call."""
    called: set[nn.Module] = set()

    def note(part: nn.Module, _: object, __: object) -> None:
        called.add(part)

    adapted = _adapted(module)
    hooks = [part.register_forward_hook(note) for _, part in adapted]
    was_training = module.training
    module.eval()
    with torch.inference_mode():
        module(torch.zeros(1, channels, *size))
    module.train(was_training)
    for hook in hooks:
        hook.remove()
    return [name for name, part in adapted if part not in called]


def _adapted(module: nn.Module) -> list[tuple[str, Any]]:
    from peft.tuners.lora import LoraLayer

    return [(name, part) for name, part in module.named_modules() if isinstance(part, LoraLayer)]


def _fits(name: str, target: str) -> bool:
    """As peft reads names: the whole, or its end from a dot on."""
    return name == target or name.endswith(f".{target}")


def _endings(layers: Iterable[tuple[str, nn.Module]]) -> list[str]:
    """The last two parts of the names of layers that can be changed, each once, without numbers."""
    found = []
    for name, part in layers:
        plain = isinstance(part, nn.Linear) or (isinstance(part, nn.Conv2d) and part.groups == 1)
        words = [word for word in name.split(".") if not word.isdigit()]
        if plain:
            found.append(".".join(words[-2:]))
    return list(dict.fromkeys(found))


def _peft() -> Any:
    try:
        import peft
    except ImportError:
        raise Problem(
            "The package peft is not installed.",
            'Install what training needs: pip install "parfocal[train]".',
        ) from None
    return peft
