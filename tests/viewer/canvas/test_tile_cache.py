"""A budget of bytes that holds, and the tile unused longest goes first: checked against a plain model."""

from __future__ import annotations

from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QImage

from viewer.canvas.tile_cache import TileCache
from viewer.canvas.tiles import TileKey

EDGE = 16
BYTES = EDGE * EDGE * 4
steps = st.lists(
    st.tuples(st.sampled_from(["put", "get", "touch", "forget"]), st.integers(0, 11)), max_size=60
)


def key(number: int) -> TileKey:
    return TileKey(number % 2, 0, number, 0)


def tile() -> QImage:
    return QImage(EDGE, EDGE, QImage.Format.Format_RGB32)


@given(steps, st.integers(1, 6))
def test_like_a_plain_model(operations: list[tuple[str, int]], room: int) -> None:
    cache, model = TileCache(room * BYTES), OrderedDict[TileKey, None]()
    for what, number in operations:
        name = key(number)
        if what == "put":
            cache.put(name, tile())
            model.pop(name, None)
            model[name] = None
            while len(model) > room:
                model.popitem(last=False)
        elif what in {"get", "touch"}:
            found = cache.get(name) if what == "get" else cache.touch([name])
            assert what == "touch" or (found is not None) == (name in model)
            if name in model:
                model.move_to_end(name)
        else:
            cache.forget(number % 2)
            for old in [k for k in model if k.slide == number % 2]:
                del model[old]
        assert cache.bytes == len(model) * BYTES <= room * BYTES
        assert {key(n) for n in range(12) if key(n) in cache} == set(model)


def test_an_overview_stays() -> None:
    cache = TileCache(2 * BYTES)
    cache.put(key(0), tile(), pinned=True)
    for number in range(2, 10):
        cache.put(key(number), tile())
    assert key(0) in cache
    cache.forget(0)
    assert key(0) not in cache


def test_a_smaller_budget_takes_effect_at_once() -> None:
    cache = TileCache(10 * BYTES)
    for number in range(10):
        cache.put(key(number), tile())
    cache.set_budget(3 * BYTES)
    assert cache.bytes == 3 * BYTES
    assert all(key(number) in cache for number in (7, 8, 9))


@pytest.mark.parametrize("slide", [0, 1])
def test_unreadable_tiles_are_remembered_until_the_slide_goes(slide: int) -> None:
    cache = TileCache()
    name = TileKey(slide, 0, 3, 4)
    cache.mark_unreadable(name)
    assert cache.is_unreadable(name)
    cache.forget(1 - slide)
    assert cache.is_unreadable(name)
    cache.forget(slide)
    assert not cache.is_unreadable(name)
