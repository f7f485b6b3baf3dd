"""The commands around training, as they are typed. Each is a thin cover of one function of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ml.progress import Progress
from ml.verbs.console import run_told

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on standard output, for programs.")]
Recipe = Annotated[Path, typer.Argument(help="A recipe file (*.toml).")]
Data = Annotated[Path, typer.Option(help="The folder that the recipe's paths begin in.")]


def register(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.command(
        epilog='Example: parfocal-ml dataset resources/recipes/breast.toml --data "$PARFOCAL_DATA" --out seen'
    )(dataset)
    app.command(
        epilog="Example: parfocal-ml tune resources/recipes/clot-as-published.toml --search "
        "resources/searches/clot.toml --data FOLDER --out out/search"
    )(tune)
    app.command(
        epilog="Example: parfocal-ml pretrain resources/recipes/lung-colon.toml "
        '--data "$PARFOCAL_DATA" --out out/backbone'
    )(pretrain)


def dataset(
    recipe: Recipe,
    data: Data,
    out: Annotated[Path | None, typer.Option(help="Folder for dataset.json and files.csv.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look through a recipe's data before anything is learned from them.

    Counts by class, patient and fold; missing and broken files; patients, files and look-alikes on two sides;
    whether the label goes with site, camera or size. Exit code 0: sound, 1: not sound, 2: cannot be checked.
    """
    from ml.verbs.dataset import DatasetRequest, check_dataset

    def run(progress: Progress) -> Mapping[str, object]:
        done = check_dataset(DatasetRequest(recipe, data, out), progress)
        return {"sound": done.census.is_sound, **_files(done.files)}

    raise typer.Exit(run_told(run, as_json=as_json))


def tune(
    recipe: Recipe,
    search: Annotated[Path, typer.Option(help="What is varied (*.toml), as in resources/searches.")],
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for search.db, trials, figure and best.toml.")],
    trials: Annotated[int | None, typer.Option(min=1, help="Of each study; else as the search says.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look for better settings: a grid of networks, and within each of its cells a search (Optuna).

    Weak trials are stopped early. The same command goes on where it was stopped or killed, also with more
    trials. Judged on the side to choose on of the first fold, never on patients to report on.
    """
    from ml.verbs.tune import TuneRequest
    from ml.verbs.tune import tune as run_tune

    def run(progress: Progress) -> Mapping[str, object]:
        done = run_tune(TuneRequest(recipe, search, data, out, trials), progress)
        best = done.best
        settings = {} if best is None else {**best.fixed, **best.parameters}
        return {
            "trials": len(done.told),
            "stopped_early": sum(one.state == "pruned" for one in done.told),
            "best": None if best is None else best.value,
            "settings": settings,
            **_files(done.files),
        }

    raise typer.Exit(run_told(run, as_json=as_json))


def pretrain(
    recipe: Recipe,
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for backbone.safetensors and pretraining.json.")],
    fold: Annotated[int, typer.Option(min=0, help="Learn from this fold's side to learn from.")] = 0,
    epochs: Annotated[int | None, typer.Option(min=1, help="Else as the recipe says.")] = None,
    as_json: AsJson = False,
) -> None:
    """Teach a backbone to put pictures of one label near each other (supervised metric learning).

    `network.begin` in a recipe begins with what comes out. The patients that it has seen must not be reported
    on afterwards: a table [pretrain] in the recipe does the same within each fold.
    """
    from ml.verbs.pretrain import PretrainRequest
    from ml.verbs.pretrain import pretrain as run_pretrain

    def run(progress: Progress) -> Mapping[str, object]:
        done = run_pretrain(PretrainRequest(recipe, data, out, fold, epochs), progress)
        nearest = done.history[-1].nearest
        facts = {"backbone": done.backbone, "nearest": round(nearest, 4), "collapsed": done.is_collapsed}
        return {**facts, "note": done.note}

    raise typer.Exit(run_told(run, as_json=as_json))


def _files(files: tuple[Path, ...]) -> dict[str, object]:
    return {"files": [str(path) for path in files]} if files else {}
