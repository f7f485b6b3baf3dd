"""`parfocal-ml survey`: what lies in a folder of labelled pictures, before a recipe is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.progress import Progress

if TYPE_CHECKING:
    from ml.train.survey import Layout, Survey


@dataclass(frozen=True)
class SurveyRequest:
    """Which folder, and how it is read; None: as it most likely is meant."""

    folder: Path
    layout: Layout | None = None
    out: Path | None = None  # a CSV file with one line a picture
    more: tuple[Path, ...] = ()  # further folders, read in the same way


def survey(request: SurveyRequest, progress: Progress) -> Survey:
    """Look at every file. Missing, broken and doubled ones are noted, not raised. `Problem`, `Cancelled`."""
    from ml.report.atomic import whole_file
    from ml.train.survey import guessed, tables_in, write_survey
    from ml.train.survey import survey as look

    if not request.folder.is_dir():
        raise Problem(f"The folder {request.folder.name} is not there.", "Choose another one.")
    layout = request.layout or guessed(tables_in(request.folder), "pictures")
    made = look(request.folder, layout, progress, request.more)
    if request.out is not None:
        with whole_file(request.out) as part:
            write_survey(made, part)
    return made


def facts_of(made: Survey) -> dict[str, object]:
    """What the command line says of it."""
    troubles = [f"{one.path.name}: {one.trouble}" for one in made.seen if one.trouble]
    return {
        "files": len(made.seen),
        "table": made.layout.table or "folders are classes",
        "labels": dict(made.labels),
        "patients": len({one.patient for one in made.seen if one.patient}),
        "troubles": troubles[:20],
        "same": sum(bool(one.same_as) for one in made.seen),
    }
