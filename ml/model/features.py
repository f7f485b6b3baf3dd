"""What a network makes of a picture before it decides, noted while it looks anyway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from ml.model.ensemble import Ensemble


def head_of(module: nn.Module) -> nn.Module:
    """The last layer. timm's networks tell it; of others it is the last module with weights."""
    getter = getattr(module, "get_classifier", None)
    if callable(getter):
        head = getter()
        if isinstance(head, nn.Module):
            return head
    return [part for part in module.modules() if isinstance(part, nn.Linear)][-1]


def stage_before_last(module: nn.Module) -> str:
    """The dotted name of the stage before the last that timm knows of; empty where it knows none.

    Its features still hold what tissue and its preparation look like, of which the last keep what tells the
    classes apart.
    """
    stages = getattr(module, "feature_info", None)
    try:
        name = str(stages[-2]["module"]) if stages else ""
        module.get_submodule(name)
    except (AttributeError, KeyError, TypeError, IndexError):
        return ""
    return name


@contextmanager
def noted_features(module: nn.Module, layer: str = "") -> Iterator[list[Tensor]]:
    """Within, every forward pass adds its features, (n, features) float32, to the list.

    They are what goes into the last layer; with `layer`, its output averaged over places. Of an ensemble
    those of its first member. Raises `AttributeError` for a layer that is not there, `IndexError` where none
    is last.
    """
    found: list[Tensor] = []
    if isinstance(module, Ensemble):
        module = module.members[0]

    def note_input(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        found.append(given[0].detach().float().flatten(1))

    def note_output(_: nn.Module, __: object, output: Tensor) -> None:
        pooled = output.mean(dim=(2, 3)) if output.ndim == 4 else output.flatten(1)
        found.append(pooled.detach().float())

    if layer:
        hook = module.get_submodule(layer).register_forward_hook(note_output)
    else:
        hook = head_of(module).register_forward_pre_hook(note_input)
    try:
        yield found
    finally:
        hook.remove()
