"""On how many devices a run learns, and which of its processes speaks."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any, Literal

import torch

from ml.errors import Problem
from ml.train.study_recipe import StudyRecipe


@dataclass(frozen=True)
class Machine:
    """Devices to learn on. With several, each has a process of its own, and `fit.batch` pictures at once.

    The same recipe then sees `devices` times as many pictures a step: halve `fit.batch` for two.
    """

    devices: int = 0  # graphics cards; on a CPU processes. 0: all graphics cards, else one process
    strategy: Literal["auto", "ddp"] = "auto"  # ddp: gradients are averaged over processes after each batch

    def trainer_words(self) -> dict[str, Any]:
        """What Lightning's trainer is told. Raises `Problem` where there are fewer devices."""
        cards = torch.cuda.device_count()
        if self.devices > cards > 0:
            raise Problem(f"There are {cards} graphics cards, not {self.devices}.", "Ask for fewer devices.")
        several = self.devices > 1 or (self.devices == 0 and cards > 1)
        strategy = "ddp" if several else self.strategy
        return {
            "accelerator": "auto",
            "devices": self.devices or "auto",
            "strategy": strategy,
            "sync_batchnorm": several
            and cards > 0,  # torch has none for a CPU: there each process has its own
        }

    def require_possible(self, recipe: StudyRecipe) -> None:
        """Raise `Problem` for what several processes cannot do together."""
        if self.devices > 1 and recipe.pretrain is not None:
            raise Problem(
                "Pre-training compares the pictures of a batch, and runs in one process.",
                "Give --devices 1, or pre-train beforehand by `parfocal-ml pretrain`.",
            )


def is_first() -> bool:
    """Whether this is the process that tells, measures and writes; of one process always."""
    return os.environ.get("LOCAL_RANK", "0") == "0"


def end_others() -> None:
    """Let every process but the first end here, well: learning is done."""
    if not is_first():
        sys.exit(0)
