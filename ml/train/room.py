"""What a training takes of the computer, and what it does when that becomes too much: it waits, or ends."""

from __future__ import annotations

import math
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from ml.errors import Problem
from ml.memory import memory
from ml.progress import Progress, Step
from ml.report.words import SPACE

WAITING = "Waiting for room"
"""The phase of a training that waits."""

_GB = 2**30
_LEAST_DISK = _GB // 2  # below it the training is told to wait
_LITTLE_DISK = 2 * _GB
_LEAST_MEMORY = 0.04  # share of what there is below which the training is told to wait
_LITTLE_MEMORY = 0.1  # share of what there is
_LAST_MEMORY = 0.015  # share below which it ends: the system would soon kill whatever is largest
_EVERY = 1.0  # s between two looks
_PATIENCE = 600.0  # s that it waits for room


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
                "computer goes on answering. Close other programs, and it goes on. Or stop and keep, and "
                "choose fewer pictures, or fewer pictures at once (“batch” in “Method”, all settings)."
            )
        if self.disk_full:
            left = _gb(self.disk_free)
            return f"The disk is nearly full ({left} left): the training waits. Make room, and it goes on."
        if self.disk_free < _LITTLE_DISK:
            return f"Little room is left on the disk: {_gb(self.disk_free)}."
        if self.memory_free < _LITTLE_MEMORY * self.memory_whole:
            return f"The computer's memory is nearly used up ({_gb(self.memory_free)} left): close programs."
        return ""

    def end(self) -> Problem:
        """That the training has ended for want of room, and what to do."""
        kept = "What was learned is kept, pass by pass: begin again, and it goes on."
        if self.memory_full:
            what = f"The memory is full ({_gb(self.memory_free)} of {_gb(self.memory_whole)} left)"
            mend = "Close other programs, or choose a smaller batch or fewer pictures."
        else:
            what, mend = f"The disk is nearly full ({_gb(self.disk_free)} left)", "Make room."
        return Problem(f"{what}: the training has ended before the computer stood still.", f"{mend} {kept}")

    def in_words(self) -> str:
        """What is taken and left."""
        return f"memory {_gb(self.memory_used)}, {_gb(self.disk_free)} free on the disk"


class Guard:
    """Called by a training wherever it may stop, in whatever window or none: waits there until there is room.

    Raises `Problem` where none comes, or where memory goes on shrinking: ended, it gives back its own;
    `Cancelled` where a stop is wished meanwhile.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        self._folder, self._progress = folder, progress
        self._looked = -math.inf

    def __call__(self) -> None:
        """Look, not more often than is needed."""
        if time.monotonic() - self._looked < _EVERY:
            return
        found = self._look()
        if not found.must_wait:
            return
        until = time.monotonic() + _PATIENCE
        self._progress.step(Step(WAITING, 0, 0, note=found.warning()))
        while found.must_wait:
            if found.memory_free < _LAST_MEMORY * found.memory_whole or time.monotonic() > until:
                raise found.end()
            time.sleep(_EVERY)  # to stand still is what it is for; a stop is heard below
            self._progress.check()
            found = self._look()

    def _look(self) -> Resources:
        self._looked = time.monotonic()
        return resources_of(self._folder, psutil.Process().memory_info().rss)


def resources_of(folder: Path, memory_used: int) -> Resources:
    """As they are now; a folder that is not there counts by the one above it."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    there = memory()
    return Resources(shutil.disk_usage(folder).free, memory_used, there.free, there.whole)


def _gb(size: int) -> str:
    return f"{size / _GB:.1f}{SPACE}GB"
