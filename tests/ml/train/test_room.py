"""Room for a training: what is said of it, and a training that waits for it or ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ml.errors import Problem
from ml.memory import memory
from ml.progress import Cancelled, Progress, Step
from ml.train import room
from ml.train.room import WAITING, Guard, Resources, resources_of

GB = 2**30
ROOM = Resources(9 * GB, GB, 4 * GB, 8 * GB)
NO_MEMORY = Resources(9 * GB, GB, GB // 5, 8 * GB)
NO_DISK = Resources(GB // 4, GB, 4 * GB, 8 * GB)
NOTHING_LEFT = Resources(9 * GB, GB, GB // 20, 8 * GB)

Looks = Callable[..., None]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """What is found, look by look; the last one again and again."""

    def found(*every: Resources) -> None:
        coming: Iterator[Resources] = iter(every)
        monkeypatch.setattr(room, "resources_of", lambda *_: next(coming, every[-1]))

    monkeypatch.setattr(room, "_EVERY", 0.0)
    return found


@pytest.mark.parametrize(
    ("disk", "memory", "words"),
    [
        (9 * GB, 4 * GB, ""),
        (GB, 4 * GB, "Little room"),
        (GB // 4, 4 * GB, "nearly full"),
        (9 * GB, GB // 2, "nearly used up"),
        (9 * GB, GB // 8, "memory is full"),
    ],
)
def test_what_becomes_scarce_is_said(disk: int, memory: int, words: str) -> None:
    found = Resources(disk, GB, memory, 8 * GB)
    assert words in found.warning()
    assert bool(found.warning()) == bool(words)
    assert found.must_wait == (disk < GB // 2 or memory < GB // 4)


def test_what_there_is_now(tmp_path: Path) -> None:
    found = resources_of(tmp_path / "not" / "there", 5)
    assert found.disk_free > 0
    assert found.memory_whole > found.memory_free > 0
    assert found.memory_used == 5


def test_the_limit_of_a_container_is_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux would end the training at 512 MB, whatever the computer has."""
    (tmp_path / "memory.max").write_text(f"{512 * 2**20}\n")
    (tmp_path / "memory.current").write_text(f"{500 * 2**20}\n")
    (tmp_path / "own").write_text("0::/\n")
    monkeypatch.setattr(room, "memory", lambda: memory(tmp_path, tmp_path / "own"))
    found = resources_of(tmp_path, 5)
    assert (found.memory_whole, found.memory_free) == (512 * 2**20, 12 * 2**20)
    assert found.memory_full
    (tmp_path / "memory.current").write_text(f"{100 * 2**20}\n")
    assert not resources_of(tmp_path, 5).memory_full


@pytest.mark.parametrize("full", [NO_MEMORY, NO_DISK])
def test_it_waits_until_there_is_room_and_goes_on(full: Resources, looks: Looks, tmp_path: Path) -> None:
    steps: list[Step] = []
    plain = Progress(steps.append)
    guarded = plain.guarded_by(Guard(tmp_path, plain))
    looks(ROOM, full, full, ROOM)
    guarded.check()
    assert steps == []
    guarded.heard_by(lambda _: None).check()  # whoever listens besides, the guard stays
    assert [(step.phase, step.note) for step in steps] == [(WAITING, full.warning())]
    guarded.check()
    assert len(steps) == 1


@pytest.mark.parametrize(("full", "word"), [(NO_MEMORY, "memory"), (NO_DISK, "disk")])
def test_where_no_room_comes_it_ends_and_says_what_is_kept(
    full: Resources, word: str, looks: Looks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_PATIENCE", -1.0)
    looks(full)
    plain = Progress()
    with pytest.raises(Problem, match=word) as caught:
        plain.guarded_by(Guard(tmp_path, plain)).check()
    assert "is kept" in caught.value.remedy


def test_the_last_memory_is_not_waited_for(looks: Looks, tmp_path: Path) -> None:
    """It gives back its own before the system kills it."""
    looks(NO_MEMORY, NOTHING_LEFT)
    plain = Progress()
    with pytest.raises(Problem, match="memory"):
        plain.guarded_by(Guard(tmp_path, plain)).check()


def test_a_stop_is_heard_while_it_waits(looks: Looks, tmp_path: Path) -> None:
    plain = Progress(on_step=lambda _: plain.stop())
    looks(NO_MEMORY)
    with pytest.raises(Cancelled):
        plain.guarded_by(Guard(tmp_path, plain)).check()
