"""A recipe as the text of a TOML file: what `ml.train.toml_values` reads back as the same recipe."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any


def toml_of(recipe: Any, comment: str = "") -> str:
    """The text. What has its default is left out; `comment` stands above, each line behind a #."""
    head = [f"# {line}".rstrip() for line in comment.splitlines()]
    plain, tables = [], []
    for name, value in _given(recipe):
        if dataclasses.is_dataclass(value):
            tables += _table(f"[{name}]", _given(value))
        elif isinstance(value, Mapping):
            tables += _table(f"[{name}]", value.items())
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            for one in value:
                tables += _table(f"[[{name}]]", _given(one))
        else:
            plain.append(f"{name} = {_text(value)}")
    return "\n".join([*head, *plain, *tables]) + "\n"


def _given(made: Any) -> Iterator[tuple[str, Any]]:
    """Fields that are not what they would be anyway."""
    for item in dataclasses.fields(made):
        value = getattr(made, item.name)
        default = item.default
        if item.default_factory is not dataclasses.MISSING:
            default = item.default_factory()
        if value is not None and value != default:
            yield item.name, value


def _table(head: str, values: Any) -> list[str]:
    return ["", head, *(f"{_key(name)} = {_text(value)}" for name, value in values)]


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _text(name)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # its escapes are TOML's too
    if dataclasses.is_dataclass(value):  # a table within a table
        value = dict(_given(value))
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(name)} = {_text(one)}" for name, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_text, value))}]"
    return repr(value)
