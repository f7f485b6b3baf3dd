"""How many patches the device takes at once, found out as it goes."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from ml.errors import ModelProblem
from ml.model.device import Device
from ml.model.network import Patches

_R = TypeVar("_R", bound=tuple[NDArray[np.float32], ...])


class BatchSize:
    """Starts with a size and halves it whenever the device runs out of memory. `note` says so, once told."""

    def __init__(self, size: int, device: Device) -> None:
        self.size = size
        self.note = ""
        self._device = device

    def run(self, compute: Callable[[Patches], _R], patches: Patches) -> _R:
        """`compute` on all patches, in as many parts as needed; the arrays it gives, put together again.

        Raises `ModelProblem` when the memory does not suffice for a single patch.
        """
        parts: list[_R] = []
        start = 0
        while start < len(patches):
            part = patches[start : start + self.size]
            try:
                parts.append(compute(part))
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            else:
                start += len(part)
                continue
            self._halve(len(part))  # outside of `except`, which keeps the failed tensors alive
        if len(parts) == 1:
            return parts[0]
        joined: _R = tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))  # type: ignore[assignment]
        return joined

    def _halve(self, failed: int) -> None:
        if failed == 1:
            raise ModelProblem(
                f"The memory of {self._device.name} does not suffice for this model.",
                "Close other programs that use it, or choose the CPU.",
            )
        self.size = failed // 2
        self.note = f"The batch was halved to {self.size}: the memory of {self._device.name} did not suffice."
        gc.collect()
        if self._device.kind.startswith("cuda"):
            torch.cuda.empty_cache()


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether torch says that memory ran out; on Apple's graphics and the CPU only the text tells."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    text = str(error)
    return "MPS backend out of memory" in text or "DefaultCPUAllocator" in text
