"""What TensorBoard and MLflow keep of a run, read back by their own readers."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from ml.progress import Cancelled, Progress
from ml.train import figures
from ml.train.experiment import Experiment, local_store
from ml.train.figures import EpochFigures
from ml.train.study_recipe import read_study_recipe
from ml.verbs.train import TrainRequest, train
from ml.zoo.bundle import open_bundle
from tests.ml.verbs.conftest import Said

Program = Callable[..., Said]
NAMES = {"fit_loss", "loss", "auroc", "balanced_accuracy", "macro_f1", "calibration_error", "seconds"}


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals are of no interest here, and take most of the time of so small a study."""
    monkeypatch.setattr(figures.report, "__defaults__", (20,))


def test_curves_and_experiment_hold_what_was_told(
    as_program: Program, small_study: Path, tmp_path: Path
) -> None:
    from mlflow.tracking import MlflowClient
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    store, out = f"sqlite:///{tmp_path / 'm.db'}", tmp_path / "out"
    words = ("train", small_study, "--data", small_study.parent, "--out", out)
    code, events, _ = as_program(*words, "--tensorboard", tmp_path / "board", "--mlflow", store)
    assert (code, events[-1]["event"]) == (0, "done")
    epochs = [event for event in events if event["event"] == "epoch"]
    assert [epoch["epoch"] for epoch in epochs] == [1, 2]

    board = EventAccumulator(str(tmp_path / "board" / "fold-1"))
    board.Reload()
    assert set(board.Tags()["scalars"]) == NAMES
    for name in NAMES:
        told = [(point.step, point.value) for point in board.Scalars(name)]
        assert told == [(e["epoch"], pytest.approx(e[name], rel=1e-6)) for e in epochs]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = MlflowClient(tracking_uri=store)
        (experiment,) = (e for e in client.search_experiments() if e.name == "small")
        runs = client.search_runs([experiment.experiment_id])
        (whole,) = (run for run in runs if "mlflow.parentRunId" not in run.data.tags)
        (fold,) = (run for run in runs if run.data.tags.get("mlflow.parentRunId") == whole.info.run_id)
        assert {whole.info.status, fold.info.status} == {"FINISHED"}
        assert whole.data.params["fit.rate"] == "0.003"
        assert whole.data.params["sources.0.group"] == "patient"
        for name in NAMES:
            points = client.get_metric_history(fold.info.run_id, name)
            told = sorted((point.step, point.value) for point in points)
            assert told == [(e["epoch"], pytest.approx(e[name])) for e in epochs]
        report = json.loads((out / "report.json").read_text())
        assert whole.data.metrics["accuracy"] == report["figures"]["accuracy"]["value"]
        assert (
            whole.data.metrics["auroc/malignant low"]
            == report["figures"]["classes"]["malignant"]["auroc"]["low"]
        )
        kept = {item.path for item in client.list_artifacts(whole.info.run_id)}
        assert kept == {"bundle", "recipe.toml", "report.html", "report.json", "report.pdf"}
    copy = Path(unquote(urlparse(whole.info.artifact_uri).path)) / "bundle"
    assert copy.is_relative_to(tmp_path)
    assert open_bundle(copy).card == open_bundle(out / "small").card


def test_a_store_that_is_not_there_is_said_before_anything_is_learned(
    as_program: Program, small_study: Path, tmp_path: Path
) -> None:
    words = ("train", small_study, "--data", small_study.parent, "--out", tmp_path / "out")
    code, events, _ = as_program(*words, "--mlflow", "http://127.0.0.1:9")
    assert (code, events[-1]["event"]) == (2, "failed")
    assert "127.0.0.1:9" in events[-1]["what"]
    assert not any(event["event"] == "epoch" for event in events)


def test_a_stopped_run_is_kept_as_stopped_in_the_local_store(small_study: Path, tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    progress = Progress()
    progress.part = lambda _: progress.stop()
    request = TrainRequest(small_study, small_study.parent, tmp_path / "out", mlflow="local")
    with pytest.raises(Cancelled):
        train(request, progress)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = MlflowClient(tracking_uri=local_store()[0])
        (experiment,) = (e for e in client.search_experiments() if e.name == "small")
        runs = client.search_runs([experiment.experiment_id])
    assert {run.info.status for run in runs} == {"KILLED"}
    assert len(runs) == 2


def test_a_store_that_goes_away_does_not_stop_the_run(
    small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.exceptions import MlflowException

    notes: list[str] = []
    progress = Progress(on_step=lambda step: notes.append(step.note))
    recipe = read_study_recipe(small_study)
    with Experiment(f"sqlite:///{tmp_path / 'm.db'}", recipe, progress) as kept:

        def gone(*_: object, **__: object) -> None:
            raise MlflowException("The server is away.")

        monkeypatch.setattr(kept._client, "log_metric", gone)
        for number in (1, 2):
            kept.hear(EpochFigures(0, number, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0))
    assert notes == ["MLflow keeps no more of this run: The server is away."]
