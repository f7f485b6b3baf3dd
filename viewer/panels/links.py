"""Connections to something that is looked at for a while: made together, dropped together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Links:
    """The signals a panel follows on the slide or the findings that it shows at the moment."""

    def __init__(self) -> None:
        self._links: list[tuple[Any, Callable[..., object]]] = []

    def follow(self, signal: Any, slot: Callable[..., object]) -> None:
        """Connect, and remember it."""
        signal.connect(slot)
        self._links.append((signal, slot))

    def drop(self) -> None:
        """Disconnect everything."""
        for signal, slot in self._links:
            signal.disconnect(slot)
        self._links.clear()
