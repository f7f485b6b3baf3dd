"""A draft as JSON and back, without loss."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from ml.draft.draft import (
    AnySection,
    Draft,
    Figure,
    FigureSection,
    FormSection,
    Header,
    ProvenanceSection,
    Subject,
    TableSection,
    TextSection,
)
from ml.draft.field import KINDS, Field, Values, value_of

SCHEMA = "parfocal-report-draft"
VERSION = 1
_SECTIONS = {
    kind.kind: kind for kind in (TextSection, FormSection, FigureSection, TableSection, ProvenanceSection)
}
_SUBJECTS: tuple[Subject, ...] = ("slide", "ct")


def to_json(draft: Draft) -> str:
    """The draft as a text that any program can read. Equal drafts give equal text."""
    body = dataclasses.asdict(draft)
    for told, section in zip(body["sections"], draft.sections, strict=True):
        told["kind"] = section.kind
    head = {"schema": SCHEMA, "schema_version": VERSION}
    return json.dumps(head | body, ensure_ascii=False, indent=1, allow_nan=False)


def from_json(text: str) -> Draft:
    """The draft of a text. Raises `ValueError` where it holds none, or one of a later version."""
    try:
        told = json.loads(text)
        if told["schema"] != SCHEMA or told["schema_version"] > VERSION:
            raise ValueError("It is no draft that this version knows.")
        subject = told["subject"]
        if subject not in _SUBJECTS:
            raise ValueError(f"{subject!r} is nothing to report on.")
        sections = tuple(_section(part) for part in told["sections"])
        if len({section.key for section in sections}) < len(sections):
            raise ValueError("Two sections have the same key.")
        return Draft(_text(told["template"]), subject, _header(told["header"]), sections)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"It is no whole draft: {error}") from error


def _section(told: Mapping[str, Any]) -> AnySection:
    common: Any = {"key": _text(told["key"]), "title": _text(told["title"]), "shown": bool(told["shown"])}
    kind = _SECTIONS[told["kind"]]
    if kind is TextSection:
        text = told["text"]
        return TextSection(**common, words=_text(told["words"]), text=None if text is None else _text(text))
    if kind is FormSection:
        return FormSection(**common, fields=_fields(told["fields"]), values=_values(told["values"]))
    if kind is FigureSection:
        return FigureSection(**common, figures=tuple(_figure(one) for one in told["figures"]))
    if kind is TableSection:
        return TableSection(**common, table=_text(told["table"]))
    return ProvenanceSection(**common)


def _header(told: Mapping[str, Any]) -> Header:
    words = {name: _text(told[name]) for name in ("title", "hospital", "logo", "author")}
    return Header(**words, fields=_fields(told["fields"]), values=_values(told["values"]))


def _figure(told: Mapping[str, Any]) -> Figure:
    words = {name: _text(told[name]) for name in ("source", "title", "caption")}
    return Figure(**words, shown=bool(told["shown"]))


def _fields(told: list[Mapping[str, Any]]) -> tuple[Field, ...]:
    made = []
    for one in told:
        if one["kind"] not in KINDS:
            raise ValueError(f"{one['kind']!r} is no kind of field.")
        options = tuple(_text(option) for option in one["options"])
        made.append(Field(**{**one, "options": options}))
    return tuple(made)


def _values(told: list[list[Any]]) -> Values:
    return tuple((_text(name), value_of(value)) for name, value in told)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
