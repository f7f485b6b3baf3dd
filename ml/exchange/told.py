"""A long row of annotations that says how far whoever goes through it has come, and can be stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import overload

from ml.annotation.shapes import Annotation
from ml.progress import Progress, Step

_AT_ONCE = 2048  # annotations between two words


class Told(Sequence[Annotation]):
    """The same annotations. Going through them tells steps, and raises `Cancelled` where stop is wished."""

    def __init__(self, annotations: Sequence[Annotation], progress: Progress, phase: str) -> None:
        self._annotations, self._progress, self._phase = annotations, progress, phase

    def __len__(self) -> int:
        return len(self._annotations)

    @overload
    def __getitem__(self, index: int) -> Annotation: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Annotation]: ...
    def __getitem__(self, index: int | slice) -> Annotation | Sequence[Annotation]:
        return self._annotations[index]

    def __iter__(self) -> Iterator[Annotation]:
        began = time.monotonic()
        for start in range(0, len(self), _AT_ONCE):
            self._progress.check()
            self._progress.step(Step(self._phase, start, len(self), time.monotonic() - began))
            yield from self._annotations[start : start + _AT_ONCE]
