"""Where in a template a thing stands: TOML itself forgets the lines when it is read."""

from __future__ import annotations

import re
from itertools import pairwise

from ml.errors import Problem

_TABLE = re.compile(r"\s*\[(?:\[)?\s*([\w.\s-]+?)\s*\](?:\])?")


class Lines:
    """The lines of one file, numbered from 1, cut where its tables begin."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._lines = text.splitlines()
        heads = [(number, self._head(number)) for number in range(1, len(self._lines) + 1)]
        self._heads = [(number, name) for number, name in heads if name]

    def fault(self, line: int, what: str) -> Problem:
        """A problem of this line."""
        return Problem(
            f"The template “{self._file}” is wrong in line {line}: {what}.",
            "Open the file in a text editor and mend that line.",
            file=self._file,
            line=line,
        )

    def top(self, key: str) -> int:
        """The line of a key before any table; 1 where it is not there."""
        first = self._heads[0][0] if self._heads else len(self._lines) + 1
        return self._find(key, 1, first) or self._head_of(key) or 1

    def header(self) -> int:
        """The line in which the header begins."""
        return next((n for n, name in self._heads if name.split(".")[0] == "header"), 1)

    def section(self, number: int, key: str) -> int:
        """The line of a key in the section of this number (from 0); the section's own where it is missing."""
        begins = [n for n, name in self._heads if name == "sections"]
        if number >= len(begins):
            return 1
        start = begins[number]
        return self._find(key, start + 1, self._end(start)) or start

    def field(self, section: int | None, number: int, key: str) -> int:
        """The same in a field of a section; of the header where `section` is None."""
        start, end, name = 1, len(self._lines) + 1, "header.fields"
        if section is not None:
            begins = [n for n, head in self._heads if head == "sections"] + [end]
            start, end, name = begins[section], begins[section + 1], "sections.fields"
        fields = [n for n, head in self._heads if head == name and start <= n < end]
        if number >= len(fields):
            return start
        return self._find(key, fields[number] + 1, self._end(fields[number])) or fields[number]

    def opens_block(self, line: int) -> bool:
        """Whether the text that begins in this line stands below it: after three quotes and a line end."""
        return self._lines[line - 1].rstrip().endswith(('"""', "'''"))

    def _head(self, number: int) -> str:
        found = _TABLE.match(self._lines[number - 1])
        return "" if found is None else found[1].replace(" ", "")

    def _head_of(self, key: str) -> int:
        return next((n for n, name in self._heads if name.split(".")[0] == key), 0)

    def _end(self, start: int) -> int:
        numbers = [number for number, _ in self._heads] + [len(self._lines) + 1]
        return next((after for before, after in pairwise(numbers) if before == start), numbers[-1])

    def _find(self, key: str, start: int, end: int) -> int:
        wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=") if key else None
        if wanted is None:
            return 0
        return next((n for n in range(start, end) if wanted.match(self._lines[n - 1])), 0)
