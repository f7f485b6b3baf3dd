"""`parfocal-ml board`: curves and experiments in the browser, served to this computer alone."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from pathlib import Path
from typing import Literal

from ml.errors import Problem

HERE = "127.0.0.1"

BoardName = Literal["tensorboard", "mlflow"]
WANTED: dict[BoardName, str] = {"tensorboard": "parfocal[train]", "mlflow": "parfocal[mlflow]"}
"""What brings the pages along."""


def is_installed(board: BoardName) -> bool:
    """Whether there are pages to serve: `mlflow-skinny`, which keeps experiments, has none."""
    try:
        importlib.metadata.distribution(board)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def serve(board: BoardName, folder: Path, port: int) -> None:
    """Serve until it is ended. `folder`: TensorBoard's curves; MLflow shows the person's own experiments.

    Raises `Problem` where it is not installed.
    """
    if not is_installed(board):
        raise Problem(f"The pages of {board} are not installed.", f'Install "{WANTED[board]}".')
    if board == "tensorboard":
        _tensorboard(folder, port)
    else:
        _mlflow(port)


def _tensorboard(folder: Path, port: int) -> None:
    from tensorboard import program  # type: ignore[import-untyped]

    folder.mkdir(parents=True, exist_ok=True)
    board = program.TensorBoard()
    words = ["--logdir", str(folder), "--host", HERE, "--port", str(port), "--load_fast", "false"]
    board.configure(argv=[sys.argv[0], *words])
    board.main()


def _mlflow(port: int) -> None:
    os.environ |= {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }  # nor do pages tell anybody
    from mlflow.cli import cli

    from ml.train.experiment import local_store

    store, artefacts = local_store()
    words = ["server", "--backend-store-uri", store, "--default-artifact-root", artefacts]
    cli([*words, "--host", HERE, "--port", str(port), "--workers", "1"])
