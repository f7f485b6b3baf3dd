"""Cuts planes through volumes in the background; of several wishes for one view only the newest counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from ml.volume.reformat import Plane
from ml.volume.resampling import Slab
from ml.volume.volume import Volume
from viewer.work.background import Background


@dataclass(frozen=True, eq=False)
class Reformat:
    """A plane and its values: int16 HU, rounded, (rows, columns)."""

    plane: Plane
    values: NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Wish:
    """A plane that somebody wants to see."""

    volume: Volume
    plane: Plane
    thickness: float
    slab: Slab
    done: Callable[[Reformat], None]
    failed: Callable[[BaseException], None]


class Reformatting(QObject):
    """`wish` under a key replaces what was wished under it before and has not begun."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("reformatting", self)
        self._wishes: dict[object, Wish] = {}
        self._busy = False

    def wish(self, key: object, wish: Wish) -> None:
        """Have a plane cut; its `done` is called in the window's thread."""
        self._wishes[key] = wish
        self._next()

    def forget(self, key: object) -> None:
        """Nobody wants it any more."""
        self._wishes.pop(key, None)

    def close(self) -> None:
        """Cut nothing more."""
        self._wishes.clear()
        self._thread.close()

    def _next(self) -> None:
        if self._busy or not self._wishes:
            return
        key = next(iter(self._wishes))
        wish = self._wishes.pop(key)
        self._busy = True

        def told(reformat: Reformat) -> None:
            self._busy = False
            wish.done(reformat)
            self._next()

        def failed(error: BaseException) -> None:
            self._busy = False
            wish.failed(error)
            self._next()

        self._thread.submit(lambda: cut(wish), told, failed)


def cut(wish: Wish) -> Reformat:
    """One plane, now."""
    from ml.volume.reformat import resample

    values = resample(wish.volume, wish.plane, wish.thickness, wish.slab)
    return Reformat(wish.plane, np.clip(np.rint(values), -32768, 32767).astype(np.int16))
