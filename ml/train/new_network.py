"""A network as a recipe asks for it, before it learns."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ml.errors import Problem
from ml.model import architectures
from ml.model.begin import load_begun
from ml.model.features import head_of
from ml.model.pretrained import load_pretrained
from ml.train.lora import add_adapters
from ml.train.lora_plan import Lora
from ml.train.study_card import network_options
from ml.train.study_recipe import StudyRecipe


def network_for(
    recipe: StudyRecipe, size: tuple[int, int], data: Path | None = None
) -> tuple[nn.Module, str]:
    """A network as the recipe asks for, and where its first weights come from (empty: by chance).

    `size` is height and width in px of what it will see: networks that are tied to one are told.
    `network.begin` is looked for in `data`. Raises `Problem` where weights are missing or do not fit.
    """
    plan = recipe.network
    options = network_options(plan, size)
    module = _created(plan.architecture, len(recipe.task.classes), options)
    source = load_pretrained(module, plan.architecture) if plan.pretrained else plan.begin
    if plan.begin:
        load_begun(module, (data or Path()) / plan.begin, head_of(module))
    if plan.zero_head:
        for value in head_of(module).parameters():
            nn.init.zeros_(value)
    if plan.learns == "head":
        module.requires_grad_(False)
        head_of(module).requires_grad_(True)
    if plan.learns == "lora":
        add_adapters(module, plan.lora or Lora(), head_of(module), len(plan.mean), size)
    return module.to(memory_format=torch.channels_last), source


def _created(name: str, classes: int, options: Mapping[str, Any]) -> nn.Module:
    if not architectures.is_known(name):
        raise Problem(f"There is no network named {name}.", "Take a name of timm, or of our own list.")
    try:
        return architectures.create(name, classes, options)
    except (TypeError, ValueError, RuntimeError, AssertionError, KeyError, AttributeError) as error:
        raise Problem(
            f"The network {name} does not take the options {', '.join(options) or 'none'}: {error}.",
            "Mend network.options in the recipe, or what a search puts there.",
        ) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Lightning's advice is for programmers: it stays out of a person's way while the run goes on."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\..*")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
