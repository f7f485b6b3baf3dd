"""A handful of patches looked at before a run: is this tissue like what the model was trained on?"""

from __future__ import annotations

import numpy as np

from ml.infer.batch_size import BatchSize
from ml.infer.loader import Block, read_block
from ml.infer.ready import ReadyModel
from ml.infer.run import Wishes, plan
from ml.progress import Progress
from ml.results.likeness import Likeness
from ml.results.scores import likeness_of
from ml.slide.slide import KnownSpacing, Slide

_SEED = 17  # the same region gives the same patches


def foretaste(
    slide: Slide, spacing: KnownSpacing, model: ReadyModel, wishes: Wishes, most: int, progress: Progress
) -> Likeness | None:
    """How many of up to `most` patches with tissue, spread over the region, are unlike the training data.

    None where the model does not know. Raises `Problem`s, `Cancelled` when a stop is wished.
    """
    if model.recognition is None:
        return None
    grid, _ = plan(slide, spacing, model.network, wishes, progress)
    card = model.network.card
    rows, columns = np.nonzero(grid.kept)
    if not len(rows):
        return Likeness(0, 0)
    drawn = np.random.default_rng(_SEED).permutation(len(rows))[:most]
    one = np.ones((1, 1), dtype=np.bool_)
    patches = []
    for n in drawn:
        progress.check()
        block = Block(int(rows[n]), int(columns[n]), one)
        patches.append(read_block(slide, grid, block, card.read_as).patches)
    progress.check()
    recognition, size = model.recognition, BatchSize(most, model.network.device)
    (found,) = size.run(lambda seen: (recognition.strangeness(seen),), np.concatenate(patches))
    return likeness_of(found)
