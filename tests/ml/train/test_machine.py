"""Two processes on one CPU (gloo) learn what one process learns at the same number of pictures a step."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from ml.errors import Problem
from ml.train.machine import Machine
from ml.train.slide_plan import Contrast
from ml.train.study_recipe import Division, Fit, StudyRecipe, Vary
from ml.train.toml_text import toml_of
from tests.ml.train.studies import tiny_recipe, write_pictures

ROOT = Path(__file__).resolve().parents[3]


def shared_recipe(batch: int) -> StudyRecipe:
    """Two epochs. Variations and batch statistics belong to a process: both are off."""
    recipe = tiny_recipe(
        fit=Fit(epochs=2, batch=batch, rate=1e-3, balance="sampler"),
        vary=Vary(),
        division=Division(folds=3, run=1),
    )
    options = {**recipe.network.options, "drop_rate": 0.0}
    return replace(recipe, network=replace(recipe.network, statistics="keep", options=options))


RANKS = """
import json, sys
from pathlib import Path
import lightning
from safetensors.torch import save_file
from ml.progress import Progress
from ml.train.balance import balance_of
from ml.train.divided import read_divided
from ml.train.feed import Feed, Order, loader
from ml.train.learner import Learner, learn
from ml.train.losses import loss_of
from ml.train.machine import Machine
from ml.train.new_network import network_for, quiet
from tests.ml.train.test_machine import shared_recipe

class Told(Learner):
    def on_train_end(self):
        own = {k: v.contiguous() for k, v in self.module.state_dict().items()}
        save_file(own, out / f"rank{self.global_rank}.safetensors")

if __name__ == "__main__":
    data, out, devices, batch = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    recipe = shared_recipe(batch)
    divided = read_divided(recipe, data, Progress())
    fold, pictures = divided.fold(0), divided.pictures
    lightning.seed_everything(recipe.seed, verbose=False)
    module, _ = network_for(recipe, pictures.how.size)
    feed = Feed(pictures, recipe)
    balance = balance_of(recipe.fit, recipe.task, pictures.labels[fold.fit])
    order = Order(fold.fit, batch, recipe.seed, balance)
    choose = loader(feed, Order(fold.choose, 64, 0, None))
    learner = Told(module, recipe, loss_of(recipe.fit, None))
    with quiet():
        history = learn(learner, loader(feed, order), choose, out, 0, recipe, Progress(), Machine(devices))
    if learner.global_rank == 0:
        (out / "history.json").write_text(json.dumps([vars(epoch) for epoch in history]))
"""


def run(words: list[object], folder: Path) -> str:
    """A process of its own, which may start another one. Standard output."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment.pop("LOCAL_RANK", None)
    told = subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        check=False,
        timeout=280,
    )
    assert told.returncode == 0, told.stderr[-3000:]
    return told.stdout


def same_figures(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    assert [epoch["epoch"] for epoch in one] == [epoch["epoch"] for epoch in other] == [1, 2]
    for a, b in zip(one, other, strict=True):
        for key in ("fit_loss", "loss", "auroc", "balanced_accuracy", "macro_f1"):
            assert a[key] == pytest.approx(b[key], abs=1e-5), key


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "pictures")
    return tmp_path


@pytest.mark.slow
def test_both_ranks_end_with_the_weights_of_one_process(data: Path) -> None:
    (data / "ranks.py").write_text(RANKS)
    for name, devices, batch in (("one", 1, 8), ("two", 2, 4)):
        (data / name).mkdir()
        run([data / "ranks.py", data, data / name, devices, batch], data)
    first, second = (load_file(data / "two" / f"rank{rank}.safetensors") for rank in (0, 1))
    alone = load_file(data / "one" / "rank0.safetensors")
    assert first.keys() == second.keys() == alone.keys()
    assert all(torch.equal(first[key], second[key]) for key in first)
    for key, value in first.items():
        np.testing.assert_allclose(value.numpy(), alone[key].numpy(), atol=1e-5, rtol=1e-4)
    told = [json.loads((data / name / "history.json").read_text()) for name in ("one", "two")]
    same_figures(*told)


@pytest.mark.slow
def test_the_command_learns_in_two_processes_and_speaks_once(data: Path) -> None:
    told = {}
    for name, devices, batch in (("one", 1, 8), ("two", 2, 4)):
        (data / f"{name}.toml").write_text(toml_of(shared_recipe(batch)))
        words = ["-m", "ml", "train", data / f"{name}.toml", "--data", data, "--out", data / name]
        said = run([*words, "--devices", devices, "--strategy", "ddp", "--json"], data)
        told[name] = [json.loads(line) for line in said.splitlines()]
        assert [event["event"] for event in told[name] if event["event"] != "step"] == [
            "epoch",
            "epoch",
            "done",
        ]
    same_figures(*([e for e in told[name] if e["event"] == "epoch"] for name in ("one", "two")))
    one, two = (json.loads((data / name / "report.json").read_text()) for name in ("one", "two"))
    assert one["figures"] == two["figures"]
    weights = [load_file(data / name / "tiny" / "model.safetensors") for name in ("one", "two")]
    for key, value in weights[0].items():
        np.testing.assert_allclose(value.numpy(), weights[1][key].numpy(), atol=2e-3)


@pytest.mark.slow
def test_two_computers_learn_what_one_learns(data: Path) -> None:
    """Two torchruns on loopback, as two nodes with one process each; the second one has nothing to say."""
    told = {}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    for name, nodes, batch in (("one", 1, 8), ("two", 2, 4)):
        (data / f"{name}.toml").write_text(toml_of(shared_recipe(batch)))
        words = ["-m", "ml", "train", data / f"{name}.toml", "--data", data, "--out", data / name]
        words += ["--devices", 1, "--nodes", nodes, "--strategy", "ddp", "--json"]
        there = [
            "--nnodes",
            nodes,
            "--nproc-per-node",
            1,
            "--master-addr",
            "127.0.0.1",
            "--master-port",
            port,
        ]
        start = ["-m", "torch.distributed.run", *there]
        with ThreadPoolExecutor(nodes) as nodes_:
            each = [nodes_.submit(run, [*start, "--node-rank", rank, *words], data) for rank in range(nodes)]
            first, *others = [one.result() for one in each]
        assert not any(other.strip() for other in others)
        told[name] = [json.loads(line) for line in first.splitlines()]
        assert told[name][-1]["event"] == "done"
    same_figures(*([e for e in told[name] if e["event"] == "epoch"] for name in ("one", "two")))
    one, two = (json.loads((data / name / "report.json").read_text()) for name in ("one", "two"))
    assert one["figures"] == two["figures"]


def test_computers_that_were_not_started_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match="2 computers with 1 processes each were asked for, and 1 was started"):
        Machine(1, nodes=2).require_possible(tiny_recipe())
    monkeypatch.setenv("WORLD_SIZE", "2")
    Machine(1, nodes=2).require_possible(tiny_recipe())
    assert Machine(1, nodes=2).trainer_words()["strategy"] == "ddp"


def test_what_several_processes_cannot_do() -> None:
    with pytest.raises(Problem, match="one process"):
        Machine(2).require_possible(tiny_recipe(pretrain=Contrast()))
    Machine(1).require_possible(tiny_recipe(pretrain=Contrast()))
    assert Machine(2).trainer_words()["strategy"] == "ddp"
