"""A report that is being written: everything a person chose or typed, and nothing that can be worked out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from ml.draft.field import Field, Value, Values, answered, answers, fault_of, with_answer

Subject = Literal["slide", "ct"]
AUTO = "auto:"
"""Before the name of a figure that is drawn anew whenever it is needed."""

PICTURE = "picture:"
"""Before the SHA-256 of a picture that lies in the store."""


@dataclass(frozen=True)
class Section:
    """A part of a report. `key` tells it apart within its draft."""

    kind: ClassVar[str] = ""
    key: str
    title: str
    shown: bool = True


@dataclass(frozen=True)
class TextSection(Section):
    """Free text. `words` is the template's wording (Jinja2), `text` the person's own; None: as worded."""

    kind: ClassVar[str] = "text"
    words: str = ""
    text: str | None = None


@dataclass(frozen=True)
class FormSection(Section):
    """Synoptic fields and their answers."""

    kind: ClassVar[str] = "form"
    fields: tuple[Field, ...] = ()
    values: Values = ()


@dataclass(frozen=True)
class Figure:
    """One picture. `source` is "auto:heatmap", or "picture:" and a SHA-256; `caption` replaces its own."""

    source: str
    title: str = ""
    caption: str = ""
    shown: bool = True


@dataclass(frozen=True)
class FigureSection(Section):
    """Pictures in their order."""

    kind: ClassVar[str] = "figures"
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class TableSection(Section):
    """One table of the results: "classes", "boxes", "annotations", "findings", "measurements"."""

    kind: ClassVar[str] = "table"
    table: str = ""


@dataclass(frozen=True)
class ProvenanceSection(Section):
    """Where the numbers come from."""

    kind: ClassVar[str] = "provenance"


AnySection = TextSection | FormSection | FigureSection | TableSection | ProvenanceSection


@dataclass(frozen=True)
class Header:
    """The head of the first page. `logo` is the SHA-256 of a picture in the store, or empty."""

    title: str = ""
    hospital: str = ""
    logo: str = ""
    author: str = ""
    fields: tuple[Field, ...] = ()
    values: Values = ()


@dataclass(frozen=True)
class Missing:
    """A field that must be answered and is not, or whose answer cannot be right. Section "" is the header."""

    section: str
    field: str
    words: str


@dataclass(frozen=True)
class Draft:
    """The whole of it. Every edit gives another draft."""

    template: str
    subject: Subject
    header: Header = Header()
    sections: tuple[AnySection, ...] = ()

    def section(self, key: str) -> AnySection:
        """The section of this key. Raises `KeyError`."""
        for section in self.sections:
            if section.key == key:
                return section
        raise KeyError(key)

    def put(self, section: AnySection) -> Draft:
        """With the section of the same key replaced."""
        return replace(self, sections=tuple(section if s.key == section.key else s for s in self.sections))

    def reordered(self, keys: tuple[str, ...]) -> Draft:
        """With its sections in this order: all of their keys, each once. Raises `ValueError` otherwise."""
        if sorted(keys) != sorted(section.key for section in self.sections):
            raise ValueError("Not the sections of this draft")
        return replace(self, sections=tuple(self.section(key) for key in keys))

    def added(self, section: AnySection, place: int | None = None) -> Draft:
        """With one more section, at the end or before the one at `place`; its key is made free."""
        taken = {s.key for s in self.sections}
        numbers = range(2, len(taken) + 3)
        free = next(k for k in (section.key, *(f"{section.key}-{n}" for n in numbers)) if k not in taken)
        place = len(self.sections) if place is None else place
        new = replace(section, key=free)
        return replace(self, sections=(*self.sections[:place], new, *self.sections[place:]))

    def without(self, key: str) -> Draft:
        """With a section taken out."""
        return replace(self, sections=tuple(s for s in self.sections if s.key != key))

    def answer(self, key: str, name: str, value: Value) -> Draft:
        """With a field answered: of the form of this key, or of the header where it is empty."""
        if not key:
            values = with_answer(self.header.values, name, value)
            return replace(self, header=replace(self.header, values=values))
        form = self.section(key)
        assert isinstance(form, FormSection)
        return self.put(replace(form, values=with_answer(form.values, name, value)))

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What must still be answered, and what is answered wrongly, in the order of the report."""
        found = list(_missing("", "", self.header.fields, self.header.values))
        for section in self.sections:
            if isinstance(section, FormSection) and section.shown:
                found += _missing(section.key, section.title, section.fields, section.values)
        return tuple(found)

    @property
    def pictures(self) -> tuple[str, ...]:
        """SHA-256 of every picture of the store that it needs."""
        wanted = [self.header.logo] if self.header.logo else []
        for section in self.sections:
            if isinstance(section, FigureSection):
                kept = (f.source for f in section.figures if f.source.startswith(PICTURE))
                wanted += [source.removeprefix(PICTURE) for source in kept]
        return tuple(dict.fromkeys(wanted))

    def with_picture(self, sha256: str, title: str, caption: str = "") -> Draft:
        """With a picture of the store at the end of its first figures; their section is made if need be."""
        figure = Figure(f"{PICTURE}{sha256}", title, caption)
        for section in self.sections:
            if isinstance(section, FigureSection):
                return self.put(replace(section, figures=(*section.figures, figure)))
        return self.added(FigureSection("figures", "Pictures", figures=(figure,)), self._before_end())

    def _before_end(self) -> int:
        """The place before provenance, which closes a report."""
        last = self.sections and isinstance(self.sections[-1], ProvenanceSection)
        return len(self.sections) - int(bool(last))


def _missing(key: str, title: str, fields: tuple[Field, ...], values: Values) -> Iterator[Missing]:
    given = answers(values)
    for field in fields:
        value = given.get(field.name)
        where = f"{title}: {field.title}" if title else field.title
        fault = fault_of(field, value)
        if fault:
            yield Missing(key, field.name, f"{where}. {fault}")
        elif field.required and not answered(value):
            yield Missing(key, field.name, where)


def rebased(draft: Draft, on: Draft) -> Draft:
    """Another template's draft (`on`) with what was said already: answers by name, own texts, pictures."""
    old = {section.key: section for section in draft.sections}
    given = dict(draft.header.values)
    for section in draft.sections:
        if isinstance(section, FormSection):
            given |= dict(section.values)
    made = replace(
        on,
        header=replace(
            on.header,
            hospital=draft.header.hospital,
            logo=draft.header.logo,
            author=draft.header.author,
            values=_kept(on.header.fields, given),
        ),
        sections=tuple(_carried(section, old.get(section.key), given) for section in on.sections),
    )
    known = {section.key for section in on.sections}
    for section in draft.sections:
        if isinstance(section, FigureSection):
            for figure in section.figures:
                if figure.source.startswith(PICTURE):
                    sha256 = figure.source.removeprefix(PICTURE)
                    made = made.with_picture(sha256, figure.title, figure.caption)
        elif isinstance(section, TextSection) and section.text and section.key not in known:
            made = made.added(section, made._before_end())
    return made


def _carried(section: AnySection, old: AnySection | None, given: dict[str, Value]) -> AnySection:
    if isinstance(section, FormSection):
        return replace(section, values=_kept(section.fields, given))
    if isinstance(section, TextSection) and isinstance(old, TextSection):
        return replace(section, text=old.text)
    return section


def _kept(fields: tuple[Field, ...], given: dict[str, Value]) -> Values:
    """Answers that still fit."""
    return tuple(
        (field.name, given[field.name])
        for field in fields
        if field.name in given and not fault_of(field, given[field.name])
    )
