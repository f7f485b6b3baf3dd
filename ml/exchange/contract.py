"""What every format promises: what reading gives, what writing tells, and what both may know of the slide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ml.annotation.shapes import Annotation, Color
from ml.errors import Problem
from ml.geometry import Size, Spacing


@dataclass(frozen=True)
class About:
    """What is known of the slide that was annotated; no format needs all of it.

    `size` is that of level 0 and `spacing` that of its pixels; `dicom` are files (or a folder of files) of
    the slide itself, which DICOM annotations refer to.
    """

    name: str = ""
    size: Size | None = None
    spacing: Spacing | None = None
    dicom: Path | None = None


@dataclass(frozen=True)
class Read:
    """What a file holds: annotations in level-0 px, the colours of its classes, and what was left out.

    `left_out` says in a sentence each what the file holds and `annotations` does not: empty when all came.
    """

    annotations: tuple[Annotation, ...]
    classes: Mapping[str, Color] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    format: str = ""


@dataclass(frozen=True)
class Written:
    """A file that was written, and in a sentence each what the annotations hold and the file does not."""

    path: Path
    lost: tuple[str, ...] = ()
    format: str = ""


@dataclass(frozen=True)
class Document:
    """What is to be written: annotations, the colours of their classes, and their slide."""

    annotations: Sequence[Annotation]
    classes: Mapping[str, Color] = field(default_factory=dict)
    about: About = About()


@dataclass(frozen=True)
class Format:
    """One format: how it is called, how a file of it begins, and how it is read and written.

    `recognises` gets the first bytes of a file (unpacked). `read` raises `Problem`; `write` gets the path to
    write to and the name that the file will have, gives the sentences of `Written.lost`, and raises `Problem`
    or `OSError`.
    """

    id: str
    title: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    read: Callable[[Path, About], Read]
    write: Callable[[Document, Path, str], Iterable[str]]


def wrong(name: str, title: str, where: str) -> Problem:
    """A file that is not what it claims to be: `where` says the line or the element, and what is wrong."""
    return Problem(
        f"“{name}” is not {title} that can be read: {where}.",
        "Export it anew from where it comes from.",
        file=name,
        place=where,
    )
