"""What a cohort found goes to the slides of the case library, each analysis once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.batch.ledger import Row
from ml.results.kept import ARRAYS, load

if TYPE_CHECKING:
    from viewer.cases.library import Library


def keep_result(library: Library, item_id: int, row: Row, results: Path, card: Mapping[str, Any]) -> bool:
    """Keep the analysis of a row with its item, unless the library has it; whether it does now.

    The item may have been deleted meanwhile, and a slide without tissue has no analysis: nothing is kept
    then. For the writer's thread. Raises `Problem`.
    """
    from viewer.cases.part import Gone

    folder = results / row.name
    if not (folder / ARRAYS).is_file():
        return False
    analysis = load(row.kind, folder)
    made = analysis.provenance
    try:
        for known in library.analyses(item_id):
            summary = known.summary
            if (summary["started"], summary["model_sha256"]) == (made.started, made.model_sha256):
                return True
        library.keep_analysis(item_id, analysis)
        library.set_state(item_id, "model", {"card": card, "rule": None, "accepted": []})
    except Gone:
        return False
    return True
