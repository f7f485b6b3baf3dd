"""Kills, a full disk, a locked or read-only library: nothing confirmed is lost, what waits is saved later."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ml.annotation.document import AnnotationDocument
from ml.errors import Problem
from tests.closed import closed
from tests.viewer.cases.drawn import box, draw
from tests.viewer.cases.test_writer import Ear
from viewer.cases import database
from viewer.cases.library import Library
from viewer.cases.news import News, SaveState
from viewer.cases.values import Item, ItemFacts
from viewer.cases.writer import Writer

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "kills", [12, pytest.param(200, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])]
)
def test_nothing_confirmed_is_lost_by_a_kill(tmp_path: Path, kills: int) -> None:
    command = [sys.executable, "-m", "tests.viewer.cases.kill_run", str(tmp_path), str(kills), "6"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    rounds = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rounds) == kills
    assert sum(one["edit"] for one in rounds) >= kills / 2, "the kills came too early to show anything"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MiB in memory. Skips where this user may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.decode()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def closed_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that is read-only, also for root."""
    folder = tmp_path / "folder"
    folder.mkdir()
    with closed(folder):
        yield folder


def fill_up(path: Path) -> None:
    """Write until the disk is full, to the last byte."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass


def remount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)


def opened(file: Path) -> tuple[Library, Item]:
    library = Library.open(file, "me")
    item = library.add(library.new_case("One").id, ItemFacts("slide", Path("/a"), "a", "a"))
    library.commit(item.id, draw(box(0)))
    return library, item


def is_failing(news: News) -> bool:
    return isinstance(news, SaveState) and news.kind == "failing"


def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    library, item = opened(small_disk / "library.sqlite")
    ear = Ear()
    writer = Writer(library, ear)
    filler = small_disk / "filler"
    fill_up(filler)
    boxes = [box(n) for n in range(60)]
    for one in boxes:
        writer.commit(item.id, draw(one))
    state = ear.wait(is_failing)
    assert isinstance(state, SaveState)
    assert "disk is full" in str(state.problem)
    library.annotations(item.id)  # one may go on looking
    filler.unlink()
    assert writer.flush(60)
    assert library.annotations(item.id)[1:] == tuple(boxes)
    assert library.check_audit() is None
    assert writer.close()
    library.close()


def test_a_database_that_is_full_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without root: SQLite itself says that there is no more room."""
    real = database._prepared

    def prepared(connection: object, record: object) -> None:
        real(connection, record)  # type: ignore[arg-type]
        connection.execute(f"PRAGMA max_page_count = {room[0]}")  # type: ignore[attr-defined]

    room = [100_000]
    monkeypatch.setattr(database, "_prepared", prepared)
    library, item = opened(tmp_path / "library.sqlite")
    room[0] = 1  # as many as there are
    library._database.engine.dispose()
    with pytest.raises(database.NotNow, match="disk is full"):
        library.commit(item.id, draw(*(box(n) for n in range(2000))))
    kept = library.annotations(item.id)
    room[0] = 100_000
    library._database.engine.dispose()
    one = box(1)
    library.commit(item.id, draw(one))
    assert library.annotations(item.id) == (*kept, one)
    assert library.check_audit() is None
    library.close()


def test_a_disk_that_becomes_read_only_loses_nothing(small_disk: Path) -> None:
    library, item = opened(small_disk / "library.sqlite")
    library.close()
    remount(small_disk, "ro")
    with pytest.raises(Problem, match="read-only"):
        Library.open(small_disk / "library.sqlite", "me")
    remount(small_disk, "rw")
    library = Library.open(small_disk / "library.sqlite", "me")
    assert len(library.annotations(item.id)) == 1
    library.close()


def test_a_folder_that_may_not_be_written_says_so(closed_folder: Path) -> None:
    with pytest.raises(Problem, match="read-only"):
        Library.open(closed_folder / "library.sqlite", "me")
    assert list(closed_folder.iterdir()) == []


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
connection.close()
"""


def test_another_program_that_writes_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    file = tmp_path / "library.sqlite"
    library, item = opened(file)
    ear = Ear()
    writer = Writer(library, ear)
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        one = box(1)
        writer.commit(item.id, draw(one))
        state = ear.wait(is_failing)
        assert isinstance(state, SaveState)
        assert "Another program writes" in str(state.problem)
        assert len(library.annotations(item.id)) == 1  # looking waits for nobody
        holder.communicate("\n")
    assert writer.flush(60)
    assert library.annotations(item.id)[1:] == (one,)
    assert writer.close()
    library.close()


def test_two_programs_that_write_at_once_take_turns(tmp_path: Path) -> None:
    file = tmp_path / "library.sqlite"
    library, item = opened(file)
    others = [Library.open(file, f"author {n}") for n in range(3)]

    def edit(other: Library) -> None:
        for n in range(15):
            other.commit(item.id, draw(box(n)))

    threads = [threading.Thread(target=edit, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [edit.version for edit in library.history(item.id)] == list(range(1, 47))
    assert library.check_audit() is None
    document = AnnotationDocument()
    for one in library.history(item.id):
        document.apply(one.change)
    assert tuple(document) == library.annotations(item.id)
    for one in (library, *others):
        one.close()
