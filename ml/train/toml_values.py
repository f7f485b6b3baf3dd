"""Frozen dataclasses out of TOML; unknown keys, wrong kinds and missing values name their place."""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

from ml.errors import Problem

Kind = TypeVar("Kind")


class Wrong(Exception):  # noqa: N818
    """Which key is wrong, in words."""


def read_toml(path: Path, kind: type[Kind], fault: Callable[[Kind], str] = lambda _: "") -> Kind:
    """A file as a dataclass. Raises `Problem` that names the file, the key and what is wrong with it.

    `fault` says what of the whole cannot be true at once; empty when nothing.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Problem(f"The recipe {path.name} is not there.", "Check its path.") from None
    except UnicodeDecodeError as error:
        raise Problem(f"The recipe {path.name} is not valid TOML: {error}.", "Mend that line.") from None
    made = from_toml(text, kind, f"The recipe {path.name}")
    if reason := fault(made):
        raise Problem(f"The recipe {path.name} contradicts itself: {reason}.", "Mend it.")
    return made


def from_toml(text: str, kind: type[Kind], what: str) -> Kind:
    """A text as a dataclass. Raises `Problem` that says of `what` which key is wrong and why."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"{what} is not valid TOML: {error}.", "Mend that line.") from None
    try:
        made: Kind = _made(kind, raw, "")
    except Wrong as wrong:
        raise Problem(f"{what} cannot be used: {wrong}.", "Mend that line.") from None
    return made


def _made(kind: Any, raw: object, place: str) -> Any:
    """A value of the wished type out of what TOML gives."""
    if dataclasses.is_dataclass(kind):
        return _made_dataclass(kind, raw, place)
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType or origin is typing.Union:  # "… | None": TOML has no None
        return _made(next(part for part in inner if part is not type(None)), raw, place)
    if origin is tuple:
        return _made_tuple(inner, raw, place)
    _check(kind, raw, place)
    return float(typing.cast(float, raw)) if kind is float else raw


def _check(kind: Any, raw: object, place: str) -> None:
    """Whether a value is one of the words, a table, or of the plain kind that is wished for."""
    origin = typing.get_origin(kind)
    if kind is Any:
        return
    if origin is Literal:
        if raw not in typing.get_args(kind):
            raise Wrong(f"{place} is {raw!r}, not one of {', '.join(map(str, typing.get_args(kind)))}")
    elif origin is not None:  # Mapping
        if not isinstance(raw, dict):
            raise Wrong(f"{place} is not a table")
    else:
        plain = int | float if kind is float else kind
        if not isinstance(raw, plain) or (isinstance(raw, bool) and kind is not bool):
            raise Wrong(f"{place} is {raw!r}, not of the kind {kind.__name__}")


def _made_dataclass(kind: Any, raw: object, place: str) -> Any:
    if not isinstance(raw, dict):
        raise Wrong(f"{place or 'the file'} is not a table")
    hints = typing.get_type_hints(kind)
    fields = {item.name: item for item in dataclasses.fields(kind)}
    for key in raw:
        if key not in fields:
            raise Wrong(f"{_joined(place, key)} is not known; known are {', '.join(fields)}")
    for name, item in fields.items():
        required = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        if required and name not in raw:
            raise Wrong(f"{_joined(place, name)} is missing")
    return kind(**{key: _made(hints[key], value, _joined(place, key)) for key, value in raw.items()})


def _made_tuple(inner: tuple[Any, ...], raw: object, place: str) -> tuple[Any, ...]:
    if not isinstance(raw, list):
        raise Wrong(f"{place} is not a list")
    if inner[-1] is Ellipsis:
        return tuple(_made(inner[0], value, f"{place}[{n}]") for n, value in enumerate(raw))
    if len(raw) != len(inner):
        raise Wrong(f"{place} has {len(raw)} values, not {len(inner)}")
    return tuple(_made(kind, value, place) for kind, value in zip(inner, raw, strict=True))


def _joined(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
