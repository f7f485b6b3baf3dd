"""The annotations of one slide, and the one door through which they change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

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


class AnnotationDocument:
    """Annotations in the order in which they were drawn. Every edit is a `Change` through `apply`."""

    def __init__(self) -> None:
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
        replaces something removed by the same change).
        """
        gone = {annotation.id for annotation in change.removed}
        for annotation in change.removed:
            if self._annotations.get(annotation.id) != annotation:
                raise ValueError(f"Not in the document as it is to be removed: {annotation.id}")
        for annotation in change.added:
            if annotation.id in self._annotations and annotation.id not in gone:
                raise ValueError(f"Already in the document: {annotation.id}")
        coming = {annotation.id: annotation for annotation in change.added}
        kept = {
            key: coming.pop(key, old)
            for key, old in self._annotations.items()
            if key not in gone or key in coming
        }
        self._annotations = kept | coming
        for listener in tuple(self._listeners):
            listener(change)
