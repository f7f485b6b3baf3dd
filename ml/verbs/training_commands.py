"""Commands about a training and its model that the window has too, as they are typed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ml.progress import Progress
from ml.verbs.console import run_told
from ml.verbs.option import AsJson

Recipe = Annotated[Path, typer.Argument(help="A recipe file (*.toml).")]
Data = Annotated[Path, typer.Option(help="The folder that the recipe's paths begin in.")]


def register(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    example = 'resources/recipes/breast.toml --data "$PARFOCAL_DATA" --out out/outlook'
    app.command(epilog=f"Example: parfocal-ml outlook {example}")(outlook)


def outlook(
    recipe: Recipe,
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for outlook.json.")],
    as_json: AsJson = False,
) -> None:
    """Estimate what more patients would bring, before anything is learned.

    A simple rule on the packaged network's features learns from fewer and more patients; an inverse power law
    through its errors (Figueroa et al. 2012) says what twice and four times as many would come to.
    """
    from ml.verbs.outlook import OutlookRequest, foresee

    def run(progress: Progress) -> Mapping[str, object]:
        return foresee(OutlookRequest(recipe, data, out), progress).as_facts()

    raise typer.Exit(run_told(run, as_json=as_json))
