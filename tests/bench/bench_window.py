"""Whether the window waits: for its start, for a slide, and for an analysis.

Everything stands beside something measured in turn in the same run: a bare Qt window, the least viewer that
can be written with OpenSlide and PIL, and the same window while nothing is analyzed. The slide is
PARFOCAL_DATA's thrombus; without it one made from scikit-image's picture.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROUNDS = 5
TICK = 2  # ms
FRAME = 12  # ms between two steps of a pan, as in viewer.canvas.camera_view
PHASE = 5.0  # s
AIM = 20.0  # ms


def main() -> int:
    """All measurements, in processes that have a screen."""
    from bench_analysis import model_path, slide_path
    from bench_canvas import screen

    with tempfile.TemporaryDirectory() as name, screen() as environment:
        home = Path(name)
        environment["PARFOCAL_HOME"] = name
        models = home / "data" / "models"  # where the window looks for models
        models.mkdir(parents=True)
        bundle, what = model_path(models)
        slide_file = slide_path(home)
        platform = environment.get("QT_QPA_PLATFORM", "of this desktop")
        print(f"{slide_file.name}, {what}, Qt platform {platform}")
        start(slide_file, environment)
        driven = [sys.executable, __file__, "drive", str(slide_file), bundle.name]
        return subprocess.run(driven, env=environment, check=False).returncode


# ---------------------------------------------------------------------- from process start


def start(slide_file: Path, environment: dict[str, str]) -> None:
    """Time from the start of the process, three programs in turn; the first round warms up the disk."""
    found: dict[str, list[float]] = {}
    for round_ in range(ROUNDS + 1):
        for program in ("bare", "least", "parfocal"):
            began = time.monotonic()
            told = subprocess.run(
                [sys.executable, __file__, program, str(slide_file)],
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout
            for what, moment in json.loads(told.splitlines()[-1]).items() if round_ else ():
                found.setdefault(what, []).append(moment - began)
    print("\nfrom process start, s")
    for what, seconds in found.items():
        beside = [a / b for a, b in zip(seconds, found["a bare Qt window"], strict=True)]
        print(f"  {what:52}{spread(seconds, 2)}   over a bare window {statistics.median(beside):.2f}")
    print("  aim for the slide shown <= 1.5")


def bare(_: Path) -> int:
    """A window with nothing in it."""
    from PySide6.QtWidgets import QApplication, QWidget

    app = QApplication([])
    window = QWidget()
    window.resize(1280, 800)
    window.show()
    window.repaint()
    print(json.dumps({"a bare Qt window": time.monotonic()}))
    app.processEvents()
    return 0


def least(slide_file: Path) -> int:
    """The least viewer: OpenSlide's picture of the whole slide on a label."""
    from openslide import OpenSlide
    from PySide6.QtGui import QImage, QPixmap
    from PySide6.QtWidgets import QApplication, QLabel

    app = QApplication([])
    with OpenSlide(slide_file) as slide:
        picture = slide.get_thumbnail((1280, 800)).convert("RGB")
    image = QImage(
        picture.tobytes(), picture.width, picture.height, picture.width * 3, QImage.Format.Format_RGB888
    )
    window = QLabel()
    window.setPixmap(QPixmap.fromImage(image))
    window.show()
    window.repaint()
    print(json.dumps({"OpenSlide's thumbnail in a bare Qt window": time.monotonic()}))
    app.processEvents()
    return 0


def parfocal(slide_file: Path) -> int:
    """What `parfocal SLIDE` does, line for line, with a look at the clock."""
    import viewer.__main__  # noqa: F401 - the entry, as the command imports it
    from viewer.app import build
    from viewer.app.logbook import start_log

    start_log()
    app, window = build([])
    window.show()
    moments: dict[str, float] = {}

    def follow(page: object) -> None:
        if page is not None:
            page.view.field_sharp.connect(sharp)

    def seen(_: object) -> None:
        if window.slides.page is not None:
            window.slides.page.view.repaint()
            moments.setdefault("Parfocal: the slide is seen", time.monotonic())

    def sharp() -> None:
        window.slides.page.view.repaint()
        moments["Parfocal: all of it is sharp"] = time.monotonic()
        window.close()

    window.slides.page_changed.connect(follow)
    window._parts.loader.arrived.connect(seen)
    window.slides.open_all([slide_file])
    window.repaint()
    moments["Parfocal: the window"] = time.monotonic()
    code = app.exec()
    print(json.dumps(moments))
    return code


# ---------------------------------------------------------------------- in the running window


def drive(slide_file: Path, model: str) -> int:
    """Open slides, then look at the ticks of the window's thread."""
    from viewer.app import build
    from viewer.app.logbook import start_log

    start_log()
    _, window = build([])
    window.resize(1920, 1080)
    window.show()
    window._idle.timeout.disconnect()  # libraries are loaded when the measurement says so
    until(lambda: window.frame.analyze.model.choice.findData(model) >= 0)
    open_slides(window, slide_file)
    watch(window, slide_file, model)
    window.close()
    return 0


def open_slides(window: object, slide_file: Path) -> None:
    """From the choice of a file to its first full field, beside OpenSlide and PIL making the same picture."""
    files = [slide_file]
    if data := os.environ.get("PARFOCAL_DATA"):
        files.append(Path(data) / "slides" / "cmu1_small_region.svs")
    print("\nfrom file choice to the first full field, ms")
    for path in files:
        ours, theirs = [], []
        for round_ in range(ROUNDS + 1):
            seconds, view = open_one(window, path)
            size = (view.width(), view.height())
            window.slides.close_current()
            other = read_by_openslide(path, size)
            if round_:  # the first one warms up
                ours.append(seconds * 1000)
                theirs.append(other * 1000)
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        print(
            f"  {path.name}: {spread(ours, 0)}; OpenSlide and PIL {spread(theirs, 0)}; "
            f"ratio {statistics.median(ratios):.2f}   aim <= 300 ms"
        )


def open_one(window: object, path: Path) -> tuple[float, object]:
    """Seconds until all of the field was painted sharp, and the view."""
    ended: list[float] = []

    def follow(page: object) -> None:
        def sharp() -> None:
            page.view.field_sharp.disconnect(sharp)
            page.view.repaint()
            ended.append(time.perf_counter())

        if page is not None and page.opened.info.path.name == path.name:
            page.view.field_sharp.connect(sharp)

    window.slides.page_changed.connect(follow)
    began = time.perf_counter()
    window.slides.open(path)
    until(lambda: bool(ended))
    window.slides.page_changed.disconnect(follow)
    return ended[0] - began, window.slides.page.view


def read_by_openslide(path: Path, size: tuple[int, int]) -> float:
    """Seconds that OpenSlide and PIL take to open the file and make a picture of this size."""
    from openslide import OpenSlide

    began = time.perf_counter()
    with OpenSlide(path) as slide:
        slide.get_thumbnail(size).load()
    return time.perf_counter() - began


def watch(window: object, slide_file: Path, model: str) -> None:
    """Gaps between the ticks of a timer in the window's thread, at rest and while one pans."""
    open_one(window, slide_file)
    view = window.slides.page.view
    view.zoom_to(10)
    ticks = Ticks()
    gaps: dict[str, list[list[float]]] = {}

    def phase(name: str, way: Iterator[tuple[int, int]] | None) -> None:
        gaps.setdefault(name, []).append(ticks.during(PHASE, view, way))

    for _ in range(2):
        phase("at rest", None)
        phase("panning", there_and_back())
    work, known, scored = window._parts.analysis, [], []
    work.device_known.connect(known.append)
    window.frame.analyze.choose_model(model)
    window.analyzing.warm()
    loading = ticks.while_not(lambda: bool(known))
    work.scored.connect(scored.append)
    window.analyzing.analyze_slide()
    starting = ticks.while_not(lambda: bool(scored))
    for _ in range(2):
        phase("at rest, analysis running", None)
        phase("panning, analysis running", there_and_back())
    running = window.analyzing.running
    window.analyzing.stop()
    ending = ticks.while_not(lambda: not window.analyzing.running)
    tell(gaps)
    print(f"  largest gap while libraries and model are loaded {max(loading):.0f} ms")
    print(f"  largest gap from the click to the first scores {max(starting):.0f} ms")
    print(f"  largest gap from Stop to the end of the run {max(ending):.0f} ms")
    if not running:
        print("  the analysis ended before the measurement did: its last figures are too good")


def tell(gaps: dict[str, list[list[float]]]) -> None:
    """Medians and tails; the ratio of the tails with and without an analysis."""
    print(f"\nUI thread, ms between ticks of a timer of {TICK} ms")
    print(f"  {'':28}{'p50':>6}{'p99':>7}{'worst':>7}{'time in gaps > 20 ms':>23}")
    for name, phases in gaps.items():
        every = [gap for phase in phases for gap in phase]
        late = sum(gap for gap in every if gap > AIM) / sum(every)
        middle, tail = statistics.median(every), quantile(every, 0.99)
        print(f"  {name:28}{middle:6.1f}{tail:7.1f}{max(every):7.1f}{late:23.1%}")
    for name in ("at rest", "panning"):
        with_, without = (
            quantile([gap for phase in gaps[key] for gap in phase], 0.99)
            for key in (f"{name}, analysis running", name)
        )
        print(f"  p99 {name}: with / without an analysis {with_ / without:.2f}")
    print(f"  aim for p99 while an analysis runs <= {AIM:.0f}")


class Ticks:
    """A timer in the window's thread: how long does it have to wait for its turn."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._gaps: list[float] = []
        self._last = 0.0
        self._clock = QTimer()
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.setInterval(TICK)
        self._clock.timeout.connect(self._tick)

    def while_not(self, there: Callable[[], bool]) -> list[float]:
        """Gaps in ms until something is there."""
        self._gaps, self._last = [], time.perf_counter()
        self._clock.start()
        until(there)
        self._clock.stop()
        return self._gaps

    def during(self, seconds: float, view: object, way: Iterator[tuple[int, int]] | None) -> list[float]:
        """Gaps in ms for so long, while a view pans this way (None: stands still)."""
        from PySide6.QtCore import Qt, QTimer

        hand = QTimer()
        hand.setTimerType(Qt.TimerType.PreciseTimer)
        hand.setInterval(FRAME)
        if way is not None:
            hand.timeout.connect(lambda: view.pan_by(*next(way)))
            hand.start()
        end = time.perf_counter() + seconds
        gaps = self.while_not(lambda: time.perf_counter() >= end)
        hand.stop()
        return gaps

    def _tick(self) -> None:
        now = time.perf_counter()
        self._gaps.append((now - self._last) * 1000)
        self._last = now


def there_and_back() -> Iterator[tuple[int, int]]:
    """Steps of a brisk drag, in widget px: over tiles that are new and over tiles that are known."""
    while True:
        for dx, dy in ((-23, 5), (7, -19), (23, -5), (-7, 19)):
            for _ in range(80):
                yield dx, dy


def until(there: Callable[[], bool]) -> None:
    """Let the window work until something is there."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, look = QEventLoop(), QTimer()
    look.setInterval(5)
    look.timeout.connect(lambda: loop.quit() if there() else None)
    look.start()
    loop.exec()
    look.stop()


def quantile(values: list[float], share: float) -> float:
    """The value under which this share of all lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def spread(values: list[float], digits: int) -> str:
    """Median and range."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    programs = {"bare": bare, "least": least, "parfocal": parfocal}
    if sys.argv[1:2] == ["drive"]:
        sys.exit(drive(Path(sys.argv[2]), sys.argv[3]))
    if len(sys.argv) > 1:
        sys.exit(programs[sys.argv[1]](Path(sys.argv[2])))
    sys.exit(main())
