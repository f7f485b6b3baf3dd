"""What a training takes of the computer, and when that becomes too much."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from ml.report.words import SPACE

_GB = 2**30
_LEAST_DISK = _GB // 2  # below it the training is told to wait
_LITTLE_DISK = 2 * _GB
_LEAST_MEMORY = 0.04  # share of what there is below which the training is told to wait
_LITTLE_MEMORY = 0.1  # share of what there is


@dataclass(frozen=True)
class Resources:
    """Bytes: what is free on the disk of the training, what it takes of the memory, what is left of that."""

    disk_free: int
    memory_used: int
    memory_free: int
    memory_whole: int

    @property
    def disk_full(self) -> bool:
        """Whether the disk is about to be full."""
        return self.disk_free < _LEAST_DISK

    @property
    def memory_full(self) -> bool:
        """Whether the computer would soon swap memory to the disk, and answer nobody."""
        return self.memory_free < _LEAST_MEMORY * self.memory_whole

    @property
    def must_wait(self) -> bool:
        """Whether the training has to wait for room."""
        return self.disk_full or self.memory_full

    def warning(self) -> str:
        """What becomes scarce, in a sentence; empty where nothing does."""
        if self.memory_full:
            return (
                f"The memory is full ({_gb(self.memory_free)} left): the training waits, so that the "
                "computer goes on answering. Close other programs, then continue. Or stop and keep, and "
                "choose fewer pictures, or fewer pictures at once (“batch” in “Method”, all settings)."
            )
        if self.disk_full:
            return f"The disk is nearly full ({_gb(self.disk_free)} left). Make room, then continue."
        if self.disk_free < _LITTLE_DISK:
            return f"Little room is left on the disk: {_gb(self.disk_free)}."
        if self.memory_free < _LITTLE_MEMORY * self.memory_whole:
            return f"The computer's memory is nearly used up ({_gb(self.memory_free)} left): close programs."
        return ""

    def in_words(self) -> str:
        """What is taken and left."""
        return f"memory {_gb(self.memory_used)}, {_gb(self.disk_free)} free on the disk"


def resources_of(folder: Path, memory_used: int) -> Resources:
    """As they are now; a folder that is not there counts by the one above it."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    memory = psutil.virtual_memory()
    free = shutil.disk_usage(folder).free
    return Resources(free, memory_used, int(memory.available), int(memory.total))


def _gb(size: int) -> str:
    return f"{size / _GB:.1f}{SPACE}GB"
