"""`parfocal-ml rehearse`: what the network would see, and how long training would take here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.progress import Progress
from ml.verbs.study import made_folder, study_of

if TYPE_CHECKING:
    from ml.train.rehearsal import Rehearsal


@dataclass(frozen=True)
class RehearseRequest:
    """Which recipe, which data, and where the pictures go."""

    recipe: Path
    data: Path
    out: Path


def rehearse(request: RehearseRequest, progress: Progress) -> Rehearsal:
    """Tells each picture as a part. Raises `Problem`, `Cancelled`."""
    recipe = study_of(request.recipe, request.data)
    from ml.train.rehearsal import rehearse as run

    return run(recipe, request.data, made_folder(request.out), progress)
