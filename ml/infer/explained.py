"""Grad-CAM of whole pictures and CT slices, laid back over their own pixels through resize and crop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ml.ct_picture import cached
from ml.errors import Problem
from ml.infer.explain import Explainer, Floats
from ml.infer.pictures import preparation_of, read_prepared
from ml.infer.slices import explain_slice, stacks_of
from ml.preparation import Bytes, in_channels
from ml.progress import Progress, Step
from ml.volume.window import Window, windowed

PHASE = "Explaining"


@dataclass(frozen=True, eq=False)
class Explained:
    """One picture: what a person sees, what the model says, and where it saw what speaks for each class."""

    path: Path
    pixels: Bytes  # (height, width, 3)
    probabilities: Floats  # (classes of the model,)
    maps: Floats  # (classes asked for, height, width): raw and ≥ 0; 0 where the model saw nothing


@dataclass(frozen=True)
class Unread:
    """A file that cannot be read, and why."""

    path: Path
    why: str


def explain_pictures(
    explainer: Explainer, paths: Sequence[Path], classes: Sequence[int], progress: Progress
) -> Iterator[Explained | Unread]:
    """One by one, in the order of the paths. Raises `ModelProblem`, `Cancelled`."""
    how = preparation_of(explainer.network)
    for number, path in enumerate(paths):
        progress.check()
        progress.step(Step(PHASE, number, len(paths)))
        try:
            picture, frame = read_prepared(path, how)
            with Image.open(path) as image:
                pixels = in_channels(image, "rgb")
        except Problem as problem:
            yield Unread(path, problem.what)
            continue
        found = [explainer.explain(picture[None], index) for index in classes]
        maps = np.stack([frame.laid_back(cells[0], how.size) for _, cells in found])
        yield Explained(path, pixels, found[0][0][0], maps)


def explain_slices(
    explainer: Explainer, path: Path, classes: Sequence[int], progress: Progress
) -> Iterator[Explained | Unread]:
    """The slices of a folder, or of one file, series by series; a person sees the model's first window.

    Raises `Problem` where there is no DICOM, `Cancelled`.
    """
    how = preparation_of(explainer.network)
    stacks, left_out = stacks_of(path, how, progress)
    window = Window(*how.windows[0])
    for number, stack in enumerate(stacks):
        progress.check()
        progress.step(Step(PHASE, number, len(stacks)))
        middle = stack[len(stack) // 2]
        try:
            probabilities, maps = explain_slice(explainer, stack, classes)
            grey = np.round(windowed(cached(middle), [window]) * 255).astype(np.uint8)
        except Problem as problem:
            yield Unread(middle.path, problem.what)
            continue
        yield Explained(middle.path, np.repeat(grey, 3, axis=-1), probabilities, maps)
    yield from (Unread(left.path, left.reason) for left in left_out)
