"""Making many objects at once without Python's search for circles among them."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Put off the search for circles of objects until the block ends.

    Annotations form none, and among millions of new objects that search, begun again and again, takes as long
    as making them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
