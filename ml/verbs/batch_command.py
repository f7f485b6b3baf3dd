"""`parfocal-ml batch` as it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ml.progress import Progress
from ml.verbs.console import run_told
from ml.verbs.option import AsJson, Cam, Device, Model


def batch(
    inputs: Annotated[list[Path], typer.Argument(help="Slides, folders, or tables (CSV) that name them.")],
    model: Model,
    out: Annotated[Path, typer.Option(help="Folder for the results; one of an earlier run is gone on with.")],
    device: Device = "auto",
    cam: Annotated[Cam, typer.Option(help="Grad-CAM for which patches.")] = Cam.found,
    threshold: Annotated[float | None, typer.Option(help="For boxes; else the model's own.")] = None,
    comment: Annotated[str, typer.Option(help="Free text for every report.")] = "",
    retry: Annotated[bool, typer.Option("--retry", help="Try what failed twice once more.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="The table also as Parquet.")] = False,
    cluster: Annotated[str, typer.Option(help="Address of a Ray cluster; auto: the one here.")] = "",
    ship: Annotated[
        bool, typer.Option("--ship", help="Send slides to a cluster without common folders.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Analyze a cohort: slides, or CT series, as the model wants. Started again, it goes on where it stopped.

    What was done with the same files, model and wishes is skipped. One bad slide stops nothing: its reason is
    in the table. Exit code 0: all done, 1: some could not be, 2: refused, 130: stopped by Ctrl-C.
    """
    from ml.batch.item import Wanted
    from ml.verbs.batch import BatchRequest
    from ml.verbs.batch import batch as run_batch

    wanted = Wanted(model, device, cam=cam.value, threshold=threshold, comment=comment)
    request = BatchRequest(tuple(inputs), wanted, out, retry, parquet, cluster, ship)

    def run(progress: Progress) -> Mapping[str, object]:
        return run_batch(request, progress)

    raise typer.Exit(run_told(run, as_json=as_json))
