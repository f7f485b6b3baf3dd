"""Making many objects at once without Python's search for circles among them."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

_MANY = 50_000  # objects


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Put off the search for circles of objects until the block ends.

    Annotations form none, and among millions of new objects that search, begun again and again, takes as long
    as making them. Where very many were made, all that is there is left out of later searches too: each would
    stop the window for seconds. `take_in_again` ends that.
    """
    was_on = gc.isenabled()
    gc.disable()
    before = gc.get_count()[0]
    try:
        yield
    finally:
        if gc.get_count()[0] - before > _MANY:
            gc.freeze()
        if was_on:
            gc.enable()


def left_out() -> bool:
    """Whether very many objects are left out of the search for circles."""
    return gc.get_freeze_count() > 10 * _MANY


def take_in_again() -> None:
    """Have the next search look at all objects there are: the very many are gone."""
    gc.unfreeze()
