"""Which slides (or places of one slide, in two views) were aligned with which, and how."""

from __future__ import annotations

from collections import deque
from weakref import WeakKeyDictionary

from viewer.canvas.link import Link


class Alignments:
    """Links that a person made; forgotten with what they link.

    What belongs together by way of a third slide belongs together.
    """

    def __init__(self) -> None:
        self._links = WeakKeyDictionary[object, WeakKeyDictionary[object, Link]]()

    def put(self, one: object, other: object, link: Link) -> None:
        """Say how places of one slide become places of the other; what was said before is gone."""
        self._links.setdefault(one, WeakKeyDictionary())[other] = link
        self._links.setdefault(other, WeakKeyDictionary())[one] = link.inverse()

    def find(self, one: object, other: object) -> Link | None:
        """The link from one slide to the other, by as few others as possible; None where there is none."""
        found = {one: Link()}
        waiting = deque([one])
        while waiting and other not in found:
            here = waiting.popleft()
            for there, link in dict(self._links.get(here, {})).items():
                if there not in found:
                    found[there] = found[here].then(link)
                    waiting.append(there)
        return found.get(other)

    def forget(self, slide: object) -> None:
        """Drop what was said of a slide."""
        for there in list(self._links.pop(slide, {})):
            del self._links[there][slide]
