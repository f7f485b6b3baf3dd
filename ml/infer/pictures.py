"""Whole pictures through a model: one answer each, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.errors import ModelProblem, Problem
from ml.model.network import Network
from ml.preparation import Bytes, Frame, Preparation, in_channels, prepared
from ml.progress import Progress, Step

_BATCH = 32


@dataclass(frozen=True, eq=False)
class Answer:
    """What the model says of one picture; of one that cannot be read, why."""

    path: Path
    probabilities: NDArray[np.float32] | None  # (classes,)
    problem: str = ""


def answer_pictures(network: Network, paths: Sequence[Path], progress: Progress) -> Iterator[Answer]:
    """Answers in the order of the paths. A broken picture is told, never replaced; the rest goes on.

    Raises `ModelProblem` for a model of patches of slides, `Cancelled`.
    """
    how = preparation_of(network)
    for start in range(0, len(paths), _BATCH):
        progress.check()
        progress.step(Step("Looking at pictures", start, len(paths)))
        batch = paths[start : start + _BATCH]
        read = [_read(path, how) for path in batch]
        pixels = [picture for picture in read if not isinstance(picture, str)]
        found = iter(network.probabilities(np.stack(pixels)) if pixels else ())
        for path, picture in zip(batch, read, strict=True):
            yield Answer(path, None, picture) if isinstance(picture, str) else Answer(path, next(found))
    progress.step(Step("Looking at pictures", len(paths), len(paths)))


def preparation_of(network: Network) -> Preparation:
    """How the model wants pictures. A model of patches takes a picture as if it were one patch."""
    card = network.card
    if card.preparation is not None:
        return card.preparation
    if len(card.mean) != 3:
        raise ModelProblem(f"The model “{card.title}” does not look at pictures.", "Choose another one.")
    return Preparation((card.patch_pixels, card.patch_pixels), fitting="cover")


def read_prepared(path: Path, how: Preparation) -> tuple[Bytes, Frame]:
    """A file as the network sees it, and the way back. Raises `Problem` when it cannot be read."""
    try:
        with Image.open(path) as image:
            return prepared(in_channels(image, how.channels), how)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = str(error).rstrip(".") or type(error).__name__
        raise Problem(f"{path.name} cannot be read: {reason}.", "Copy it anew.", path=path) from error


def _read(path: Path, how: Preparation) -> Bytes | str:
    """The prepared picture, or in words why there is none."""
    try:
        return read_prepared(path, how)[0]
    except Problem as problem:
        return problem.what
