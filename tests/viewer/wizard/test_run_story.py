"""A training as its events tell it."""

from __future__ import annotations

import pytest

from ml.train.duration import Part
from viewer.wizard.run_story import RunStory, phase_in_words
from viewer.wizard.training_step import said_in_words


def step(fold: int, done: int, rate: float = 2.0) -> dict[str, object]:
    left = (10 - done) / rate
    return {
        "event": "step",
        "phase": f"Training, fold {fold}",
        "done": done,
        "total": 10,
        "rate": rate,
        "seconds_left": left,
        "note": "",
    }


def epoch(fold: int, number: int, **values: float | None) -> dict[str, object]:
    return {"event": "epoch", "fold": fold, "epoch": number, "seconds": 1.0, **values}


def test_time_left_counts_the_parts_to_come() -> None:
    story = RunStory(folds=3, epochs=2)
    assert story.seconds_left is None
    story.hear(step(2, 5))
    assert story.share == pytest.approx(1.5 / 3)
    assert story.seconds_left == pytest.approx(2.5 + 5)
    assert phase_in_words(story) == "Learning, part 2 of 3: 5 of 10 steps"


def test_what_was_told_before_is_corrected_also_between_parts() -> None:
    told = (
        Part("Training, fold 1", "learning", 100.0),
        Part("", "seeing", 20.0),
        Part("Training, fold 2", "learning", 100.0),
    )
    story = RunStory(2, 2, told)
    assert story.seconds_left is None  # nothing is heard of it yet
    story.hear(step(1, 0) | {"elapsed": 5.0})
    assert story.seconds_left == pytest.approx(220)
    story.hear(step(1, 10) | {"elapsed": 205.0})
    left = story.seconds_left
    assert left is not None
    assert left == pytest.approx(240, rel=0.06)  # all goes at half the speed
    story.hear({"event": "step", "phase": "Writing", "done": 0, "total": 0, "elapsed": 206.0})
    assert story.seconds_left == left
    story.hear({"event": "begun", "at": 0})
    story.hear(step(2, 5) | {"elapsed": 3.0})
    assert story.seconds_left == pytest.approx(100, rel=0.06)


def test_what_is_done_after_a_part_takes_nothing_back() -> None:
    story = RunStory(folds=2, epochs=2)
    story.hear(step(1, 10))
    story.hear(
        {"event": "step", "phase": "Learning what training pictures look like", "done": 0, "total": 28}
    )
    assert story.share == pytest.approx(1 / 2)
    assert story.seconds_left is None
    assert phase_in_words(story) == "Learning what training pictures look like: 0 of 28"


def test_curves_are_of_each_part_and_a_pass_told_again_counts_once() -> None:
    story = RunStory(folds=2, epochs=2)
    for number, loss in ((1, 0.9), (2, 0.8), (2, 0.7)):
        story.hear(epoch(0, number, loss=loss, auroc=None))
    story.hear(epoch(1, 1, loss=0.5))
    assert story.curves("loss") == {"part 1": [(1, 0.9), (2, 0.7)], "part 2": [(1, 0.5)]}
    assert story.curves("auroc") == {}
    assert story.finished_folds == 1


def test_where_several_may_hold_what_is_said_is_from_half_on() -> None:
    said = {"classes": ["left", "right"], "probabilities": [0.2, 0.3], "label": ""}
    assert said_in_words(said, several=True).startswith("✓ right")
    assert said_in_words({**said, "label": "right"}, several=True).startswith("✗")
    assert said_in_words({**said, "label": "right"}, several=False).startswith("✓")
    both = {**said, "probabilities": [0.6, 0.9]}
    assert said_in_words({**both, "label": "left;right"}, several=True).startswith("✓ right")
    assert said_in_words({**both, "label": "right"}, several=True).startswith("✗")
    one = {"classes": ["lesion"], "probabilities": [0.1], "label": ""}
    assert said_in_words(one, several=False).startswith("✓")


def test_its_end_and_a_new_beginning() -> None:
    story = RunStory(1, 1)
    story.hear({"event": "failed", "what": "The disk is full.", "remedy": "Make room."})
    assert (story.ended, story.what) == ("failed", "The disk is full.")
    story.hear({"event": "begun", "at": 0})
    assert story.ended == ""
    story.hear({"event": "done", "folder": "out"})
    assert story.ended == "done"
