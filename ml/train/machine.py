"""On how many devices a run learns, and which of its processes speaks."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any, Literal

import torch

from ml.errors import Problem
from ml.progress import is_first
from ml.train.study_recipe import StudyRecipe


@dataclass(frozen=True)
class Machine:
    """Devices to learn on. With several, each has a process of its own, and `fit.batch` pictures at once.

    The same recipe then sees `devices × nodes` times as many pictures a step: halve `fit.batch` for two.
    """

    devices: int = 0  # graphics cards; on a CPU processes. 0: all graphics cards, else one process
    strategy: Literal["auto", "ddp"] = "auto"  # ddp: gradients are averaged over processes after each batch
    nodes: int = 1  # computers that learn together, each with so many devices; torchrun starts them

    def trainer_words(self) -> dict[str, Any]:
        """What Lightning's trainer is told. Raises `Problem` where there are fewer devices."""
        cards = torch.cuda.device_count()
        if self.devices > cards > 0:
            raise Problem(f"There are {cards} graphics cards, not {self.devices}.", "Ask for fewer devices.")
        several = self.devices > 1 or (self.devices == 0 and cards > 1) or self.nodes > 1
        strategy = "ddp" if several else self.strategy
        return {
            "accelerator": "auto",
            "devices": self.devices or "auto",
            "num_nodes": self.nodes,
            "strategy": strategy,
            "sync_batchnorm": several
            and cards > 0,  # torch has none for a CPU: there each process has its own
        }

    def require_possible(self, recipe: StudyRecipe) -> None:
        """Raise `Problem` for what several processes cannot do together, or were not started for."""
        self._require_started()
        if (self.devices > 1 or self.nodes > 1) and recipe.pretrain is not None:
            raise Problem(
                "Pre-training compares the pictures of a batch, and runs in one process.",
                "Give --devices 1, or pre-train beforehand by `parfocal-ml pretrain`.",
            )
        if (self.devices > 1 or self.nodes > 1) and recipe.search is not None:
            raise Problem(
                "Better settings are looked for in one process.",
                "Give --devices 1, or search beforehand by `parfocal-ml tune`.",
            )

    def _require_started(self) -> None:
        world = int(os.environ.get("WORLD_SIZE", "1"))
        if self.nodes > 1 and (not self.devices or world != self.devices * self.nodes):
            raise Problem(
                f"{self.nodes} computers with {self.devices} processes each were asked for, and {world} "
                f"{'was' if world == 1 else 'were'} started.",
                "Start the same command on each computer with torchrun, and name --devices: "
                "see “Training on many computers” in the documentation.",
            )


def end_others() -> None:
    """Let every process but the first end here, well: learning is done."""
    if not is_first():
        sys.exit(0)
