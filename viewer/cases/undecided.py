"""Edits that wait for a person's decision, kept in the library meanwhile: a kill must not take them.

They stand under a name of whoever made them, beside the annotations. When nobody decided (the program ended
before), the next start puts them beside what others did, so that nothing of either is lost.
"""

from __future__ import annotations

import base64

from ml.annotation.document import Change
from ml.annotation.packing import body_of, change_of, packed_change
from viewer.cases.conflict import Choice, Conflict, as_one
from viewer.cases.library import Library


def keep(library: Library, item_id: int, changes: tuple[Change, ...]) -> None:
    """Keep edits in a row as one; none of them: there is nothing to decide any more."""
    body = base64.b64encode(body_of(packed_change(as_one(changes)))).decode("ascii") if changes else None
    library.set_state(item_id, _name(library), body)


def kept(library: Library, item_id: int) -> Change | None:
    """What was kept, as one edit."""
    text = library.state(item_id, _name(library))
    return change_of(base64.b64decode(text), "Edits that waited") if isinstance(text, str) else None


def commit(
    library: Library, item_id: int, change: Change, choice: Choice, token: str
) -> tuple[Change, tuple[Change, ...]]:
    """Commit edits that were disputed, by a decision.

    Gives back what was committed, and what a document that shows the edits has to show instead.
    """
    shows: list[Change] = []
    while True:
        try:
            library.commit(item_id, change, None, token)
            return change, tuple(show for show in shows if show.removed or show.added)
        except Conflict as conflict:
            resolution = conflict.resolved(choice)
            change = resolution.commit
            shows.append(resolution.show)


def _name(library: Library) -> str:
    return f"undecided {library.author}"
