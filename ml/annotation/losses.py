"""What could not be carried from one form into another, gathered into few sentences."""

from __future__ import annotations

_SHOWN = 3


class Losses:
    """Gathers things that were lost; the same kind of loss is one sentence, however often it happened."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}
        self._more: dict[str, int] = {}

    def add(self, sentence: str, where: str = "") -> None:
        """Note one: a sentence without its full stop, and the thing or the place it happened to."""
        places = self._found.setdefault(sentence, [])
        if where and len(places) < _SHOWN:
            places.append(where)
        else:
            self._more[sentence] = self._more.get(sentence, 0) + 1

    def __bool__(self) -> bool:
        return bool(self._found)

    def sentences(self) -> tuple[str, ...]:
        """A sentence a kind, in the order in which they came first, naming the first three places."""
        return tuple(self._sentence(text, places) for text, places in self._found.items())

    def _sentence(self, text: str, places: list[str]) -> str:
        if not places:
            return f"{text}."
        more = self._more.get(text, 0)
        return f"{text} ({', '.join(places)}{f' and {more:,} more' if more else ''})."
