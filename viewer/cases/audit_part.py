"""The audit trail as the library shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import sqlalchemy as sa

from ml.annotation.packing import canonical
from viewer.cases import trail
from viewer.cases.part import Part
from viewer.cases.tables import cases
from viewer.cases.values import AuditEntry, Json, Said

_NOTHING: Mapping[str, Json] = {}


class AuditPart(Part):
    """Who did what when."""

    def note(
        self,
        case_id: int | None,
        kind: str,
        facts: Mapping[str, Json] = _NOTHING,
        item_id: int | None = None,
    ) -> int:
        """Add an entry about what the library does not do itself: a report, an export, a case opened."""
        with self._database.writing() as connection:
            if case_id is not None and not connection.scalar(
                sa.select(cases.c.id).where(cases.c.id == case_id)
            ):
                case_id = None
            return self._tell(connection, kind, facts, case_id, item_id)

    def audit(self, case_id: int | None = None) -> tuple[AuditEntry, ...]:
        """The entries of a case, or all; the oldest first."""
        with self._database.reading() as connection:
            return tuple(trail.entries(connection, case_id))

    def last_said(self, name: str, *, case_id: int | None = None, item_id: int | None = None) -> Said | None:
        """Who wrote what is kept under a name, of an item or of a case itself; None where nobody knows."""
        with self._database.reading() as connection:
            return trail.last_said(connection, name, case_id, item_id)

    def check_audit(self) -> AuditEntry | None:
        """The first entry that is not as it was written; None when the whole trail holds."""
        with self._database.reading() as connection:
            return trail.first_broken(connection)

    def export_audit(self, path: Path, case_id: int | None = None) -> int:
        """Write the trail as JSON lines, each with all that its hash is over; the number of entries.

        Raises `OSError`; `ml.report.atomic.whole_file` makes the file whole.
        """
        count = 0
        with self._database.reading() as connection, path.open("w", encoding="ascii", newline="\n") as file:
            for entry in trail.entries(connection, case_id):
                file.write(canonical(asdict(entry)) + "\n")
                count += 1
        return count
