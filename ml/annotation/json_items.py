"""JSON read item by item, so that a list of any length needs no more memory than its longest item."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

_CHUNK = 1 << 20
_SPACE = " \t\n\r"
# An item that is cut off by the end of what was read so far looks wrong near this end, or begins a string.
_NEAR_END = 16


class NoJson(ValueError):  # noqa: N818 - becomes a problem of the file
    """The text is no JSON; the message says where."""


class JsonItems:
    """Reads one JSON document from a function that hands out its text in pieces ("" at the end).

    `of_list(key)` goes through the list under a key of the outermost object, or through the outermost list
    itself; afterwards `rest` holds the other keys of the object, or the whole document where it had no such
    list. Raises `NoJson`, also for numbers that are too long and nesting that is too deep.
    """

    def __init__(self, read: Callable[[int], str]) -> None:
        self.rest: object = {}
        self.line = 1
        self._read = read
        self._text, self._at, self._ended = "", 0, False
        self._column_from = 0  # where in the buffer the line began, negative where it began before it
        self._decoder = json.JSONDecoder()

    def of_list(self, key: str) -> Iterator[object]:
        """The items, one by one."""
        if self._peek() == "[":
            self.rest = []
            yield from self._items()
        elif self._peek() == "{":
            yield from self._members(key)
        else:
            self.rest = self._value()
        if self._peek():
            raise self._wrong("Extra data", self._at)

    def _members(self, key: str) -> Iterator[object]:
        rest: dict[str, object] = {}
        self._at += 1
        if self._peek() == "}":
            self._at += 1
            self.rest = rest
            return
        while True:
            name = self._value() if self._peek() == '"' else None
            if not isinstance(name, str):
                raise self._wrong("Expecting property name enclosed in double quotes", self._at)
            self._expect(":")
            if name == key and self._peek() == "[":
                rest[name] = []  # says that there was a list
                self.rest = rest
                yield from self._items()
            else:
                rest[name] = self._value()
            if self._next("}") == "}":
                self.rest = rest
                return

    def _items(self) -> Iterator[object]:
        self._at += 1
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if self._next("]") == "]":
                return

    def _next(self, closing: str) -> str:
        """The comma or the closing bracket after an item."""
        sign = self._peek()
        if sign not in {",", closing} or not sign:
            raise self._wrong("Expecting ',' delimiter", self._at)
        self._at += 1
        return sign

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise self._wrong(f"Expecting '{sign}' delimiter", self._at)
        self._at += 1

    def _peek(self) -> str:
        """The next character that is no space, "" at the end of the text."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def _value(self) -> object:
        self._peek()
        size = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.pos >= len(self._text) - _NEAR_END or error.msg.startswith("Unterminated")
                if self._ended or not cut:
                    raise self._wrong(error.msg, error.pos) from error
            except (ValueError, RecursionError) as error:
                raise NoJson("a number in it is too long, or it is nested too deeply") from error
            else:
                if end < len(self._text) or self._ended:  # a number may go on in the next piece
                    self._at = end
                    return value
            self._more(size)
            size *= 2  # so that a long item is looked at few times only

    def _more(self, size: int = _CHUNK) -> bool:
        """Read on, and forget what was dealt with."""
        done, self._text = self._text[: self._at], self._text[self._at :]
        lines = done.count("\n")
        self.line += lines
        self._column_from = done.rfind("\n") + 1 - len(done) if lines else self._column_from - len(done)
        self._at = 0
        piece = self._read(size)
        self._ended = not piece
        self._text += piece
        return bool(piece)

    def _wrong(self, message: str, at: int) -> NoJson:
        before = self._text[:at]
        lines = before.count("\n")
        column = at - before.rfind("\n") if lines else at - self._column_from + 1
        return NoJson(f"it is no JSON: line {self.line + lines}, column {column}, {message}")
