"""A run as an experiment of MLflow: parameters, figures of every fold and epoch, what came out.

A local store by default; a tracking server where a URL is given. Nothing else is told to anybody.
"""

from __future__ import annotations

import dataclasses
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from ml import paths
from ml.errors import Problem
from ml.progress import Cancelled, Progress, Step
from ml.train.curve import Curves
from ml.train.study_recipe import StudyRecipe
from ml.train.toml_text import toml_of

LOCAL = "local"
"""In place of a URI: a database among the person's own data, the same for all runs, so that they compare."""

_AT_ONCE = 100  # parameters that a server takes in one call
_LONGEST = 500  # letters of a parameter


class Experiment:
    """Listens to a run and keeps it: one MLflow run, with a child run for each network. Use it in a `with`.

    Raises `Problem` at the beginning where the store cannot be reached. Later trouble with the store is told
    once, and the training goes on without it.
    """

    def __init__(self, uri: str, recipe: StudyRecipe, progress: Progress) -> None:
        with _hushed():
            os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}  # nobody is told of it
            os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
            try:
                from mlflow.exceptions import MlflowException
                from mlflow.tracking import MlflowClient
            except ImportError as error:
                raise Problem("MLflow is not installed.", 'Install "parfocal[train]".') from error
            self._trouble: type[Exception] = MlflowException
            store, artefacts = local_store() if uri == LOCAL else (uri, _beside(uri))
            try:
                self._client = MlflowClient(tracking_uri=store)
                known = self._client.get_experiment_by_name(recipe.name)
                self._experiment = (
                    known.experiment_id
                    if known
                    else self._client.create_experiment(recipe.name, artifact_location=artefacts)
                )
                self._run = self._client.create_run(self._experiment, run_name=recipe.title).info.run_id
            except MlflowException as error:
                raise Problem(
                    f"The MLflow store {uri} cannot be used.",
                    "Check the URL, or leave it to the local store: --mlflow local.",
                    reason=error,
                ) from error
        self._progress, self._curves = progress, Curves()
        self._children: dict[str, str] = {}
        self._lost = False
        self._keep_recipe(recipe)

    def hear(self, part: object) -> None:
        """An event of the run; other than epochs leave nothing."""
        points = self._curves.points(part)
        if points is None or self._lost:
            return
        with self._kept():
            child = self._children.get(points.network)
            if child is None:
                tags = {"mlflow.parentRunId": self._run}
                made = self._client.create_run(self._experiment, tags=tags, run_name=points.network)
                child = self._children[points.network] = made.info.run_id
            for name, value in points.values.items():
                self._client.log_metric(child, name, value, step=points.epoch)

    def keep(self, facts: Mapping[str, Any], files: tuple[Path, ...], bundle: Path) -> None:
        """The figures of the whole run, its report and its model."""
        if self._lost:
            return
        with self._kept():
            for name, value in figures_of(facts).items():
                self._client.log_metric(self._run, name, value)
            for path in files:
                if path.is_file():
                    self._client.log_artifact(self._run, str(path))
            self._client.log_artifacts(self._run, str(bundle), "bundle")

    def _keep_recipe(self, recipe: StudyRecipe) -> None:
        from mlflow.entities import Param

        found = [Param(key, value) for key, value in parameters_of(recipe).items()]
        with self._kept():
            for start in range(0, len(found), _AT_ONCE):
                self._client.log_batch(self._run, params=found[start : start + _AT_ONCE])
            self._client.log_text(self._run, toml_of(recipe), "recipe.toml")

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Within, what MLflow cannot keep is told once and does not stop the run."""
        try:
            with _hushed():
                yield
        except (self._trouble, OSError) as error:
            self._lost = True
            note = f"MLflow keeps no more of this run: {str(error).splitlines()[0]}"
            self._progress.step(Step("Training", 0, 0, note=note))

    def __enter__(self) -> Experiment:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lost:
            return
        stopped = kind is not None and issubclass(kind, Cancelled | KeyboardInterrupt)
        status = "FINISHED" if kind is None else "KILLED" if stopped else "FAILED"
        with self._kept():
            for run in (*self._children.values(), self._run):
                self._client.set_terminated(run, status)


def local_store() -> tuple[str, str]:
    """URI of the local database, and of the folder for what runs leave."""
    folder = paths.data() / "experiments"
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{(folder / 'mlflow.db').as_posix()}", (folder / "artefacts").as_uri()


def _beside(uri: str) -> str | None:
    """Where artefacts of a database file go: beside it, not into whatever folder the command runs in."""
    path = uri.removeprefix("sqlite:///")
    return None if path == uri else (Path(path).absolute().parent / "artefacts").as_uri()


def parameters_of(recipe: StudyRecipe) -> dict[str, str]:
    """Every setting by its place ("fit.rate", "sources.0.path"); texts of the card are left out."""
    found: dict[str, str] = {}

    def walk(place: str, value: object) -> None:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            for item in dataclasses.fields(value):
                walk(f"{place}.{item.name}" if place else item.name, getattr(value, item.name))
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                walk(f"{place}.{key}", inner)
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            for number, inner in enumerate(value):
                walk(f"{place}.{number}", inner)
        else:
            found[_word(place)] = str(value)[:_LONGEST]

    walk("", dataclasses.replace(recipe, card={}))
    return found


def figures_of(facts: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a study's report, with the ends of their intervals: "accuracy", "accuracy low", …"""
    figures = facts["figures"]
    told: dict[str, float] = {}
    named = {key: figures[key] for key in ("accuracy", "balanced_accuracy", "macro_f1")}
    for name, made in figures["classes"].items():
        named |= {f"{key}/{name}": made[key] for key in ("auroc", "auprc", "sensitivity")}
    for name, made in named.items():
        for end, words in (("value", ""), ("low", " low"), ("high", " high")):
            told[_word(name + words)] = float(made[end])
    for name in ("pictures", "patients", "calibration_error"):
        if name in figures:
            told[name] = float(figures[name])
    return told


def _word(text: str) -> str:
    """A name as MLflow takes it."""
    return re.sub(r"[^\w\-./ ]", "_", text)


@contextmanager
def _hushed() -> Iterator[None]:
    """Within, warnings of MLflow about its own libraries stay out of a person's way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
