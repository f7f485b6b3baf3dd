"""Which layers a person wants to see over a slide, and how strongly: from run to run, and with the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from viewer.cases.values import Json

LayerName = Literal["heatmap", "cam", "boxes", "annotations"]


def _shown() -> dict[LayerName, bool]:
    return {"heatmap": True, "cam": False, "boxes": True}


def _opacity() -> dict[LayerName, float]:
    return {"heatmap": 0.6, "cam": 0.7}  # the tissue stays readable


@dataclass
class LayerChoice:
    """What was chosen last."""

    shown: dict[LayerName, bool] = field(default_factory=_shown)
    opacity: dict[LayerName, float] = field(default_factory=_opacity)

    def as_json(self) -> Json:
        """As it is kept."""
        return {
            "shown": {str(name): shown for name, shown in self.shown.items()},
            "opacity": {str(name): opacity for name, opacity in self.opacity.items()},
        }

    def take(self, kept: Mapping[str, object]) -> None:
        """As it was kept; names that are not known, and what is no number, are passed over."""
        shown, opacity = kept.get("shown"), kept.get("opacity")
        for name in self.shown:
            if isinstance(shown, Mapping) and isinstance(wanted := shown.get(name), bool):
                self.shown[name] = wanted
        for name in self.opacity:
            if isinstance(opacity, Mapping) and isinstance(wanted := opacity.get(name), int | float):
                self.opacity[name] = min(max(float(wanted), 0.0), 1.0)
