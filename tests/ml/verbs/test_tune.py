"""`parfocal-ml tune` on real pictures: stages, a stop and going on, the recipe that comes out."""

from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest

from ml.train.study_recipe import read_study_recipe
from ml.verbs.console import JsonTeller
from tests.ml.verbs.conftest import Said

Program = Callable[..., Said]

SEARCH = """
trials = 3
sampler = "random"
startup = 1
[[grid]]
key = "network.options.layers"
choices = [1, 2]
[[ranges]]
key = "fit.rate"
low = 1e-5
high = 1e-2
log = true
[[ranges]]
key = "vary.flip"
choices = [true, false]
"""


@pytest.fixture
def words(small_study: Path, tmp_path: Path) -> list[object]:
    (tmp_path / "search.toml").write_text(SEARCH)
    return [
        *("tune", small_study, "--search", tmp_path / "search.toml"),
        *("--data", small_study.parent, "--out", tmp_path / "out"),
    ]


def test_a_search_is_stopped_and_gone_on_with(
    as_program: Program,
    words: list[object],
    tmp_path: Path,
    small_study: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = JsonTeller.part

    def press(self: JsonTeller, part: object) -> None:
        real(self, part)
        os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(JsonTeller, "part", press)
        code, events, _ = as_program(*words)
    assert (code, events[-1]["event"]) == (130, "stopped")
    assert sum(event["event"] == "trial" for event in events) == 1
    code, events, _ = as_program(*words)
    assert sum(event["event"] == "trial" for event in events) == 5
    done = events[-1]
    assert (code, done["event"], done["trials"]) == (0, "done", 6)
    out = tmp_path / "out"
    with (out / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["study"] for row in rows} == {"network.options.layers=1", "network.options.layers=2"}
    ended = [float(row["value"]) for row in rows if row["value"]]
    assert done["best"] == pytest.approx(max(ended), abs=1e-6)
    kept = optuna.get_all_study_summaries(f"sqlite:///{out / 'search.db'}")
    assert len(kept) == 2
    best = read_study_recipe(out / "best.toml")
    assert best.fit.rate == pytest.approx(done["settings"]["fit.rate"])
    assert best.network.options["layers"] == done["settings"]["network.options.layers"]
    assert best.sources == read_study_recipe(small_study).sources
    assert (out / "trials.png").read_bytes()[:4] == b"\x89PNG"
    assert set(json.loads((out / "importances.json").read_text())) == {row["study"] for row in rows}


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("fit.rate", "fit.dropout", "does not have"),
        ("fit.rate", "network.size", "do not read"),
        ("fit.rate", "division.seed", "do not read"),
        ("trials = 3", "trails = 3", "is not known"),
        ("network.options.layers", "network.options.floors", "does not take the options"),
    ],
)
def test_a_search_over_what_nobody_reads_is_refused(
    as_program: Program, words: list[object], tmp_path: Path, before: str, after: str, reason: str
) -> None:
    (tmp_path / "search.toml").write_text(SEARCH.replace(before, after))
    code, events, _ = as_program(*words)
    assert (code, events[-1]["event"]) == (2, "failed")
    assert reason in events[-1]["what"]


def test_trials_of_another_recipe_are_not_mixed_in(
    as_program: Program, words: list[object], small_study: Path
) -> None:
    assert as_program(*words, "--trials", 1)[0] == 0
    small_study.write_text(small_study.read_text().replace("batch = 8", "batch = 4"))
    code, events, _ = as_program(*words, "--trials", 1)
    assert code == 2
    assert "another recipe" in events[-1]["what"]
