"""What every part of the library has: the database, and who is at work."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from ml.errors import Problem
from viewer.cases import trail
from viewer.cases.database import Database
from viewer.cases.values import Json


class Gone(Problem):
    """What one wanted to look at or change is not in the library any more: somebody removed it."""


class Part:
    """A part of the library. All methods may be called from any thread, and raise `Problem`."""

    def __init__(self, database: Database, author: str) -> None:
        self._database = database
        self.author = author

    def _tell(
        self,
        connection: sa.Connection,
        kind: str,
        facts: Mapping[str, Json],
        case_id: int | None = None,
        item_id: int | None = None,
    ) -> int:
        """Add to the audit trail, in the transaction of what it tells of."""
        return trail.write(connection, self.author, kind, facts, case_id, item_id)
