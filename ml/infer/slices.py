"""CT slices through a model: one answer each, series by series, in the order of their positions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ml.ct_picture import read_ct_picture
from ml.errors import Problem
from ml.infer.explain import Explainer, Floats
from ml.infer.pictures import Answer
from ml.model.network import Network
from ml.preparation import Bytes, Preparation
from ml.progress import Progress, Step
from ml.volume.ct_slice import CtSlice
from ml.volume.series import LeftOut, find_series

_BATCH = 32


def answer_slices(network: Network, path: Path, progress: Progress) -> Iterator[Answer]:
    """Answers for all CT slices of a folder, or for one file, whose neighbours are sought beside it.

    Files that cannot be read and scouts come last, each with its reason: nothing is left out in silence.
    Raises `Problem` where there is no DICOM, `Cancelled`.
    """
    how = network.card.preparation
    assert how is not None
    stacks, left_out = stacks_of(path, how, progress)
    for start in range(0, len(stacks), _BATCH):
        progress.check()
        progress.step(Step("Looking at slices", start, len(stacks)))
        yield from _batch(network, stacks[start : start + _BATCH], how)
    progress.step(Step("Looking at slices", len(stacks), len(stacks)))
    yield from (Answer(left.path, None, left.reason) for left in left_out)


def stacks_of(
    path: Path, how: Preparation, progress: Progress
) -> tuple[list[tuple[CtSlice, ...]], list[LeftOut]]:
    """Each slice of a folder (or of one file) among its neighbours, and files that are left out.

    Raises `Problem` where there is no DICOM, `Cancelled`.
    """
    found = find_series(path if path.is_dir() else path.parent, progress)
    stacks = [
        series.around(number, how.neighbours) for series in found.series for number in range(len(series))
    ]
    left_out = [*found.broken, *found.others]
    if not path.is_dir():
        stacks = [stack for stack in stacks if stack[len(stack) // 2].path == path]
        left_out = [left for left in left_out if left.path == path]
    if not stacks and not left_out:
        raise Problem(
            f"{path.name} holds no CT slices.", "Give a folder of DICOM files: the model looks at CT."
        )
    return stacks, left_out


def _batch(network: Network, stacks: Sequence[tuple[CtSlice, ...]], how: Preparation) -> Iterator[Answer]:
    read = [read_or_why(stack, how) for stack in stacks]
    pixels = [picture for picture in read if not isinstance(picture, str)]
    said = iter(network.probabilities(np.stack(pixels)) if pixels else ())
    for stack, picture in zip(stacks, read, strict=True):
        path = stack[len(stack) // 2].path
        yield Answer(path, None, picture) if isinstance(picture, str) else Answer(path, next(said))


def read_or_why(stack: Sequence[CtSlice], how: Preparation) -> Bytes | str:
    """The prepared picture, or in words why there is none."""
    try:
        return read_ct_picture(stack, how)[0]
    except Problem as problem:
        return problem.what


def explain_slice(
    explainer: Explainer, stack: Sequence[CtSlice], classes: Sequence[int]
) -> tuple[Floats, Floats]:
    """Probabilities (classes of the model,) of a slice, and raw Grad-CAM maps ≥ 0 over its own pixels.

    The maps are (len(classes), rows, columns): laid back through resize and crop, 0 outside the head.
    `stack` is the slice among its neighbours. Raises `Problem` where a file cannot be read.
    """
    how = explainer.network.card.preparation
    assert how is not None
    picture, frame = read_ct_picture(stack, how)
    maps = []
    probabilities = explainer.network.probabilities(picture[None])[0]
    for class_index in classes:
        cells = explainer.explain_patch(picture, class_index)
        maps.append(frame.laid_back(cells, how.size))
    return probabilities, np.stack(maps)
