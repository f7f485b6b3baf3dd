"""Reads tiles in background threads, the ones wished for most first."""

from __future__ import annotations

import itertools
import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from ml.errors import Problem, SlideGone
from ml.slide.shown_slide import ShownSlide
from ml.slide.slide import Pixels, Slide
from viewer.canvas.reachable import Files, State
from viewer.canvas.tile_cache import TileCache
from viewer.canvas.tile_reading import read_display_tile
from viewer.canvas.tiles import DisplayPyramid, TileKey

_NICENESS = 5  # of the reader threads, so that the thread that paints comes first


@dataclass(frozen=True)
class Arrival:
    """News of tiles: what is in the cache now, and what the file could not give."""

    tiles: frozenset[TileKey]
    problems: tuple[tuple[TileKey, Problem], ...] = ()
    gone: frozenset[TileKey] = frozenset()  # not given because the file itself is not there


@dataclass(frozen=True)
class _Entry:
    """A slide that tiles are read from. Held weakly: the loader keeps no file open."""

    slide: weakref.ref[Slide]
    pyramid: DisplayPyramid
    path: Path
    files: Files


@dataclass(frozen=True)
class _Gone:
    """A tile that could not be read because its file is not there."""

    problem: Problem


class TileLoader(QObject):
    """A few threads and one list of wishes for each view, which the view replaces whole at every move.

    Call everything from the UI thread. Tiles come into the cache in the UI thread too, then `arrived` tells
    every view, many tiles at a time. Threads sleep while there is nothing to wish for.
    """

    arrived = Signal(object)  # Arrival
    returned = Signal(object)  # frozenset of slide numbers whose tiles may be asked for again
    file_gone = Signal(object, object)  # Path of a slide, Problem; once until it is back
    _outbox_filled = Signal()

    def __init__(self, cache: TileCache, threads: int = 2, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cache = cache
        self._entries: dict[int, _Entry] = {}
        self._numbers = itertools.count(1)
        self._condition = threading.Condition()
        self._wishes: dict[object, deque[TileKey]] = {}  # by view; the one that moved last comes last
        self._busy: set[TileKey] = set()  # being read, or read and not yet taken over
        self._outbox: list[tuple[TileKey, QImage | Problem | _Gone]] = []
        self._away: set[Path] = set()  # slides whose files are gone
        self._closed = False
        self._outbox_filled.connect(self._take_over, Qt.ConnectionType.QueuedConnection)
        self._threads = [
            threading.Thread(target=self._work, name=f"tile reader {n + 1}", daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def number(self, slide: Slide) -> int:
        """The number under which tiles of a slide are known; a new one when it is new."""
        for number, entry in list(self._entries.items()):
            known = entry.slide()
            if known is slide:
                return number
            if known is None:
                self._drop(number)
        number = next(self._numbers)
        path = slide.info.path
        known_files = (entry.files for entry in self._entries.values() if entry.path == path)
        files = next(known_files, None)  # another look at the slide: its files may be gone at this moment
        if files is None:
            files = Files.of(slide.files or (path,))
        with self._condition:
            pyramid = DisplayPyramid.of(slide.info)
            self._entries[number] = _Entry(weakref.ref(slide), pyramid, path, files)
        return number

    def pyramid(self, number: int) -> DisplayPyramid:
        """The display pyramid of a slide."""
        return self._entries[number].pyramid

    def wish(self, view: object, keys: Iterable[TileKey]) -> None:
        """Replace everything a view wished for, best first. What is here or on its way is left out."""
        with self._condition:
            self._wishes.pop(view, None)
            missing = [
                key
                for key in keys
                if key not in self._busy and key not in self.cache and not self.cache.is_unreadable(key)
            ]
            if missing and not self._closed:
                self._wishes[view] = deque(missing)
                self._condition.notify_all()

    def prefer(self, view: object) -> None:
        """Read what this view wishes for before what others do: a hand is on it."""
        with self._condition:
            keys = self._wishes.pop(view, None)
            if keys is not None:
                self._wishes[view] = keys

    def forget(self, slide: Slide) -> None:
        """A slide is about to be closed: drop its tiles and wishes. Tiles being read just now are lost."""
        for number, entry in list(self._entries.items()):
            known = entry.slide()
            if known is None or root_of(known) is slide or entry.path == slide.info.path:
                self._drop(number)
        self._away.discard(slide.info.path)

    def state(self, path: Path) -> State:
        """Whether the files of a slide are there. Asks the disk: not from the UI thread."""
        states = {entry.files.state() for entry in list(self._entries.values()) if entry.path == path}
        return "gone" if "gone" in states else "other" if "other" in states else "here"

    def retry(self, path: Path) -> None:
        """The files of a slide are back: its unreadable tiles may be asked for again."""
        self._away.discard(path)
        numbers = [number for number, entry in self._entries.items() if entry.path == path]
        for number in numbers:
            self.cache.forget_unreadable(number)
        self.returned.emit(frozenset(numbers))

    def close(self) -> None:
        """Stop and join the threads. May be called twice."""
        with self._condition:
            self._closed = True
            self._wishes.clear()
            self._condition.notify_all()
        for thread in self._threads:
            thread.join()

    def _drop(self, number: int) -> None:
        with self._condition:
            del self._entries[number]
            for view, keys in list(self._wishes.items()):
                self._wishes[view] = deque(key for key in keys if key.slide != number)
        self.cache.forget(number)

    def _take_over(self) -> None:
        """In the UI thread: put what has come into the cache and tell the views."""
        with self._condition:
            news = [(key, found) for key, found in self._outbox if key.slide in self._entries]
            done = {key for key, _ in self._outbox}
            self._outbox.clear()
            self._busy -= done
            for view, keys in list(self._wishes.items()):
                self._wishes[view] = deque(key for key in keys if key not in done)
        tiles, problems = set(), []
        for key, found in news:
            if isinstance(found, _Gone):
                self.cache.mark_unreadable(key)
                self._tell_gone(key, found.problem)
            elif isinstance(found, Problem):
                self.cache.mark_unreadable(key)
                problems.append((key, found))
            else:
                self.cache.put(key, found, pinned=key.level == self.pyramid(key.slide).overview)
                tiles.add(key)
        if news:
            unreadable = frozenset(key for key, found in news if isinstance(found, _Gone))
            self.arrived.emit(Arrival(frozenset(tiles), tuple(problems), unreadable))

    def _tell_gone(self, key: TileKey, problem: Problem) -> None:
        path = self._entries[key.slide].path
        if path not in self._away:
            self._away.add(path)
            self.file_gone.emit(path, problem)

    def _work(self) -> None:
        """In a reader thread, until closed."""
        _step_back()
        while (key := self._next()) is not None:
            entry = self._entries.get(key.slide)
            slide = entry.slide() if entry is not None else None
            if entry is None or slide is None:
                found: QImage | Problem | _Gone = Problem("The slide was closed.")
            else:
                found = _read(slide, entry, key)
            del slide
            with self._condition:
                self._outbox.append((key, found))
                first = len(self._outbox) == 1
                if self._closed:
                    return
            if first:  # one message takes over everything that has come until it is heard
                self._outbox_filled.emit()

    def _next(self) -> TileKey | None:
        """Wait for the best wish; None when closed."""
        with self._condition:
            while not self._closed:
                for view in reversed(list(self._wishes)):
                    keys = self._wishes[view]
                    while keys:
                        key = keys.popleft()
                        if key not in self._busy:
                            self._busy.add(key)
                            return key
                    del self._wishes[view]
                self._condition.wait()
            return None


def _read(slide: Slide, entry: _Entry, key: TileKey) -> QImage | Problem | _Gone:
    """In a reader thread: the tile, or why there is none."""
    for attempt in range(2):
        try:
            return to_image(read_display_tile(slide, entry.pyramid, key))
        except Problem as problem:
            if entry.files.state() != "here":
                return _Gone(problem)
            if attempt or not isinstance(problem, SlideGone):
                return problem
    raise AssertionError("never here")


def root_of(slide: Slide) -> Slide:
    """The slide of the file under all looks."""
    while isinstance(slide, ShownSlide):
        slide = slide.slide
    return slide


def to_image(pixels: Pixels) -> QImage:
    """A picture of its own in the format that is painted fastest: 32 bit, no transparency."""
    height, width = pixels.shape[:2]
    borrowed = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB888)
    return borrowed.convertToFormat(QImage.Format.Format_RGB32)


def _step_back() -> None:
    """Lower the priority of the calling thread where the system lets us."""
    if sys.platform == "linux":  # niceness belongs to a thread here, to the whole process elsewhere
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
    elif sys.platform == "win32":
        import ctypes

        below_normal = -1
        kernel = ctypes.windll.kernel32
        kernel.SetThreadPriority(kernel.GetCurrentThread(), below_normal)
