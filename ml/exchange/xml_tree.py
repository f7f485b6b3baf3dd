"""XML as a plain tree that knows its lines; documents that declare entities are refused."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from ml.annotation.packed import reading
from ml.annotation.rings import FARTHEST
from ml.errors import Problem
from ml.exchange.contract import wrong
from ml.geometry import Point


@dataclass(slots=True)
class Element:
    """One element: its name, attributes, line in the file, and the elements inside. Text is not kept."""

    tag: str
    said: Mapping[str, str]
    line: int
    inner: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> Iterator[Element]:
        """The elements of this name right inside."""
        return (element for element in self.inner if element.tag == tag)

    def below(self, *tags: str) -> Iterator[Element]:
        """All elements that this way of names leads to: `below("Regions", "Region")`."""
        for element in self.all(tags[0]):
            if len(tags) > 1:
                yield from element.below(*tags[1:])
            else:
                yield element

    def get(self, name: str, default: str = "") -> str:
        """An attribute."""
        return self.said.get(name, default)


class NotANumber(ValueError):  # noqa: N818 - becomes a problem of the file
    """A coordinate that is none; the message says which, in which line."""


def read_xml(path: Path, title: str) -> Element:
    """The outermost element of a file. Raises `Problem`, naming the line, for what is no XML."""
    top = Element("", {}, 0)
    open_ones = [top]
    parser = expat.ParserCreate()

    def start(tag: str, said: dict[str, str]) -> None:
        element = Element(tag, said, parser.CurrentLineNumber)
        open_ones[-1].inner.append(element)
        open_ones.append(element)

    def refuse(*_: object) -> None:
        where = f"line {parser.CurrentLineNumber} declares an entity, which annotations never need"
        raise wrong(path.name, title, where)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_ones.pop()
    parser.EntityDeclHandler = refuse
    with reading(path) as file:
        try:
            parser.ParseFile(file)
        except expat.ExpatError as error:
            where = f"line {error.lineno}, column {error.offset + 1}: {expat.ErrorString(error.code)}"
            raise wrong(path.name, title, where) from error
        except (LookupError, ValueError) as error:  # an encoding that Python or expat does not know
            raise wrong(path.name, title, f"line 1: {error}") from error
    return top.inner[0]


def point_of(element: Element) -> Point:
    """The place that the attributes X and Y name. Raises `NotANumber`."""
    numbers = []
    for key in ("X", "Y"):
        text = element.get(key)
        try:
            number = float(text.replace(",", "."))  # some programs write as their country does
        except ValueError:
            number = math.nan
        if not -FARTHEST <= number <= FARTHEST:
            raise NotANumber(f"line {element.line}: {key}=“{text[:40]}” is no number of pixels")
        numbers.append(number)
    return Point(numbers[0], numbers[1])


def quoted(text: str) -> str:
    """A text as an attribute's value, between quotes. Characters that XML cannot hold become �."""
    shown = "".join(sign if is_xml(sign) else "\ufffd" for sign in text)
    for sign, name in _ESCAPED:
        shown = shown.replace(sign, name)
    return f'"{shown}"'


def is_xml(sign: str) -> bool:
    """Whether XML 1.0 can hold a character."""
    return (sign >= " " and not ("\ud800" <= sign <= "\udfff" or sign in "\ufffe\uffff")) or sign in "\t\n\r"


def attributes(**said: object) -> str:
    """Attributes as they stand in a start tag, with a space before each."""
    return "".join(f" {name}={quoted(str(value))}" for name, value in said.items())


def problem_of(error: Exception, path: Path, title: str) -> Problem:
    """What was wrong in the file, with its name."""
    return wrong(path.name, title, str(error))


_ESCAPED = (
    ("&", "&amp;"),
    ("<", "&lt;"),
    (">", "&gt;"),
    ('"', "&quot;"),
    ("\t", "&#9;"),
    ("\n", "&#10;"),
    ("\r", "&#13;"),
)
