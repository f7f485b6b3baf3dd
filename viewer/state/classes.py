"""The classes that a person gives to annotations: name, colour, key; and the one that new shapes get."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from ml.annotation.feature import class_color
from ml.annotation.shapes import Annotation, Color
from viewer.settings import Settings

PART = ": "
"""What stands between the parts of a class: "Tumor: Positive" is a class below "Tumor", as in QuPath."""

KEYS = tuple("123456789")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AnnotationClass:
    """One class. `key` is a digit: Alt and this digit give the class; empty for none."""

    name: str
    color: Color
    key: str = ""

    @property
    def parent(self) -> str:
        """The class above it, empty at the top."""
        return self.name.rpartition(PART)[0]

    @property
    def own_name(self) -> str:
        """The last part of its name."""
        return self.name.rpartition(PART)[2]

    @property
    def depth(self) -> int:
        """How many classes stand above it."""
        return self.name.count(PART)


DEFAULTS = (  # Okabe and Ito's colours: told apart by eyes that see no red or no green
    AnnotationClass("Tumor", (213, 94, 0), "1"),
    AnnotationClass("Stroma", (0, 158, 115), "2"),
    AnnotationClass("Immune cells", (86, 180, 233), "3"),
    AnnotationClass("Necrosis", (204, 121, 167), "4"),
    AnnotationClass("Normal tissue", (0, 114, 178), "5"),
    AnnotationClass("Artefact", (240, 228, 66), "6"),
)


class ClassList(QObject):
    """The classes in their order, children below their parents. Kept in the settings where there are some."""

    changed = Signal()  # another list, other colours, or others are hidden
    current_changed = Signal(object)  # AnnotationClass, or None

    def __init__(self, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.items: tuple[AnnotationClass, ...] = DEFAULTS
        self.hidden: frozenset[str] = frozenset()
        self.current: AnnotationClass | None = None  # new shapes get it
        if settings is not None and settings.classes:
            self.items = _read(settings.classes)

    def find(self, name: str) -> AnnotationClass | None:
        """A class by its name."""
        return next((one for one in self.items if one.name == name), None)

    def on_key(self, key: str) -> AnnotationClass | None:
        """The class that a key gives."""
        return next((one for one in self.items if key and one.key == key), None)

    @property
    def colors(self) -> dict[str, Color]:
        """The colour of each."""
        return {one.name: one.color for one in self.items}

    def color_of(self, name: str) -> Color:
        """The colour of a class, also of one that is not in the list."""
        found = self.find(name)
        return class_color(name) if found is None else found.color

    def put(self, changed: AnnotationClass, instead_of: str = "") -> None:
        """Add a class, or have it take the place of another. A key that it takes is taken from others."""
        name = instead_of or changed.name
        items = [
            replace(one, key="") if one.key and one.key == changed.key and one.name != name else one
            for one in self.items
            if one.name == name or one.name != changed.name
        ]
        if any(one.name == name for one in items):
            items = [changed if one.name == name else one for one in items]
        else:
            items.append(changed)
        was_current = self.current is not None and self.current.name == name
        self._set(items)
        if was_current:
            self.choose(changed.name)

    def remove(self, name: str) -> None:
        """Take a class off the list; annotations keep it."""
        self._set(one for one in self.items if one.name != name)
        if self.current is not None and self.current.name == name:
            self.choose("")

    def learn(self, colors: Mapping[str, Color | None]) -> None:
        """Add classes that a file or a model brings along; those known keep their colour."""
        known = {one.name for one in self.items}
        new = [
            AnnotationClass(name, color or class_color(name))
            for name, color in colors.items()
            if name and name not in known
        ]
        if new:
            self._set((*self.items, *new))

    def choose(self, name: str) -> None:
        """Have new shapes get this class; with an empty name, none."""
        chosen = self.find(name) if name else None
        if chosen != self.current:
            self.current = chosen
            self.current_changed.emit(chosen)

    def show(self, name: str, shown: bool) -> None:
        """Show or hide the annotations of a class; an empty name means those without one."""
        hidden = self.hidden - {name} if shown else self.hidden | {name}
        if hidden != self.hidden:
            self.hidden = hidden
            self.changed.emit()

    def dressed(self, annotation: Annotation) -> Annotation:
        """A new annotation with the current class and its colour, where there is one."""
        if self.current is None:
            return annotation
        return replace(annotation, class_name=self.current.name, color=self.current.color)

    def _set(self, items: Iterable[AnnotationClass]) -> None:
        self.items = _below_parents(items)
        if self._settings is not None:
            self._settings.classes = json.dumps([[one.name, *one.color, one.key] for one in self.items])
        self.changed.emit()


def _below_parents(items: Iterable[AnnotationClass]) -> tuple[AnnotationClass, ...]:
    """The classes as they stand, but each family together, and its parent first."""
    ranks: dict[str, int] = {}
    places: dict[str, tuple[int, ...]] = {}
    listed = tuple(items)
    for one in listed:
        parts = one.name.split(PART)
        line = [PART.join(parts[:end]) for end in range(1, len(parts) + 1)]
        places[one.name] = tuple(ranks.setdefault(above, len(ranks)) for above in line)
    return tuple(sorted(listed, key=lambda one: places[one.name]))


def _read(text: str) -> tuple[AnnotationClass, ...]:
    """The classes as the settings have them; the defaults where they cannot be read."""
    try:
        items = []
        for name, red, green, blue, key in json.loads(text):
            color = (int(red) & 255, int(green) & 255, int(blue) & 255)
            items.append(AnnotationClass(str(name), color, key if key in KEYS else ""))
        return tuple(items)
    except (ValueError, TypeError) as error:
        _log.warning("The classes in the settings cannot be read: %s", error)
        return DEFAULTS
