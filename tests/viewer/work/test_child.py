"""A command in a process of its own: followed, paused, stopped, killed, found again."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from viewer.work.child import Child

LONG = 120_000


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for label in "ab":
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for number in range(3):
            pixels = np.full((8, 8, 3), 20 * number, dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / label / f"{number}.png")
    return tmp_path / "pictures"


def test_events_come_and_it_ends(qtbot: QtBot, tmp_path: Path, pictures: Path) -> None:
    child = Child(tmp_path / "run")
    told: list[dict[str, object]] = []
    child.told.connect(told.append)
    with qtbot.waitSignal(child.ended, timeout=LONG):
        child.start(["survey", str(pictures)])
        assert child.running
    assert not child.running
    assert told[0]["event"] == "begun"
    assert told[-1]["event"] == "done"
    assert told[-1]["labels"] == {"a": 3, "b": 3}
    later: list[dict[str, object]] = []
    again = Child(tmp_path / "run")
    again.told.connect(later.append)
    assert not again.follow()
    assert later == told


def test_a_refusal_is_an_event(qtbot: QtBot, tmp_path: Path) -> None:
    child = Child(tmp_path / "run")
    told: list[dict[str, object]] = []
    child.told.connect(told.append)
    with qtbot.waitSignal(child.ended, timeout=LONG):
        child.start(["survey", str(tmp_path / "gone")])
    assert told[-1]["event"] == "failed"
    assert "is not there" in str(told[-1]["what"])


def _share_of(process: str) -> str:
    """How far the session of a process stands behind (Linux); empty where sessions have no share.

    Where the kernel knows sessions but does not divide by them, the file is there and holds nothing.
    """
    path = Path(f"/proc/{process}/autogroup")
    words = path.read_text(encoding="ascii").split() if path.exists() else []
    return words[-1] if words else ""


def test_found_again_paused_and_killed(qtbot: QtBot, tmp_path: Path) -> None:
    """A process that waits for ever: a named pipe that nobody writes to is read as a table."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    os.mkfifo(folder / "labels.csv")
    first = Child(tmp_path / "run")
    own = _share_of("self")
    first.start(["survey", str(folder)])
    process = first._process
    assert process is not None
    first.close()
    assert psutil.pid_exists(process.pid)  # nobody looks, and it lives
    assert process.nice() >= 10
    if own:
        assert _share_of(str(process.pid)) == "5"
        assert _share_of("self") == own  # the window's own session keeps its share
    second = Child(tmp_path / "run")
    assert second.follow()
    second.pause()
    assert second.paused  # shown at once, however busy the system is
    qtbot.waitUntil(lambda: process.status() == psutil.STATUS_STOPPED, timeout=LONG)
    third = Child(tmp_path / "run")
    assert third.follow()
    assert third.paused
    third.close()
    second.go_on()
    assert not second.paused
    qtbot.waitUntil(lambda: process.status() != psutil.STATUS_STOPPED, timeout=LONG)
    assert second.memory() > 0
    with qtbot.waitSignal(second.ended, timeout=LONG):
        os.kill(process.pid, signal.SIGKILL)
    assert not Child(tmp_path / "run").follow()
