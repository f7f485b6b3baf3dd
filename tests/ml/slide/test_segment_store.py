"""Kept tiles: bounded, decoded once, and never lost to an error."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.slide.segment_store import SegmentStore
from ml.slide.slide import Pixels


def tile(value: int, edge: int = 10) -> Pixels:
    return np.full((edge, edge, 3), value, dtype=np.uint8)


@given(keys=st.lists(st.integers(0, 12), max_size=60), room=st.integers(4, 8))
def test_it_never_holds_more_than_it_may_and_never_the_wrong_tile(keys: list[int], room: int) -> None:
    store = SegmentStore(room * 300)
    lately: list[int] = []
    for key in keys:
        decoded: list[int] = []

        def decode(key: int = key, decoded: list[int] = decoded) -> Pixels:
            decoded.append(key)
            return tile(key)

        pixels = store.get((0, 0, key), decode)
        assert (pixels == key).all()
        assert not pixels.flags.writeable
        assert bool(decoded) == (key not in lately[-room:])
        lately = [*(k for k in lately if k != key), key]
        assert store.bytes == 300 * len(lately[-room:])


def test_a_tile_that_many_want_is_decoded_once() -> None:
    store = SegmentStore()
    begun, go_on, times = threading.Event(), threading.Event(), []

    def decode() -> Pixels:
        times.append(1)
        begun.set()
        go_on.wait(10)
        return tile(7)

    seen: list[Pixels] = []
    threads = [threading.Thread(target=lambda: seen.append(store.get((1, 0, 5), decode))) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(times) == 1
    assert len(seen) == 5
    assert all(pixels is seen[0] for pixels in seen)


def test_who_waits_for_a_tile_that_fails_is_told_so() -> None:
    store = SegmentStore()
    begun, go_on = threading.Event(), threading.Event()

    def fail() -> Pixels:
        begun.set()
        go_on.wait(10)
        raise OSError("unreadable")

    told: list[str] = []

    def want() -> None:
        try:
            store.get((1, 0, 5), fail)
        except OSError as error:
            told.append(str(error))

    threads = [threading.Thread(target=want) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    go_on.set()
    for thread in threads:
        thread.join()
    assert told == ["unreadable"] * 3
    assert (store.get((1, 0, 5), lambda: tile(3)) == 3).all()


def test_what_is_too_large_is_not_kept_and_a_closed_slide_leaves() -> None:
    store = SegmentStore(10_000)
    store.get((1, 0, 0), lambda: tile(1, 40))  # 4,800 bytes are more than a quarter
    assert store.bytes == 0
    store.get((1, 0, 1), lambda: tile(1))
    store.get((2, 0, 1), lambda: tile(2))
    store.forget(1)
    assert store.bytes == 300
    assert store.peek((1, 0, 1)) is None
    with pytest.raises(ZeroDivisionError):
        store.get((1, 0, 1), lambda: tile(1 // 0))
