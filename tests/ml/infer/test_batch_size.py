"""Out of memory: the batch is halved, the work goes on, and it is said."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ml.errors import ModelProblem
from ml.infer.batch_size import BatchSize
from ml.model.device import Device


class SmallCard:
    """Computes the mean of each patch, and has room for `room` of them."""

    def __init__(
        self, room: int, error: type[RuntimeError] = torch.OutOfMemoryError, text: str = "full"
    ) -> None:
        self.room, self.error, self.text = room, error, text
        self.sizes: list[int] = []

    def __call__(self, patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.sizes.append(len(patches))
        if len(patches) > self.room:
            raise self.error(self.text)
        return patches.mean(axis=(1, 2, 3), dtype=np.float32), np.float32(patches[:, 0, 0])


PATCHES = np.random.default_rng(0).integers(0, 256, (16, 4, 4, 3), dtype=np.uint8)
CARD = Device("cpu", "Small card")


@pytest.mark.parametrize("room", [1, 2, 3, 5, 16, 100])
def test_the_result_is_the_same_whatever_fits(room: int) -> None:
    size = BatchSize(16, CARD)
    means, corners = size.run(SmallCard(room), PATCHES)
    np.testing.assert_allclose(means, PATCHES.mean(axis=(1, 2, 3)), rtol=1e-6)
    np.testing.assert_array_equal(corners, PATCHES[:, 0, 0])
    assert size.size <= max(room, 1) or room >= 16
    assert ("halved" in size.note) == (room < 16)


def test_what_was_learnt_is_kept() -> None:
    size, card = BatchSize(16, CARD), SmallCard(5)
    size.run(card, PATCHES)
    assert card.sizes == [16, 8, 4, 4, 4, 4]
    assert size.note == "The batch was halved to 4: the memory of Small card did not suffice."
    size.run(card, PATCHES)
    assert card.sizes[6:] == [4, 4, 4, 4]


@pytest.mark.parametrize(
    "text", ["MPS backend out of memory (…)", "DefaultCPUAllocator: can't allocate memory"]
)
def test_other_devices_say_it_in_words(text: str) -> None:
    size = BatchSize(16, CARD)
    size.run(SmallCard(4, RuntimeError, text), PATCHES)
    assert size.size == 4


def test_not_even_one_patch() -> None:
    with pytest.raises(ModelProblem, match="memory of Small card does not suffice"):
        BatchSize(16, CARD).run(SmallCard(0), PATCHES)


def test_another_error_is_not_taken_for_it() -> None:
    with pytest.raises(RuntimeError, match="sizes of tensors"):
        BatchSize(16, CARD).run(SmallCard(4, RuntimeError, "sizes of tensors must match"), PATCHES)
