"""What a recipe says of low-rank changes: `[network.lora]`. Every field is explained here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lora:
    """Beside each chosen layer two thin ones learn; the layer itself stays (Hu et al. 2021, LoRA).

    For networks too large to be taught as a whole from few pictures. After learning the change is added to
    the layer, so that the model is as large and as fast as it was.
    """

    rank: int = 8  # width of the thin layers
    alpha: float = 16.0  # the change counts alpha / rank
    # Ends of the names of layers, linear or convolutions of 1 × 1; these are the attention of timm's ViTs.
    targets: tuple[str, ...] = ("attn.qkv", "attn.proj")
    dropout: float = 0.0  # share of the inputs of the thin layers that is left out while learning


def faults_of(lora: Lora) -> tuple[tuple[bool, str], ...]:
    """What cannot be: whether it is so, and the words for it."""
    return (
        (lora.rank < 1, "network.lora.rank is below 1"),
        (lora.alpha <= 0, "network.lora.alpha is not above 0"),
        (not lora.targets, "network.lora.targets names no layer"),
        (not 0 <= lora.dropout < 1, "network.lora.dropout is a share below 1"),
    )
