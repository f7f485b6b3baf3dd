"""`parfocal-ml board`: curves and experiments in the browser, served to this computer alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

from ml.errors import Problem

HERE = "127.0.0.1"


def serve(board: Literal["tensorboard", "mlflow"], folder: Path, port: int) -> None:
    """Serve until it is ended. `folder`: TensorBoard's curves; MLflow shows the person's own experiments.

    Raises `Problem` where it is not installed.
    """
    try:
        if board == "tensorboard":
            _tensorboard(folder, port)
        else:
            _mlflow(port)
    except ImportError as error:
        wanted = "parfocal[train]" if board == "tensorboard" else "mlflow"
        raise Problem(f"The pages of {board} are not installed.", f'Install "{wanted}".') from error


def _tensorboard(folder: Path, port: int) -> None:
    from tensorboard import program  # type: ignore[import-untyped]

    folder.mkdir(parents=True, exist_ok=True)
    board = program.TensorBoard()
    words = ["--logdir", str(folder), "--host", HERE, "--port", str(port), "--load_fast", "false"]
    board.configure(argv=[sys.argv[0], *words])
    board.main()


def _mlflow(port: int) -> None:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nobody is told that this runs
    from mlflow.cli import cli

    from ml.train.experiment import local_store

    store, artefacts = local_store()
    words = ["server", "--backend-store-uri", store, "--default-artifact-root", artefacts]
    cli([*words, "--host", HERE, "--port", str(port), "--workers", "1"])
