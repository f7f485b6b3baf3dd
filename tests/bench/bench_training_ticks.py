"""Whether the window waits while a model is trained beside it.

The real window with the wizard at *Training* and a slide behind it; the training is the wizard's own child
process with a small network, so that events stream in much faster than they do from a large one. Gaps between
ticks of a timer in the window's thread, at rest and while one pans, before, during and after the training,
all in one run: what the machine does besides is in all of them. Beside the gaps stands how much of each the
window's thread worked itself (its processor time): where others take the processors, gaps grow,
and this does not.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PHASE = 6.0  # s
ROUNDS = 3
EDGE = 96  # px
METHOD = """
seed = 17
[network]
architecture = "plain_resnet"
options = { first_hidden = 16, stages = 3, layers = 2 }
size = [48, 48]
fitting = "cover"
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]
[fit]
epochs = 1000
batch = 8
rate = 3e-3
watch = "loss"
[vary]
flip = true
[division]
folds = 3
duplicates = "warn"
"""


def main() -> int:
    """Measure in a process that has a screen."""
    from bench_analysis import slide_path
    from bench_canvas import screen

    with tempfile.TemporaryDirectory() as name, screen() as environment:
        home = Path(name)
        environment["PARFOCAL_HOME"] = name
        slide_file, folder = slide_path(home), write_pictures(home / "pictures")
        print(f"{slide_file.name}, Qt platform {environment.get('QT_QPA_PLATFORM', 'of this desktop')}")
        driven = [sys.executable, __file__, "drive", str(slide_file), str(folder)]
        return subprocess.run(driven, env=environment, check=False).returncode


def write_pictures(folder: Path, patients: int = 12) -> Path:
    """Pieces of scikit-image's tissue: brown or blue by where they lie, two of each a patient."""
    from PIL import Image
    from skimage.data import immunohistochemistry

    tissue = immunohistochemistry()
    folder.mkdir()
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "label", "patient"])
        for number in range(4 * patients):
            x, y = 17 * number % 400, 29 * number % 400
            piece = tissue[y : y + EDGE, x : x + EDGE]
            Image.fromarray(piece).save(folder / f"{number}.png")
            table.writerow([f"{number}.png", "right" if x > 200 else "left", f"p{number % patients}"])
    return folder


def drive(slide_file: Path, folder: Path) -> int:
    """Lead the wizard to its sixth step, measure, begin, measure, stop, measure."""
    from bench_window import Ticks, open_one, until

    from viewer.app import build

    _, window = build([])
    window.resize(1920, 1080)
    window.show()
    open_one(window, slide_file)
    view = window.slides.page.view
    view.zoom_to(10)
    window.run("train")
    wizard = window.further.training.wizard
    step = to_training(wizard, folder, until)
    ticks, gaps = own_ticks(Ticks), dict[str, list[tuple[float, float]]]()
    measure(gaps, ticks, view, "before")
    step.begin()
    starting = ticks.while_not(lambda: len(step.run.story.points) > 2)
    heard: list[object] = []
    step.run.child.told.connect(heard.append)
    measure(gaps, ticks, view, "training")
    running = step.run.state == "running"
    step.run.stop()
    ending = ticks.while_not(lambda: step.run.state not in {"running", "paused"})
    measure(gaps, ticks, view, "after")
    tell(gaps)
    print(f"  events heard while it was measured {len(heard):,}, passes {len(step.run.story.points):,}")
    print(f"  largest gap from Begin to the third pass {max(starting):.0f} ms, at Stop {max(ending):.0f} ms")
    if not running:
        print("  the training ended before the measurement did: its last figures are too good")
    step.run.discard()
    wizard.close()
    window.close()
    return 0


def to_training(wizard: Any, folder: Path, until: Any) -> Any:
    """Steps 2 to 5 with a small network; the sixth."""
    _, data, check, _, method, training, *_ = wizard.steps
    wizard.go(1)
    data.choose_folder(folder)
    until(lambda: wizard.desk.survey is not None)
    method.expert.show_plan(wizard.desk.plan)
    method.expert.edit.setPlainText(METHOD)
    method.expert.take()
    wizard.go(2)
    until(lambda: bool(check.remarks) or check.notice.isVisible())
    wizard.go(5)
    if wizard.current != 5:
        raise SystemExit(f"the wizard stands at step {wizard.current + 1}: {wizard.why.text()}")
    return training


def own_ticks(kind: type[Any]) -> Any:
    """Ticks that also note how long the thread worked between two of them."""

    class OwnTicks(kind):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.work: list[float] = []
            self._worked = time.thread_time()

        def while_not(self, there: Any) -> list[float]:
            self.work, self._worked = [], time.thread_time()
            return super().while_not(there)

        def _tick(self) -> None:
            now = time.thread_time()
            self.work.append((now - self._worked) * 1000)
            self._worked = now
            super()._tick()

    return OwnTicks()


def measure(gaps: dict[str, list[tuple[float, float]]], ticks: Any, view: Any, when: str) -> None:
    """At rest and panning in turn: (gap, own work in it)."""
    from bench_window import there_and_back

    for _ in range(ROUNDS):
        for name, way in (("at rest", None), ("panning", there_and_back())):
            found = ticks.during(PHASE, view, way)
            gaps.setdefault(f"{name}, {when}", []).extend(zip(found, ticks.work, strict=True))


def tell(gaps: dict[str, list[tuple[float, float]]]) -> None:
    """Median, tail, largest of gaps and of own work; the tails with and without a training."""
    from bench_window import AIM, TICK, quantile

    print(f"\nUI thread, ms between ticks of a timer of {TICK} ms; load {os.getloadavg()[0]:.1f}")
    print(f"  {'':24}{'p50':>6}{'p99':>7}{'max':>7}   own work{'p50':>6}{'p99':>7}{'max':>7}{'ticks':>9}")
    for name, every in gaps.items():
        told = []
        for place in range(2):
            values = [one[place] for one in every]
            told.append(f"{quantile(values, 0.5):6.1f}{quantile(values, 0.99):7.1f}{max(values):7.1f}")
        print(f"  {name:24}{told[0]}           {told[1]}{len(every):9,}")
    for name in ("at rest", "panning"):
        without = gaps[f"{name}, before"] + gaps[f"{name}, after"]
        for place, what in enumerate(("gap", "own work")):
            tails = [
                quantile([one[place] for one in some], 0.99) for some in (gaps[f"{name}, training"], without)
            ]
            print(f"  p99 of the {what}, {name}: with / without a training {tails[0] / tails[1]:.2f}")
    print(f"  aim for p99 while a training runs <= {AIM:.0f}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    if sys.argv[1:2] == ["drive"]:
        sys.exit(drive(Path(sys.argv[2]), Path(sys.argv[3])))
    sys.exit(main())
