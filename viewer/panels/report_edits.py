"""What a person does to a draft, as edits that can be taken back."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from ml.draft.draft import (
    AnySection,
    FigureSection,
    Header,
    ProvenanceSection,
    TableSection,
    TextSection,
)
from ml.draft.field import Value
from viewer.state.drafting import Drafting


class DraftEdits(QObject):
    """One method a wish of the editor's parts."""

    def __init__(self, drafting: Drafting, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._drafting = drafting

    def reorder(self, keys: tuple[str, ...]) -> None:
        """Sections in another order."""
        draft = self._drafting.draft.reordered(keys)
        if draft == self._drafting.draft:
            self._drafting.changed.emit(draft)  # dragged over the head: the list shows its own order again
        self._drafting.edit(draft, "Move section")

    def tick(self, key: str, shown: bool) -> None:
        """A section is printed, or left out."""
        draft = self._drafting.draft
        section: AnySection = replace(draft.section(key), shown=shown)
        self._drafting.edit(draft.put(section), "Print section" if shown else "Leave section out")

    def add(self, kind: str, table: str, after: str) -> str:
        """One more section after the one of this key, or at the top; its key."""
        made: dict[str, AnySection] = {
            "text": TextSection("text", "Text"),
            "figures": FigureSection("figures", "Pictures"),
            "table": TableSection(table, table.capitalize(), table=table),
            "provenance": ProvenanceSection("provenance", "Where the numbers come from"),
        }
        draft = self._drafting.draft
        place = [section.key for section in draft.sections].index(after) + 1 if after else 0
        added = draft.added(made[kind], place)
        self._drafting.edit(added, "Add section")
        return added.sections[place].key

    def take_out(self, key: str) -> None:
        """A section goes; the head stays."""
        if key:
            self._drafting.edit(self._drafting.draft.without(key), "Remove section")

    def put_header(self, header: Header, place: str) -> None:
        """Another head; typing in one place is one edit."""
        draft = replace(self._drafting.draft, header=header)
        self._drafting.edit(draft, "Type into the head", f"head {place}" if place else "")

    def put(self, section: AnySection, title: str, place: str) -> None:
        """A section with other contents."""
        self._drafting.edit(self._drafting.draft.put(section), title, place and f"{section.key} {place}")

    def answer(self, section: str, name: str, value: Value) -> None:
        """A field answered."""
        draft = self._drafting.draft.answer(section, name, value)
        self._drafting.edit(draft, "Answer", f"{section} {name}")
