"""Annotations in the person's hands: which are selected, and what is done with all of them at once."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from ml.annotation.document import Change
from ml.annotation.edits import given
from ml.annotation.shapes import Annotation
from ml.progress import Step
from viewer.actions.annotating import CLASS_KEYS
from viewer.actions.command import Bound
from viewer.main_window.annotation_edits import AnnotationEdits
from viewer.main_window.annotation_files import FilesOfAnnotations
from viewer.main_window.frame import Frame
from viewer.main_window.keeping import Keeping
from viewer.main_window.parts import Parts
from viewer.main_window.slides import Slides
from viewer.main_window.staining import Staining
from viewer.main_window.status_line import StatusLine
from viewer.main_window.viewing import Viewing
from viewer.state.annotated import Annotated
from viewer.state.classes import AnnotationClass
from viewer.state.opened import Opened


class Annotating(QObject):
    """Every edit of the selection is one `Change`, and can be undone in one step."""

    changed = Signal()  # a command may be possible now that was not, or the other way round
    refused = Signal(object)  # Problem

    def __init__(
        self, parts: Parts, frame: Frame, status: StatusLine, slides: Slides, viewing: Viewing
    ) -> None:
        super().__init__(frame)
        self.edits = AnnotationEdits(parts.session, frame, status, slides)
        self.files = FilesOfAnnotations(parts, frame, status, slides)
        self.keeping = Keeping(parts.session, frame)
        self.staining = Staining(parts, frame, status)
        for piece in (self.edits, self.files, self.keeping, self.staining):
            piece.changed.connect(self.changed)
            piece.refused.connect(self.refused)
        self._parts, self._frame, self._viewing, self._status = parts, frame, viewing, status
        parts.session.opened.connect(self._follow)
        self.classes = parts.session.classes
        self.classes.changed.connect(self.changed)
        self.classes.current_changed.connect(self.changed)
        frame.annotations.give_wished.connect(self.give)
        frame.annotations.classes.edited.connect(self._recolor)

    @property
    def opened(self) -> Annotated | None:
        """What is looked at and can be annotated."""
        return self._parts.session.slide

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.annotating` do."""
        take, has = partial(self._viewing.take, "select"), partial(self._viewing.has_tool, "select")
        bounds = {
            "select": Bound(take, partial(self._viewing.offers, "select"), has),
            "select_all": Bound(self.select_all, self.has_any),
            "select_none": Bound(self.select_none, self.has_selection),
            "select_others": Bound(self.select_others, self.has_any),
            "select_same": Bound(self.select_same, self.has_selection),
            "class_none": Bound(partial(self.give, None), self._on_slide, partial(self._is_given, "")),
        }
        for key in CLASS_KEYS:
            bounds[f"class_{key}"] = Bound(
                partial(self.give_on_key, key), partial(self._can_give, key), partial(self._is_given, key)
            )
        return (
            bounds
            | self.edits.bounds()
            | self.files.bounds()
            | self.keeping.bounds()
            | self.staining.bounds()
        )

    def has_any(self) -> bool:
        """Whether anything is drawn."""
        return self.opened is not None and len(self.opened.annotations) > 0

    def has_selection(self) -> bool:
        """Whether anything is selected."""
        return self.opened is not None and bool(self.opened.selection)

    def select_all(self) -> None:
        """Select everything that is shown."""
        if self.opened is not None:
            there = self.opened.annotations
            some = self.classes.hidden
            self.opened.select([one.id for one in there if self._shown(one)] if some else there.ids)

    def select_none(self) -> bool:
        """Select nothing; whether anything was selected."""
        had = self.has_selection()
        if self.opened is not None:
            self.opened.select(None)
        return had

    def select_others(self) -> None:
        """Select what is not selected now."""
        opened = self.opened
        if opened is not None:
            others = (a.id for a in opened.annotations if self._shown(a) and not opened.is_selected(a.id))
            opened.select(others)

    def select_same(self) -> None:
        """Select everything of the selected classes."""
        if self.opened is not None:
            wanted = {one.class_name for one in self.opened.selected_all}
            self.opened.select(a.id for a in self.opened.annotations if a.class_name in wanted)

    def give_on_key(self, key: str) -> None:
        """Give the class of a key."""
        if (found := self.classes.on_key(key)) is not None:
            self.give(found)

    def give(self, wanted: AnnotationClass | None) -> None:
        """Give a class to the selection (None takes it off); with nothing selected new shapes get it."""
        if self.has_selection():
            name, color = (wanted.name, wanted.color) if wanted is not None else ("", None)
            title = f"Class “{name}”" if name else "Take class off"
            self.change(title, class_name=name, color=color)
        else:
            self.classes.choose(wanted.name if wanted is not None else "")

    def _recolor(self, before: AnnotationClass | None, after: AnnotationClass) -> None:
        """A class got another name or colour: what has it follows, on every slide that is open."""
        if before is None or (before.name, before.color) == (after.name, after.color):
            return

        for opened in self._parts.session.slides:
            title = f"Class “{after.name}”"
            there = tuple(opened.annotations)
            same = partial(_follow, there, before, title, class_name=after.name, color=after.color)
            others = partial(_follow, there, before, title, class_name=after.name)
            opened.edit_many(same, len(there), title, partial(opened.edit_many, others, len(there), title))

    def change(self, title: str, **said: object) -> None:
        """Have all that is selected and not locked say this in these fields, in one step."""
        if self.opened is not None:
            chosen = self.opened.selected_all
            self.opened.edit_many(partial(given, chosen, title, **said), len(chosen), title)

    def _follow(self, opened: Opened) -> None:
        if isinstance(opened, Annotated):
            opened.wide.under_way.connect(self._tell_edit)

    def _tell_edit(self, title: str) -> None:
        """An edit of very many takes a moment, and the window goes on."""
        self._status.show_loading(Step(title, 0, 0) if title else None)

    def _shown(self, annotation: Annotation) -> bool:
        return annotation.class_name not in self.classes.hidden

    def _on_slide(self) -> bool:
        return self.opened is not None

    def _can_give(self, key: str) -> bool:
        return self.opened is not None and self.classes.on_key(key) is not None

    def _is_given(self, key: str) -> bool:
        """Whether new shapes get this class, or none."""
        current = self.classes.current
        return current is None if not key else current is not None and current.key == key


def _follow(
    annotations: tuple[Annotation, ...], before: AnnotationClass, title: str, **said: object
) -> Change | None:
    """What has a class says another name; and another colour, where `said` has one and it had the class's."""
    ours = [one for one in annotations if one.class_name == before.name]
    with_color = [one for one in ours if ("color" in said) == (one.color == before.color)]
    return given(with_color, title, **said)
