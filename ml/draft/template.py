"""Templates: TOML files that say which sections a report has, what is asked, and how it is worded."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml import paths
from ml.draft.draft import (
    AUTO,
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
from ml.draft.field import KINDS, Field, fault_of, value_of
from ml.draft.template_lines import Lines
from ml.draft.wording import check_words
from ml.errors import Problem

FIGURES: dict[Subject, tuple[str, ...]] = {
    "slide": ("slide", "region", "heatmap", "gradcam", "boxes", "top boxes"),
    "ct": ("curves", "key slices"),
}
"""Figures that are drawn by themselves."""

TABLES: dict[Subject, tuple[str, ...]] = {
    "slide": ("classes", "boxes", "annotations"),
    "ct": ("classes", "findings", "measurements"),
}
_SUBJECTS: dict[str, Subject] = {"slide": "slide", "ct": "ct"}
_TOP = {"title", "about", "subject", "heading", "header", "sections"}
_SECTION = {
    "text": {"key", "title", "kind", "shown", "words"},
    "form": {"key", "title", "kind", "shown", "fields"},
    "figures": {"key", "title", "kind", "shown", "figures"},
    "table": {"key", "title", "kind", "shown", "table"},
    "provenance": {"key", "title", "kind", "shown"},
}
_FIELD = {
    *("name", "title", "type", "unit", "required", "options"),
    *("least", "most", "other", "help", "default"),
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Template:
    """A template as it was read; `draft` is the report that it begins with."""

    name: str
    title: str
    about: str
    subject: Subject
    draft: Draft
    own: bool  # the person's, not the program's


def own_folder() -> Path:
    """Where the person's own templates lie; made when missing."""
    folder = paths.data() / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def templates(subject: Subject | None = None) -> tuple[tuple[Template, ...], tuple[Problem, ...]]:
    """All templates, or those for slides or CT, and what is wrong with the files that are none.

    The program's come first; one of the person's replaces one of the program's with the same file name.
    """
    found: dict[str, Template] = {}
    problems = []
    for folder, own in ((paths.resources() / "report" / "templates", False), (own_folder(), True)):
        for path in sorted(folder.glob("*.toml")):
            try:
                template = read_template(path, own=own)
            except Problem as problem:
                problems.append(problem)
            else:
                found[template.name] = template
    kept = (t for t in found.values() if subject is None or t.subject == subject)
    return tuple(kept), tuple(problems)


def read_template(path: Path, *, own: bool = True) -> Template:
    """A template of a file. Raises `Problem`, which names the file, the line, and what is wrong there."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"The template “{path.name}” cannot be read.", "Save it as UTF-8.") from error
    return parse_template(text, path.name, own=own)


def parse_template(text: str, file: str, *, own: bool = True) -> Template:
    """A template of a text; `file` is what a `Problem` calls it."""
    lines = Lines(text, file)
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines())
        raise lines.fault(line, str(error).split(" (at")[0]) from error
    reader = _Reader(lines, Path(file).stem)
    return reader.template(told, own=own)


class _Reader:
    """Goes through a template; every fault is told with its line."""

    def __init__(self, lines: Lines, name: str) -> None:
        self._lines, self._name = lines, name

    def template(self, told: Mapping[str, Any], *, own: bool) -> Template:
        self._known(told, _TOP, self._lines.top)
        title = self._text(told, "title", self._lines.top("title"), needed=True)
        subject = _SUBJECTS.get(self._text(told, "subject", self._lines.top("subject"), needed=True))
        if subject is None:
            raise self._lines.fault(self._lines.top("subject"), "subject is “slide” or “ct”")
        head = told.get("header", {})
        self._known(head, {"fields"}, lambda _: self._lines.header())
        heading = self._text(told, "heading", self._lines.top("heading")) or title
        header = Header(title=heading)
        fields, values = self._fields(head.get("fields", []), None)
        header = Header(title=heading, fields=fields, values=values)
        sections = tuple(self._section(n, one, subject) for n, one in enumerate(told.get("sections", [])))
        if not sections:
            raise self._lines.fault(1, "it has no [[sections]]")
        keys = [section.key for section in sections]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                raise self._lines.fault(
                    self._lines.section(number, "key"), f"“{key}” is the key of two sections"
                )
        about = self._text(told, "about", self._lines.top("about"))
        return Template(self._name, title, about, subject, Draft(self._name, subject, header, sections), own)

    def _section(self, number: int, told: Mapping[str, Any], subject: Subject) -> AnySection:
        def line(key: str) -> int:
            return self._lines.section(number, key)

        kind = self._text(told, "kind", line("kind"), needed=True)
        if kind not in _SECTION:
            raise self._lines.fault(line("kind"), f"kind is one of {', '.join(_SECTION)}")
        self._known(told, _SECTION[kind], line)
        key = self._text(told, "key", line("key"), needed=True)
        if not _NAME.fullmatch(key):
            raise self._lines.fault(line("key"), "a key has small letters, digits and _ only")
        shown = told.get("shown", True)
        if not isinstance(shown, bool):
            raise self._lines.fault(line("shown"), "shown is true or false")
        title = self._text(told, "title", line("title"), needed=True)
        if kind == "text":
            words = self._text(told, "words", line("words"))
            self._words(words, line("words"))
            return TextSection(key, title, shown, words)
        if kind == "form":
            return FormSection(key, title, shown, *self._fields(told.get("fields", []), number))
        if kind == "figures":
            chosen = self._among(told.get("figures", []), FIGURES[subject], line("figures"))
            return FigureSection(key, title, shown, tuple(Figure(f"{AUTO}{name}") for name in chosen))
        if kind == "table":
            (table,) = self._among([told.get("table")], TABLES[subject], line("table"))
            return TableSection(key, title, shown, table)
        return ProvenanceSection(key, title, shown)

    def _words(self, words: str, line: int) -> None:
        fault = check_words(words)
        if fault is not None:
            first = line + int(self._lines.opens_block(line))
            raise self._lines.fault(first + fault[0] - 1, fault[1])

    def _among(self, told: Any, known: tuple[str, ...], line: int) -> tuple[str, ...]:
        if not isinstance(told, list) or any(one not in known for one in told):
            raise self._lines.fault(line, f"there are {', '.join(f'“{one}”' for one in known)}")
        return tuple(told)

    def _fields(self, told: Any, section: int | None) -> tuple[tuple[Field, ...], Any]:
        if not isinstance(told, list):
            raise self._lines.fault(self._lines.field(section, 0, ""), "fields are written as [[….fields]]")
        made: list[Field] = []
        values = []
        for number, one in enumerate(told):
            field = self._field(section, number, one)
            if any(field.name == other.name for other in made):
                line = self._lines.field(section, number, "name")
                raise self._lines.fault(line, f"“{field.name}” is the name of two fields")
            made.append(field)
            if "default" in one:
                values.append((field.name, self._default(field, one["default"], section, number)))
        return tuple(made), tuple(values)

    def _default(self, field: Field, told: Any, section: int | None, number: int) -> Any:
        line = self._lines.field(section, number, "default")
        try:
            value = value_of(told)
        except TypeError as error:
            raise self._lines.fault(line, "the default is no answer") from error
        fault = fault_of(field, value)
        if fault:
            raise self._lines.fault(line, f"the default does not fit: {fault}")
        return value

    def _field(self, section: int | None, number: int, told: Mapping[str, Any]) -> Field:
        def line(key: str) -> int:
            return self._lines.field(section, number, key)

        self._known(told, _FIELD, line)
        name = self._text(told, "name", line("name"), needed=True)
        if not _NAME.fullmatch(name):
            raise self._lines.fault(line("name"), "a name has small letters, digits and _ only")
        kind = self._text(told, "type", line("type")) or "text"
        known = next((one for one in KINDS if one == kind), None)
        if known is None:
            raise self._lines.fault(line("type"), f"type is one of {', '.join(KINDS)}")
        options = told.get("options", [])
        if not isinstance(options, list) or any(not isinstance(o, str) or not o.strip() for o in options):
            raise self._lines.fault(line("options"), "options are a list of words")
        if (known in {"choice", "multi"}) != bool(options):
            raise self._lines.fault(
                line("options"), "a choice needs options" if not options else f"a {known} has no options"
            )
        flags = {key: told.get(key, False) for key in ("required", "other")}
        for key, value in flags.items():
            if not isinstance(value, bool):
                raise self._lines.fault(line(key), f"{key} is true or false")
        bounds: Any = {key: self._number(told, key, line(key)) for key in ("least", "most")}
        words: Any = {key: self._text(told, key, line(key)) for key in ("unit", "help")}
        title = self._text(told, "title", line("title")) or name.replace("_", " ").capitalize()
        return Field(name, title, known, options=tuple(options), **words, **flags, **bounds)

    def _number(self, told: Mapping[str, Any], key: str, line: int) -> float | None:
        value = told.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._lines.fault(line, f"{key} is a number")
        return float(value)

    def _text(self, told: Mapping[str, Any], key: str, line: int, *, needed: bool = False) -> str:
        value = told.get(key, "")
        if not isinstance(value, str):
            raise self._lines.fault(line, f"{key} is a text in quotes")
        if needed and not value.strip():
            raise self._lines.fault(line, f"{key} is missing")
        return value

    def _known(self, told: Any, known: set[str], line: Any) -> None:
        if not isinstance(told, Mapping):
            raise self._lines.fault(line(""), "this is no table of keys and values")
        for key in told:
            if key not in known:
                raise self._lines.fault(
                    line(key), f"“{key}” is not known here; known: {', '.join(sorted(known))}"
                )
