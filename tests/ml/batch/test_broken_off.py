"""A process that ends in the midst of a cohort: killed from outside, or crashed by what it looked at."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from ml.batch.item import Item
from ml.batch.ledger import MOST_ATTEMPTS, Ledger, Row

ROOT = Path(__file__).resolve().parents[3]

RUN = """
import faulthandler, os, signal, sys
from pathlib import Path
from ml.batch.cohort import due_tasks, run_here
from ml.batch.crash import crash_told
from ml.batch.item import Item, Outcome, Task, Wanted
from ml.batch.ledger import Ledger
from ml.progress import Progress

folder, end = Path(sys.argv[1]), sys.argv[2]
ENDS = {"crash": faulthandler._sigsegv, "kill": lambda: os.kill(os.getpid(), signal.SIGKILL), "": int}

class Work:
    def look(self, task, progress):
        if task.item.name == "bad":
            ENDS[end]()
        task.folder.mkdir(exist_ok=True)
        return lambda: Outcome("done", 1.0)

    def sha256(self, task, progress):
        return ""

items = [Item("slide", folder / f"{name}.tif", name) for name in ("one", "bad", "two", "three")]
jobs = {item.id: "job" for item in items}
with crash_told(folder) as crash, Ledger(folder / "book", crash) as ledger:
    noted = ledger.enter(items, jobs)
    tasks = [Task(item, Wanted("model"), folder / item.name) for item in noted]
    due = due_tasks(tasks, ledger, jobs, Work(), Progress(), retry="retry" in sys.argv)
    run_here(due, ("cpu", "cpu"), ledger, Work(), Progress())
"""


def run(folder: Path, end: str, *more: str) -> int:
    """One start of the program; its exit code."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONFAULTHANDLER"}
    command = [sys.executable, "-c", RUN, str(folder), end, *more]
    return subprocess.run(command, env={**environment, "PYTHONPATH": str(ROOT)}, check=False).returncode


def rows(folder: Path) -> dict[str, Row]:
    with Ledger(folder / "book") as book:
        return {row.name: row for row in book.rows()}


def test_what_was_looked_at_when_the_program_was_killed_is_simply_done_again(tmp_path: Path) -> None:
    for start in range(5):
        assert run(tmp_path, "kill") < 0
        if start:  # the others came first; the last of them may still have been in the writer's hands
            bad = rows(tmp_path)["bad"]
            assert (bad.state, bad.crashes) == ("waiting", 0)
            assert rows(tmp_path)["one"].state == "done"
    assert run(tmp_path, "") == 0
    found = rows(tmp_path)
    assert {name for name, row in found.items() if row.state == "done"} == {"one", "bad", "two", "three"}
    assert (found["bad"].attempts, found["bad"].broken_off) == (1, 0)
    assert not (tmp_path / "crash.txt").exists()


def test_what_crashes_the_program_again_and_again_is_given_up_with_its_reason(tmp_path: Path) -> None:
    assert [run(tmp_path, "crash") < 0 for _ in range(4)] == [True, True, True, False]
    found = rows(tmp_path)
    assert {name for name, row in found.items() if row.state == "done"} == {"one", "two", "three"}
    assert found["bad"].state == "failed"
    assert "crashed 3 times" in found["bad"].reason
    assert "Segmentation fault" in found["bad"].details
    assert run(tmp_path, "crash") == 0, "it is not tried by itself"
    assert run(tmp_path, "", "retry") == 0
    assert rows(tmp_path)["bad"].state == "done"


def test_kills_between_failures_use_up_no_attempt(tmp_path: Path) -> None:
    item = Item("slide", tmp_path / "a.tif", "a")
    with Ledger(tmp_path / "book") as book:
        book.enter([item], {item.id: "job"})
    for _ in range(MOST_ATTEMPTS + 1):
        with Ledger(tmp_path / "book") as book:
            book.begin(item.id, "")
    assert rows(tmp_path)["a"].attempts == 0


def test_a_book_of_an_older_version_goes_on(tmp_path: Path) -> None:
    item = Item("slide", tmp_path / "a.tif", "a")
    with Ledger(tmp_path / "book") as book:
        book.enter([item], {item.id: "job"})
    base = sqlite3.connect(tmp_path / "book")
    for column in ("broken_off", "crashes"):
        base.execute(f"ALTER TABLE item DROP COLUMN {column}")
    base.close()
    assert rows(tmp_path)["a"].crashes == 0
