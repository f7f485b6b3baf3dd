"""The annotations of one slide, and the one door through which they change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ml.annotation.places import Places
from ml.annotation.shapes import Annotation


@dataclass(frozen=True)
class Change:
    """One edit: what goes, what comes, and what to call it ("Draw rectangle") in Undo."""

    removed: tuple[Annotation, ...]
    added: tuple[Annotation, ...]
    title: str

    def inverse(self) -> Change:
        """The edit that undoes this one."""
        return Change(self.added, self.removed, self.title)


@dataclass(frozen=True)
class Ready:
    """A document as it will be after an edit: `AnnotationDocument.ready` makes it, `take` makes it so."""

    change: Change
    edits: int  # of the document that it was made from
    annotations: dict[str, Annotation]
    places: Places


class AnnotationDocument:
    """Annotations in the order in which they were drawn. Every edit is a `Change` through `apply`.

    An edit of very many is made `ready` in another thread, and is there at once with `take`.
    `places` says where they lie. Nobody goes on with an iteration over an edit: who needs all of them
    elsewhere (in another thread) takes a tuple first.
    """

    def __init__(self) -> None:
        self.places = Places()
        self.edits = 0  # that were carried out
        self._annotations: dict[str, Annotation] = {}
        self._listeners: list[Callable[[Change], None]] = []

    def __iter__(self) -> Iterator[Annotation]:
        return iter(self._annotations.values())

    def __len__(self) -> int:
        return len(self._annotations)

    def __contains__(self, annotation_id: object) -> bool:
        return annotation_id in self._annotations

    def __getitem__(self, annotation_id: str) -> Annotation:
        return self._annotations[annotation_id]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all, in the order in which they were drawn."""
        return tuple(self._annotations)

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Have every later change told to this listener, after it took effect."""
        self._listeners.append(listener)

    def unlisten(self, listener: Callable[[Change], None]) -> None:
        """Tell this listener nothing more. One that does not listen is no error."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def apply(self, change: Change) -> None:
        """Carry out an edit as a whole, or raise `ValueError` and change nothing.

        What is removed must be there exactly as named; what is added must not be there (unless it
        replaces something removed by the same change, and keeps its place in the order). It takes as many
        steps as the change names annotations, however many there are.
        """
        _carry_out(change, self._annotations, self.places)
        self._tell(change)

    def ready(self, change: Change) -> Ready:
        """The document after an edit, made aside: of this one nothing changes. For any thread.

        Raises `ValueError` where the edit is wrong. Whoever edits the document meanwhile makes it useless.
        """
        edits, annotations, places = self.edits, self._annotations.copy(), self.places.copied()
        _carry_out(change, annotations, places)
        return Ready(change, edits, annotations, places)

    def take(self, ready: Ready) -> None:
        """Carry out an edit that was made ready, or raise `ValueError` where there was another since."""
        if ready.edits != self.edits:
            raise ValueError("The document was edited since the edit was made ready")
        self._annotations = ready.annotations
        self.places.become(ready.places)
        self._tell(ready.change)

    def given_up(self) -> tuple[dict[str, Annotation], Places]:
        """All that is in here, for whoever frees it; the document is empty afterwards, and nobody is told."""
        places = Places()
        places.become(self.places)
        held = self._annotations, places
        self._annotations = {}
        self.places.become(Places())
        self.edits += 1
        return held

    def _tell(self, change: Change) -> None:
        self.edits += 1
        for listener in tuple(self._listeners):
            listener(change)


def _carry_out(change: Change, held: dict[str, Annotation], places: Places) -> None:
    """An edit on both. Raises `ValueError` where it is wrong, before anything is done."""
    gone = _checked(change, held)
    for annotation in gone:
        del held[annotation.id]
    held.update([(annotation.id, annotation) for annotation in change.added])
    places.apply(gone, change.added)


def _checked(change: Change, held: dict[str, Annotation]) -> list[Annotation]:
    """What of a change goes for good. Raises `ValueError` where the change is wrong."""
    gone = {annotation.id for annotation in change.removed}
    coming = {annotation.id for annotation in change.added}
    if len(gone) < len(change.removed) or len(coming) < len(change.added):
        raise ValueError("An annotation of the document is named twice in one change")
    for annotation in change.removed:
        there = held.get(annotation.id)
        if there is not annotation and there != annotation:
            raise ValueError(f"Not in the document as it is to be removed: {annotation.id}")
    if taken := (coming - gone) & held.keys():
        raise ValueError(f"Already in the document: {min(taken)}")
    return [annotation for annotation in change.removed if annotation.id not in coming]
