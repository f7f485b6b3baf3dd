"""`parfocal-ml train` on a computer whose memory runs out: no window is there to look after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ml.train import figures, room
from ml.train.room import WAITING, Resources
from tests.ml.verbs.conftest import Said

Program = Callable[..., Said]
GB = 2**30
ROOM = Resources(9 * GB, GB, 4 * GB, 8 * GB)
WAIT = Resources(9 * GB, GB, GB // 5, 8 * GB)
END = Resources(9 * GB, GB, GB // 20, 8 * GB)


def answers(out: Path) -> object:
    return json.loads((out / "report.json").read_text(encoding="utf-8"))["figures"]


def test_it_waits_ends_and_goes_on_to_the_same_result(
    as_program: Program, small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures.report, "__defaults__", (20,))
    monkeypatch.setattr(room, "_EVERY", 0.0)
    words = ("train", small_study, "--data", small_study.parent, "--out")
    short = False  # from the second pass on

    def found(*_: object) -> Resources:
        nonlocal short
        if not (tmp_path / "broken" / "folds" / "0" / "last.ckpt").exists():
            return ROOM
        short = not short
        return WAIT if short else END

    monkeypatch.setattr(room, "resources_of", found)
    code, events, _ = as_program(*words, tmp_path / "broken")
    assert (code, events[-1]["event"]) == (2, "failed")
    assert "memory is full" in events[-1]["what"]
    assert events[-2]["phase"] == WAITING
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == [1]

    monkeypatch.setattr(room, "resources_of", lambda *_: ROOM)
    code, events, _ = as_program(*words, tmp_path / "broken")
    assert (code, events[-1]["event"]) == (0, "done")
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == [2]
    code, *_ = as_program(*words, tmp_path / "whole")
    assert code == 0
    assert answers(tmp_path / "broken") == answers(tmp_path / "whole")
