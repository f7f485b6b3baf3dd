"""300,000 boxes through the case library, beside what SQLite alone needs for the same rows.

The peer is Python's `sqlite3` with the same tables, pragmas and bytes, all of them made beforehand: no
annotations, no journal to put together, no audit trail to hash. For whole sets the processor's time counts,
which says the same on a busy machine; for one edit the clock, in turns with the peer on the same disk. The
last lines are the waits of a person: for the gesture (handing an edit to the writer's thread), and until it
is on the disk. Another number of boxes may be given on the command line.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ml.annotation.document import Change
from ml.annotation.packing import body_of, packed, packed_change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from viewer.cases.database import _prepared
from viewer.cases.library import Library
from viewer.cases.values import Item, ItemFacts
from viewer.cases.writer import Writer

OBJECTS = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
EDITS = 200
REPEATS = 3
T = TypeVar("T")


def main() -> int:
    """Sets of all objects, then single edits with all of them there."""
    boxes = tuple(_box(n) for n in range(OBJECTS))
    other = tuple(replace(one, class_name="Stroma") for one in boxes)
    runs = []
    for number in range(REPEATS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            mine, theirs = library(folder, boxes, other), peer(folder, boxes, other)
            size = (folder / "library.sqlite").stat().st_size / 2**20
            runs.append({kind: (mine[kind], theirs[kind]) for kind in mine})
            if number == REPEATS - 1:
                print(f"{OBJECTS:,} boxes with a class and a score; the file has {size:.0f} MiB")
    for kind in runs[0]:
        ratios = sorted(run[kind][0] / run[kind][1] for run in runs)
        seconds = sorted(run[kind][0] for run in runs)
        print(
            f"{kind:9} {seconds[REPEATS // 2]:6.2f} s of processor, "
            f"{ratios[REPEATS // 2]:4.1f} × SQLite alone ({ratios[0]:.1f} to {ratios[-1]:.1f})"
        )
    with tempfile.TemporaryDirectory() as name:
        single_edits(Path(name))
    return 0


def _box(number: int) -> Annotation:
    rect = Rect(number % 700 * 130.0, number // 700 * 130.0, 128, 128)
    return Annotation(
        Shape.rectangle(rect),
        class_name="Tumor",
        measurements={"Score": number % 997 / 997},
        object_type="detection",
    )


def library(folder: Path, boxes: tuple[Annotation, ...], other: tuple[Annotation, ...]) -> dict[str, float]:
    """Seconds of each, through the library."""
    opened = Library.open(folder / "library.sqlite", "bench")
    item = _item(opened)
    relabel = Change(boxes, other, "Relabel")
    found = {
        "commit": spent(lambda: opened.commit(item.id, Change((), boxes, "Import"), 0))[0],
        "load": spent(lambda: opened.annotations(item.id))[0],
        "relabel": spent(lambda: opened.commit(item.id, relabel, 1))[0],
        "undo": spent(lambda: opened.commit(item.id, relabel.inverse(), 2))[0],
    }
    opened.close()
    return found


def peer(folder: Path, boxes: tuple[Annotation, ...], other: tuple[Annotation, ...]) -> dict[str, float]:
    """The same rows by `sqlite3`."""
    rows = [(1, place, *packed(one)) for place, one in enumerate(boxes, 1)]
    told = [(packed(one).facts, 1, one.id) for one in other]
    back = [(packed(one).facts, 1, one.id) for one in boxes]
    bodies = [body_of(packed_change(change)) for change in (Change((), boxes, ""), Change(boxes, other, ""))]
    with closing(_connected(folder / "raw.sqlite")) as connection:
        insert = "INSERT INTO annotations VALUES (?, ?, ?, ?, ?)"
        update = "UPDATE annotations SET facts = ? WHERE item_id = ? AND key = ?"
        query = "SELECT key, facts, shape FROM annotations WHERE item_id = 1 ORDER BY place"
        return {
            "commit": spent(lambda: _carry_out(connection, insert, rows, bodies[0]))[0],
            "load": spent(lambda: connection.execute(query).fetchall())[0],
            "relabel": spent(lambda: _carry_out(connection, update, told, bodies[1]))[0],
            "undo": spent(lambda: _carry_out(connection, update, back, bodies[1]))[0],
        }


def single_edits(folder: Path) -> None:
    """One edit after the other, in turns with the peer; and by the writer's thread."""
    opened = Library.open(folder / "library.sqlite", "bench")
    item = _item(opened)
    opened.commit(item.id, Change((), tuple(_box(n) for n in range(20_000)), "Import"), 0)
    insert = "INSERT INTO annotations VALUES (?, ?, ?, ?, ?)"
    mine, theirs, mine_cpu, theirs_cpu, gestures, confirmed = [], [], [], [], [], []
    with closing(_connected(folder / "raw.sqlite")) as connection:
        for number in range(EDITS):
            change = Change((), (_box(number),), "Draw")
            row = [(1, number, *packed(change.added[0]))]
            body = body_of(packed_change(change))
            clock, processor = waited(lambda: _carry_out(connection, insert, row, body))  # noqa: B023
            theirs.append(clock)
            theirs_cpu.append(processor)
            clock, processor = waited(lambda: opened.commit(item.id, change))  # noqa: B023
            mine.append(clock)
            mine_cpu.append(processor)
    writer = Writer(opened)
    for number in range(EDITS):
        change = Change((), (_box(number),), "Draw")
        began = time.perf_counter()
        writer.commit(item.id, change)
        gestures.append(time.perf_counter() - began)
        writer.flush(60)
        confirmed.append(time.perf_counter() - began)
    writer.close()
    opened.close()
    beyond = (statistics.median(mine) - statistics.median(theirs)) * 1000
    print(f"one edit: {told(mine)}; SQLite alone {told(theirs)}; beyond it {beyond:.2f} ms on the clock")
    print(f"          of processor {told(mine_cpu)}; SQLite alone {told(theirs_cpu)}")
    print(f"through the writer: the gesture waits {told(gestures)}; on the disk after {told(confirmed)}")


def told(seconds: list[float]) -> str:
    """Median and 95th percentile."""
    ordered = sorted(seconds)
    return f"{statistics.median(ordered) * 1000:.2f} ms (p95 {ordered[int(len(ordered) * 0.95)] * 1000:.2f})"


def spent(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds of the processor, and what came of it."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def waited(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def _carry_out(
    connection: sqlite3.Connection, statement: str, rows: list[tuple[object, ...]], body: bytes
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(statement, rows)
    connection.execute("INSERT INTO journal (body) VALUES (?)", (body,))
    connection.execute("COMMIT")


def _connected(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file)
    _prepared(connection, None)
    connection.execute(
        "CREATE TABLE annotations (item_id INTEGER, place INTEGER, key TEXT, facts TEXT, shape BLOB, "
        "PRIMARY KEY (item_id, place)) WITHOUT ROWID"
    )
    connection.execute("CREATE UNIQUE INDEX by_key ON annotations (item_id, key)")
    connection.execute("CREATE TABLE journal (version INTEGER PRIMARY KEY, body BLOB)")
    return connection


def _item(opened: Library) -> Item:
    case = opened.new_case("Bench")
    return opened.add(case.id, ItemFacts("slide", Path("/a"), "a", "a"))


if __name__ == "__main__":
    sys.exit(main())
