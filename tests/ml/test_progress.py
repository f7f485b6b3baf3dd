"""Steps, estimates and the wish to stop."""

from __future__ import annotations

import threading

import pytest

from ml.progress import Cancelled, Progress, Step


def test_rate_and_time_left() -> None:
    step = Step("Scoring patches", done=30, total=120, seconds=6.0)
    assert step.rate == 5.0
    assert step.seconds_left == pytest.approx(18.0)


def test_nothing_is_claimed_before_anything_is_known() -> None:
    assert Step("Scoring patches", 0, 120).rate == 0
    assert Step("Scoring patches", 0, 120).seconds_left is None
    assert Step("Scoring patches", 0, 120, seconds=3).seconds_left is None
    assert Step("Reading", 10, 0, seconds=3).seconds_left is None, "the total is not known"
    assert Step("Reading", 10, 10, seconds=3).seconds_left == 0


def test_the_listeners_are_told() -> None:
    steps: list[Step] = []
    parts: list[object] = []
    progress = Progress(steps.append, parts.append)
    progress.step(Step("a", 1, 2))
    progress.part("scores")
    assert steps == [Step("a", 1, 2)]
    assert parts == ["scores"]
    Progress().step(Step("nobody listens", 0, 0))


def test_a_stop_is_wished_from_another_thread() -> None:
    progress = Progress()
    progress.check()
    assert not progress.stop_wished
    thread = threading.Thread(target=progress.stop)
    thread.start()
    thread.join()
    assert progress.stop_wished
    for _ in range(2):
        with pytest.raises(Cancelled):
            progress.check()
