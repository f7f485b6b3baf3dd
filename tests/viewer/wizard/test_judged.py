"""Answers of a training as arrays; comparisons, thresholds and reliability in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.evaluate.classification import balanced_accuracy
from viewer.wizard.answers import Answer, read_map
from viewer.wizard.judged import (
    Judged,
    compared,
    difference_in_words,
    judged,
    meaning_of,
    threshold_in_words,
)
from viewer.wizard.reliability_view import reliability_in_words

CHANCE = np.random.default_rng(11)


def made(right: float, count: int = 120, seed: int = 0, place: bool = False, name: str = "f") -> Judged:
    chance = np.random.default_rng(seed)
    answers = []
    for number in range(count):
        label = "ab"[number % 2]
        likely = 0.9 if chance.random() < right else 0.1
        values = {label: likely, "ba"[number % 2]: 1 - likely}
        spot = (number * 8.0, 0.0, 8.0, 8.0) if place else None
        path = Path(f"s{number % 3}.svs") if place else Path(f"{name}{number}.png")
        answers.append(Answer(path, spot, label, f"p{number // 4}", {"a": values["a"], "b": values["b"]}))
    found = judged(tuple(answers), several=False)
    assert found is not None
    return found


def test_a_difference_that_chance_gives_is_said_to_be_one() -> None:
    found = compared(made(0.8, seed=1), made(0.8, seed=2))
    assert found is not None
    assert found.verdict == "not told apart"
    words = difference_in_words(found, "“Old”", several=False)
    assert words.startswith("Not told apart from “Old”: the difference is no more than chance gives.")
    assert "30 patients" in words


def test_a_clear_difference_is_said_with_its_side() -> None:
    good, bad = made(1.0), made(0.5, seed=3)
    better, worse = compared(good, bad), compared(bad, good)
    assert better is not None
    assert worse is not None
    assert (better.verdict, worse.verdict) == ("better", "worse")
    truth, said = bad.labels.argmax(axis=1), bad.probabilities.argmax(axis=1)
    assert better.one.value == pytest.approx(balanced_accuracy(truth, said))
    assert better.other.value == 1.0


def test_what_was_asked_of_other_pictures_or_classes_is_not_compared() -> None:
    one = made(0.9)
    assert compared(one, made(0.9, name="other")) is None
    named = tuple(Answer(a.path, a.place, a.label, a.patient, {"a": 0.5, "c": 0.5}) for a in one.answers)
    other = judged(named, several=False)
    assert other is not None
    assert compared(one, other) is None
    assert judged((), several=False) is None


def test_a_threshold_in_words_for_pictures_and_for_slides() -> None:
    one = made(0.9, seed=5)
    found = one.thresholds("a").at(0.5)
    words = threshold_in_words(found, "a", one.slides)
    assert f"Misses {100 * found.missed / 60:.0f} of 100 “a”" in words
    assert "false alarms per 100 pictures that are not “a”" in words
    assert "slide" not in words
    patches = made(0.9, seed=5, place=True)
    found = patches.thresholds("a").at(0.5)
    assert patches.slides == 3
    assert f"{found.false_alarms / 3:.1f}" in threshold_in_words(found, "a", 3)
    assert meaning_of(found, 3)["slides"] == 3


def test_reliability_counts_every_picture_once() -> None:
    one = made(0.7, seed=4)
    bins = one.reliability()
    assert sum(found.count for found in bins) == 120
    assert "too sure" in reliability_in_words(bins)
    assert sum(found.count for found in one.reliability("b")) == 120
    assert reliability_in_words(()) == ""


def test_several_labels_of_one_picture() -> None:
    rows = (("a;b", 0.9, 0.8), ("a", 0.7, 0.2), ("", 0.1, 0.1))
    found = judged(
        tuple(
            Answer(Path(f"{n}.png"), None, label, f"p{n}", {"a": a, "b": b})
            for n, (label, a, b) in enumerate(rows)
        ),
        several=True,
    )
    assert found is not None
    assert found.labels.tolist() == [[True, True], [True, False], [False, False]]


def test_the_map_knows_what_its_pictures_were_answered(tmp_path: Path) -> None:
    one = made(0.9, count=2)
    lines = ["file,x,y,width,height,label,patient,map_x,map_y"]
    lines += [f"{a.path},,,,,{a.label},cases: {a.patient},1.5,-2.0" for a in one.answers]
    lines += ["untested.png,,,,,a,cases: p9,0,0", "slide.svs,1,2,3,4,a,cases: p9,0,0"]
    (tmp_path / "map.csv").write_text("\n".join(lines), encoding="utf-8")
    points = read_map(tmp_path / "map.csv", one.answers)
    assert points[0].answer is one.answers[0]
    assert (points[0].x, points[0].y) == (1.5, -2.0)
    assert points[2].answer.said == ""
    assert points[3].answer.place == (1, 2, 3, 4)
    assert read_map(tmp_path / "none.csv", ()) == ()
