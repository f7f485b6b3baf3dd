"""Annotations of items: what is there, every edit that led to it, and the one door for the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation
from viewer.cases import edits
from viewer.cases.part import Part
from viewer.cases.values import Drawn, Edit

_CHUNK = 10_000


class EditPart(Part):
    """The annotations of the library."""

    def annotations(self, item_id: int) -> tuple[Annotation, ...]:
        """All of an item, in the order of its document."""
        with self._database.reading() as connection:
            return edits.state(connection, item_id)

    def annotation_chunks(self, item_id: int, count: int = _CHUNK) -> Iterator[tuple[Annotation, ...]]:
        """The same in pieces, for a load in the background.

        Every piece is read by itself: an edit that is committed meanwhile may be in those that come later.
        """
        after = 0
        while True:
            with self._database.reading() as connection:
                found, after = edits.chunk(connection, item_id, after, count)
            if not found:
                return
            yield found

    def annotation_count(self, item_id: int) -> int:
        """How many there are of an item."""
        with self._database.reading() as connection:
            return edits.count(connection, item_id)

    def commit(self, item_id: int, change: Change, base: int | None = None, token: str = "") -> int:
        """Keep an edit: state, journal and audit entry in one transaction; the item's new version.

        When this returns, the edit is on the disk. What is removed must be there as named, and what is added
        must not be there: else somebody else changed it, and `Conflict` is raised and nothing written. Edits
        of different annotations go together; what somebody else did exactly so is not done again.

        `base` is the version that the edit is built on, where the caller knows it: when it is still the
        newest, a large edit need not be compared with what is there. The same `token` twice is one edit: so
        one may ask again when the answer got lost. Raises `Conflict`, `NotNow`, `Problem`.
        """
        with self._database.writing() as connection:
            return edits.commit(connection, item_id, change, self.author, base, token)

    def origins(self, item_id: int, wanted: Iterable[str]) -> Mapping[str, Drawn]:
        """By whom, when and by which edit each of these annotations came first, by id."""
        with self._database.reading() as connection:
            return edits.origins(connection, item_id, wanted)

    def history(self, item_id: int, since: int = 0) -> tuple[Edit, ...]:
        """The edits after a version, in order: their changes applied in turn give the annotations."""
        with self._database.reading() as connection:
            return tuple(edits.history(connection, item_id, since))
