"""Options that several commands have, each with one name and one help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Cam(StrEnum):
    """For which patches Grad-CAM is made."""

    none = "none"
    found = "found"
    all = "all"


AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on standard output, for programs.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")]
Model = Annotated[str, typer.Option(help="Name of an installed model, or the path of a bundle.")]
KeepIdentity = Annotated[
    bool, typer.Option("--keep-identity", help="Names stay in what is written: it may name a patient.")
]
RecipeData = Annotated[Path | None, typer.Option(help="The folder that a recipe's paths begin in.")]
Table = Annotated[str, typer.Option(help="In a folder: the table with the labels.")]
Label = Annotated[str, typer.Option(help="Its column with the label.")]
Patient = Annotated[str, typer.Option(help="Its column with the patient; else patient or group.")]
