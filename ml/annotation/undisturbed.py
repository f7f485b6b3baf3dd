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
    stop the window for a second. `disturbed` takes them in again.
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


def disturbed() -> None:
    """Something large was closed: look for circles among all that is there again."""
    gc.unfreeze()
