"""What is left of a training, corrected by how long its parts take."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from ml.progress import Progress, Step
from ml.train.duration import REMEMBERING, Part, Rates, parts_of
from ml.train.pace import Pace
from ml.train.study_recipe import Division
from ml.train.study_run import run_study
from tests.ml.train.studies import tiny_recipe, write_pictures

PARTS = (
    Part("", "starting", 10.0),
    Part("Reading pictures", "reading", 20.0),
    Part("Training, fold 1", "learning", 100.0),
    Part("", "seeing", 30.0),
    Part("Training, fold 2", "learning", 100.0),
)


def test_what_was_told_counts_down() -> None:
    pace = Pace(PARTS)
    assert pace.seconds_left == 260
    pace.hear("Reading pictures", 0.0, 10.0)
    assert pace.seconds_left == 250
    pace.hear("Reading pictures", 0.5, 20.0)
    assert pace.seconds_left == pytest.approx(240)
    pace.hear("Training, fold 2", 0.5, 200.0)
    assert pace.seconds_left == pytest.approx(50)


def test_learning_that_takes_twice_as_long_will_do_so_further_on() -> None:
    pace = Pace(PARTS)
    pace.hear("Training, fold 1", 0.0, 30.0)
    pace.hear("Training, fold 1", 1.0, 230.0)
    left = pace.seconds_left
    assert left is not None
    assert 200 < left < 262  # of 130 told; what is no learning may be slower too
    pace.hear("Training, fold 2", 0.0, 290.0)
    assert pace.seconds_left == pytest.approx(200, rel=0.05)


def test_a_part_that_ends_early_or_was_there_says_nothing_of_the_others() -> None:
    pace = Pace(PARTS)
    pace.hear("Training, fold 1", 0.1, 30.0)
    pace.hear("Training, fold 1", 0.2, 40.0)
    pace.hear("Training, fold 2", 0.0, 41.0)
    assert pace.seconds_left == pytest.approx(100)
    pace.begin()
    pace.hear("Reading pictures", 1.0, 0.5)
    pace.hear("Training, fold 2", 0.5, 1.0)
    assert pace.seconds_left == pytest.approx(50)


def test_a_pause_makes_nothing_slow() -> None:
    pace = Pace(PARTS)
    pace.hear("Training, fold 1", 0.0, 30.0)
    for number in range(1, 51):
        pace.hear("Training, fold 1", number / 100, 30.0 + number)
    pace.hear("Training, fold 1", 0.51, 36_000.0)
    left = pace.seconds_left
    assert left is not None
    assert 179 < left < 260


def test_steps_that_are_no_part_move_nothing() -> None:
    pace = Pace(PARTS)
    pace.hear("Preparing", 0.0, 5.0)
    pace.hear("", 0.0, 6.0)
    assert pace.seconds_left == 260
    assert Pace(()).seconds_left is None


def test_a_training_names_its_parts_as_they_were_told(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    recipe = replace(tiny_recipe(), division=Division(folds=3, run=2))
    parts = parts_of(recipe, 24, Rates(reading=10.0, learning=10.0, seeing=10.0))
    heard: list[str] = []
    pace, began = Pace(parts), time.monotonic()

    def step(made: Step) -> None:
        heard.append(made.phase)
        pace.hear(made.phase, made.done / made.total if made.total else 0.0, time.monotonic() - began)

    run_study(recipe, tmp_path, tmp_path / "out", Progress(step))
    names = [part.name for part in parts if part.name]
    assert names == ["Reading pictures", "Training, fold 1", REMEMBERING, "Training, fold 2"]
    assert [name for name in dict.fromkeys(heard) if name in names] == names
