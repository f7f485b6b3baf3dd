"""How a network may learn: three ways between little and much, each as what it makes of a plan. No window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ml.train.lora_plan import Lora
from ml.train.study_recipe import Fit, NetworkPlan, Vary
from viewer.wizard.plan import Kind, Plan
from viewer.wizard.sides import usual

Way = Literal["last", "little", "all", "own"]
"""The last layer, a little of every layer, everything; or as the recipe says."""

_HALF = (0.5, 0.5, 0.5)
_WHOLE = "tf_efficientnet_lite0"


@dataclass(frozen=True)
class WayWords:
    """What a person reads about a way."""

    way: Way
    title: str
    meaning: str


WAYS: tuple[WayWords, ...] = (
    WayWords(
        "last",
        "Only the last layer",
        "The network keeps what it knows of pictures in general and learns only to decide. For up to some "
        "hundred patients; takes minutes.",
    ),
    WayWords(
        "little",
        "A little of every layer",
        "Each layer stays as it is and gets small changes beside it (LoRA). Between the two others in what "
        "it can learn and in the time.",
    ),
    WayWords(
        "all",
        "The whole network",
        "Everything may change. For many patients: with few it learns them by heart. Takes longest.",
    ),
)


def ways_for(kind: Kind) -> tuple[WayWords, ...]:
    """Those that can be: CT has other channels than the frozen network was made for."""
    return tuple(words for words in WAYS if kind != "scans" or words.way != "last")


def way_of(plan: Plan) -> Way:
    """Which way a plan goes; "own" where an example or the expert view has chosen another network."""
    network = plan.network
    if network.architecture == "lite0_stages" and network.learns == "head":
        return "last"
    if network.architecture == _WHOLE and network.learns == "lora":
        return "little"
    if network.architecture == _WHOLE and network.learns == "all":
        return "all"
    return "own"


def advised(patients: int) -> Way:
    """The way for so many patients."""
    return "last" if patients < 400 else "all"


def with_way(plan: Plan, way: Way) -> Plan:
    """The plan going another way; what the network sees stays as it is."""
    if way == "own":
        return plan
    network, fit = plan.network, plan.fit
    kept = replace(network, pretrained=True, begin="", options={}, also=(), lora=None, familiar_layer="")
    if network.channels != "rgb" and not network.windows:
        kept = replace(kept, channels="rgb")
    if not network.windows:
        kept = replace(kept, mean=_HALF, std=_HALF)
    if way == "last":
        made = replace(
            kept,
            architecture="lite0_stages",
            learns="head",
            zero_head=True,
            statistics="learn",
            cam_layer="blocks.4",
        )
        learned = _fitted(fit, 40, 3e-3, 0.0)
        return replace(plan, network=made, fit=learned, vary=Vary())
    made = replace(kept, architecture=_WHOLE, zero_head=False, statistics="keep", cam_layer="blocks.6")
    if way == "little":
        low = Lora(rank=8, alpha=16.0, targets=("conv_pw", "conv_pwl", "conv_head"))
        made = replace(made, learns="lora", lora=low)
        return replace(plan, network=made, fit=_fitted(fit, 8, 2e-3, 1e-3), vary=usual(plan))
    made = replace(made, learns="all")
    return replace(plan, network=made, fit=_fitted(fit, 6, 2e-3, 1e-3), vary=usual(plan))


def _fitted(fit: Fit, epochs: int, rate: float, backbone: float) -> Fit:
    return replace(
        fit, epochs=epochs, rate=rate, backbone_rate=backbone, optimizer="adamw", constant=False, watch="loss"
    )


def network_in_words(network: NetworkPlan) -> str:
    """Which network it is, for whoever wants to know."""
    begins = "begins with what it learned from everyday pictures" if network.pretrained else "begins anew"
    return f"the network {network.architecture} {begins}; sees {network.size[1]} × {network.size[0]} px"
