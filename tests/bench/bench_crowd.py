"""300,000 annotations in the whole window, with case library, table, picture and undo all following.

Imports them from a file, goes through the table, relabels all, takes it back, deletes all, writes them,
closes the slide and opens it again out of the library while panning. For each it tells the seconds until it
is done (and saved), and the longest time for which the window answered nothing: the longest gap between two
ticks of a timer. Beside them stands what json and SQLite alone need for the same objects in the same run.
`python tests/bench/bench_crowd.py 30000` takes fewer.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import shapely

OBJECTS = 300_000
TICK = 4  # ms
PATIENCE = 900.0  # s
Made = list[tuple[float, float, float, str]]


def main() -> int:
    """Everything in turn, in a home of its own."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    number = int(sys.argv[1]) if len(sys.argv) > 1 else OBJECTS
    with tempfile.TemporaryDirectory() as name:
        os.environ["PARFOCAL_HOME"] = name
        file = Path(name) / "nuclei.geojson"
        with_json = written(file, number)
        print(f"{number:,} nuclei of 12 corners, {file.stat().st_size / 1e6:.0f} MB of GeoJSON")
        bare = {"json reads": with_json, **alone(file)}
        Driven(file, number, bare).run()
    return 0


class Driven:
    """The window, its slide, and what is done with it."""

    def __init__(self, file: Path, number: int, bare: dict[str, float]) -> None:
        from ml.slide.samples import samples
        from viewer.app import build

        self.file, self.number, self.bare = file, number, bare
        self.slide = samples()[0]
        _, self.window = build([])
        self.window.resize(1280, 800)
        self.window.show()
        self.window._idle.timeout.disconnect()  # libraries that nothing here needs
        self.ticks = Ticks()

    def run(self) -> None:
        """All phases."""
        self._head()
        self.phase("open the slide", lambda: self.window.slides.open(self.slide), self._is_sharp)
        self.window.frame.inspector.setCurrentWidget(self.window.frame.annotations)
        self.phase("at rest", lambda: None, after(1.0))
        files = self.window.further.annotating.files
        self.phase("import", lambda: files.bring_in([self.file]), self._all_there, beside="json reads")
        self.phase("  and saved", lambda: None, self._saved, beside="SQLite inserts")
        self._look_through()
        self._edit_all()
        out = self.file.with_name("out.geojson")
        self.phase(
            "write GeoJSON",
            lambda: files.write(self.opened, out, "geojson", only_selected=False),
            lambda: not files._work.busy,
            beside="json writes",
        )
        self.phase("close the slide", self.window.slides.close_current, self._saved)
        self.phase("  and what it left", lambda: None, after(2.0))
        self.phase("open it again: sharp", lambda: self.window.slides.open(self.slide), self._is_sharp)
        self.phase("  its annotations, panning", self._pan, self._all_there, beside="SQLite reads")
        self.phase("pan when all are there", self._pan, after(3.0))
        self.window.close()

    def _look_through(self) -> None:
        view = self.window.frame.annotations.view
        model, table = view.model, view.table
        self.phase("pan", self._pan, after(3.0))
        self.phase("sort by area", lambda: table.sortByColumn(3, _falling()), self._settled)
        self.phase("sort by class", lambda: table.sortByColumn(0, _falling()), self._settled)
        self.phase("find “stroma”", lambda: view.seek.setText("stroma"),
                   lambda: model.rowCount() == -(-self.number // 3) and self._settled())  # fmt: skip
        self.phase("find nothing more", lambda: view.seek.setText(""),
                   lambda: model.rowCount() == self.number and self._settled())  # fmt: skip

    def _edit_all(self) -> None:
        window = self.window
        annotating, classes = window.further.annotating, window.further.annotating.classes
        self.phase("select all", annotating.select_all, self._settled)
        self.phase("relabel all", lambda: annotating.give(classes.items[3]), self._settled, beside="a dict")
        self.phase("  and saved", lambda: None, self._saved, beside="SQLite updates")
        self.phase("undo", self.opened.undo.undo, self._settled, beside="a dict")
        self.phase("  and saved", lambda: None, self._saved, beside="SQLite updates")
        self.phase("delete all", self.window.deciding.delete_annotations, self._settled)
        self.phase("  and saved", lambda: None, self._saved)
        self.phase("undo", self.opened.undo.undo, self._settled)
        self.phase("  and saved", lambda: None, self._saved, beside="SQLite inserts")

    # ------------------------------------------------------------------ the window

    @property
    def opened(self) -> object:
        """The slide."""
        return self.window._parts.session.slide

    def phase(
        self, title: str, do: Callable[[], object], there: Callable[[], bool], beside: str = ""
    ) -> None:
        """Do something, and tell how long it took and how long the window did not answer."""
        self.ticks.start()
        began = time.perf_counter()
        do()
        late = until(there)
        seconds = time.perf_counter() - began
        gaps = self.ticks.stop()
        over = sum(gap for gap in gaps if gap > 200)
        bare = self.bare.get(beside, 0.0)
        ratio = f"{seconds / bare:8.1f} × {beside} ({bare:.2f} s)" if bare else ""
        print(f"{title:30}{seconds:8.2f}{max(gaps):10.0f}{over / 1000:9.1f}   {ratio}{late}", flush=True)

    def _head(self) -> None:
        print(f"\n{'':30}{'s':>8}{'longest':>10}{'> 0.2 s':>9}")
        print(f"{'':30}{'':>8}{'gap, ms':>10}{'in s':>9}")

    def _pan(self) -> None:
        view = self.window.slides.page.view
        view.zoom_to(20)
        self.ticks.pan(view)

    def _is_sharp(self) -> bool:
        page = self.window.slides.page
        return page is not None and page.view.is_sharp

    def _all_there(self) -> bool:
        opened = self.opened
        return opened is not None and len(opened.annotations) == self.number and self._settled()

    def _settled(self) -> bool:
        """Nothing is under way."""
        choosing = getattr(self.window.frame.annotations.view.model, "is_choosing", False)
        opened = self.opened
        editing = opened is not None and opened.wide.busy
        return not self.window._parts.annotation_files.busy and not choosing and not editing

    def _saved(self) -> bool:
        return self.window.status.kept.text() == "Saved"


class Ticks:
    """A timer in the window's thread: how long does it have to wait for its turn."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._gaps: list[float] = []
        self._last = 0.0
        self._clock, self._hand = QTimer(), QTimer()
        for timer, ms in ((self._clock, TICK), (self._hand, 12)):
            timer.setTimerType(Qt.TimerType.PreciseTimer)
            timer.setInterval(ms)
        self._clock.timeout.connect(self._tick)
        self._hand.timeout.connect(self._move)
        self._way: Iterator[tuple[int, int]] = iter(())
        self._view: object = None

    def start(self) -> None:
        """Begin to measure."""
        self._gaps, self._last = [], time.perf_counter()
        self._clock.start()

    def stop(self) -> list[float]:
        """Gaps in ms since `start`."""
        self._tick()
        self._clock.stop()
        self._hand.stop()
        return self._gaps

    def pan(self, view: object) -> None:
        """Have a hand drag the picture until `stop`."""
        self._view, self._way = view, there_and_back()
        self._hand.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self._gaps.append((now - self._last) * 1000)
        self._last = now

    def _move(self) -> None:
        self._view.pan_by(*next(self._way))  # type: ignore[attr-defined]


def there_and_back() -> Iterator[tuple[int, int]]:
    """Steps of a brisk drag, in widget px."""
    while True:
        for dx, dy in ((-23, 5), (7, -19), (23, -5), (-7, 19)):
            for _ in range(40):
                yield dx, dy


def until(there: Callable[[], bool]) -> str:
    """Let the window work until something is there and what it shows is painted."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, look, end = QEventLoop(), QTimer(), time.monotonic() + PATIENCE
    look.setInterval(10)
    look.timeout.connect(lambda: loop.quit() if there() or time.monotonic() > end else None)
    look.start()
    loop.exec()
    look.stop()
    return "" if there() else "   given up"


def after(seconds: float) -> Callable[[], bool]:
    """True from so many seconds after it was first asked."""
    began: list[float] = []

    def over() -> bool:
        began.append(time.monotonic())
        return began[-1] - began[0] >= seconds

    return over


# ---------------------------------------------------------------------- the objects, and others' times


def written(file: Path, number: int) -> float:
    """Nuclei in two classes, as a detector leaves them; seconds that json needs to read them."""
    import math
    import random
    import uuid

    chance = random.Random(7)
    circle = [(math.cos(a * math.pi / 6), math.sin(a * math.pi / 6)) for a in range(12)]
    with file.open("w", encoding="utf-8") as out:
        out.write('{"type": "FeatureCollection", "features": [\n')
        for one in range(number):
            x, y, r = chance.uniform(0, 4000), chance.uniform(0, 3000), chance.uniform(4, 9)
            ring = [[round(x + r * c, 2), round(y + r * s, 2)] for c, s in circle]
            name, color = ("Tumor", [213, 94, 0]) if one % 3 else ("Stroma", [0, 158, 115])
            feature = {
                "type": "Feature",
                "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
                "properties": {
                    "objectType": "detection",
                    "classification": {"name": name, "color": color},
                    "measurements": {"Score": round(chance.random(), 3)},
                },
            }
            out.write((",\n" if one else "") + json.dumps(feature))
        out.write("\n]}\n")
    began = time.perf_counter()
    json.loads(file.read_text(encoding="utf-8"))
    return time.perf_counter() - began


def alone(file: Path) -> dict[str, float]:
    """Seconds that json, SQLite and a dict need by themselves for the same objects."""
    found: dict[str, float] = {}
    features = json.loads(file.read_text(encoding="utf-8"))["features"]

    def measure(title: str, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        work()
        found[title] = time.perf_counter() - began

    measure("json writes", lambda: file.with_suffix(".bare").write_text(json.dumps(features)))
    rows = [
        (number, one["id"], json.dumps(one["properties"]), shapely.to_wkb(shapely.Polygon(
            one["geometry"]["coordinates"][0])))
        for number, one in enumerate(features)
    ]  # fmt: skip
    base = sqlite3.connect(file.with_suffix(".db"), isolation_level=None)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = FULL")
    base.execute("create table a (place integer, key text primary key, facts text, shape blob)")

    def whole(words: str, values: list[tuple[object, ...]]) -> None:
        base.execute("begin")
        base.executemany(words, values)
        base.execute("commit")

    measure("SQLite inserts", lambda: whole("insert into a values (?, ?, ?, ?)", rows))
    relabelled = [("{}", row[1]) for row in rows]
    measure("SQLite updates", lambda: whole("update a set facts = ? where key = ?", relabelled))
    measure("SQLite reads", lambda: base.execute("select * from a order by place").fetchall())
    base.close()
    plain = {row[1]: row for row in rows}
    measure("a dict", lambda: {**plain, **{row[1]: row for row in rows}})
    return found


def _falling() -> object:
    from PySide6.QtCore import Qt

    return Qt.SortOrder.DescendingOrder


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.exit(main())
