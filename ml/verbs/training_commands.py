"""Commands about a training and its model that the window has too, as they are typed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ml.progress import Progress
from ml.verbs.console import run_told
from ml.verbs.option import AsJson

Recipe = Annotated[Path, typer.Argument(help="A recipe file (*.toml).")]
Data = Annotated[Path, typer.Option(help="The folder that the recipe's paths begin in.")]


class BoardName(StrEnum):
    """What shows curves in the browser."""

    tensorboard = "tensorboard"
    mlflow = "mlflow"


def register_models(app: typer.Typer) -> None:
    """Hang those about models into `parfocal-ml models`."""
    app.command(epilog="Example: parfocal-ml models delete lung-or-colon --yes")(delete)
    words = "lung-or-colon --class colon --missing 5 --answers out/answers.csv"
    app.command(epilog=f"Example: parfocal-ml models threshold {words}")(threshold)


def register(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    example = 'resources/recipes/breast.toml --data "$PARFOCAL_DATA" --out out/outlook'
    app.command(epilog=f"Example: parfocal-ml outlook {example}")(outlook)
    app.command(epilog="Example: parfocal-ml board tensorboard --folder out/board")(board)


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


def board(
    which: Annotated[BoardName, typer.Argument(help="tensorboard or mlflow.")],
    folder: Annotated[Path, typer.Option(help="The folder given to train --tensorboard.")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of this computer alone.")] = 6006,
) -> None:
    """Show curves (TensorBoard) or kept experiments (MLflow) in the browser of this computer alone."""
    from ml.verbs.board import HERE, serve

    typer.echo(f"http://{HERE}:{port}/ until Ctrl-C", err=True)
    serve(which.value, folder, port)


def delete(
    model: Annotated[str, typer.Argument(help="Name of an installed model.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an installed model, after saying what was made from it. Its training and cases stay."""
    from ml.verbs.model_care import delete as run
    from ml.verbs.model_care import depends_on

    for sentence in depends_on(model):
        typer.echo(sentence, err=True)
    if not yes and not typer.confirm(f"Delete {model}?", err=True):
        raise typer.Exit(1)
    typer.echo(run(model))


def threshold(
    model: Annotated[str, typer.Argument(help="Name of an installed model.")],
    class_name: Annotated[str, typer.Option("--class", help="The class that is called.")],
    at: Annotated[float | None, typer.Option(help="Call it from this probability on, 0 to 1.")] = None,
    missing: Annotated[float | None, typer.Option(help="Or: miss at most so many percent of it.")] = None,
    answers: Annotated[Path | None, typer.Option(help="answers.csv that its training left.")] = None,
) -> None:
    """Write into a model's card from where on boxes and findings begin, and say what that means."""
    from ml.verbs.model_care import choose_threshold

    typer.echo(choose_threshold(model, class_name, at, answers, missing))
