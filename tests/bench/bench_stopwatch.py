"""How long a new user takes from a fresh start to a model of the lung and colon patches (PARFOCAL_DATA).

The person of the tests goes through the wizard with clicks and keys alone; they are counted, and so are the
words that the window shows. What the machine takes is measured, what the person takes is reckoned: see
`keystrokes`.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

TITLE, LIMITS = "Lung and colon", "Other organs and stains; small biopsies; other laboratories."
SPACING = "0.5"
MOST = 480.0  # s of learning: with more told in step 5 there are not 15 minutes


def main() -> int:
    """Measure in a process that has a screen, with nobody's settings."""
    from bench_canvas import screen

    data = os.environ.get("PARFOCAL_DATA")
    if not data:
        print("PARFOCAL_DATA is not set: the patches are not here")
        return 0
    with tempfile.TemporaryDirectory() as name, screen() as environment:
        environment |= {"PARFOCAL_HOME": name}
        folder = Path(data) / "patches" / "lung_colon"
        driven = [sys.executable, __file__, "drive", str(folder)]
        return subprocess.run(driven, env=environment, check=False).returncode


def drive(folder: Path) -> int:
    """Start the program, go through the wizard, tell."""
    import psutil
    import pytest
    from keystrokes import Counted, CountedHands
    from newcomer import Newcomer

    from tests.gui.test_wizard import end_processes
    from viewer.app import build

    began = psutil.Process().create_time()
    counted = Counted(step="start")
    hands = CountedHands(counted)
    _, window = build([])
    window.resize(1280, 800)
    window.show()
    choice = window.frame.analyze.model.choice
    hands.waitUntil(lambda: window.isVisible() and choice.count() > 0, timeout=60_000)
    counted.now.waited += time.time() - began
    with pytest.MonkeyPatch.context() as patch:
        person = Newcomer(hands, window, patch, "stopwatch")
        try:
            told = go_through(person, folder)
            hands.waitUntil(lambda: choice.currentData() == "lung-and-colon", timeout=60_000)
            tell(counted, time.time() - began, told, person)
        finally:
            if hasattr(person, "wizard"):
                person.wizard.close()
                end_processes(person.wizard.desk.folder)
            window.close()
    return 0


def go_through(person: Any, folder: Path) -> str:
    """From the menu to *Use it*; how it was told to learn."""
    counted = person.qtbot.counted

    def at(step: str, do: Callable[[], Any]) -> Any:
        counted.step = step
        return do()

    at("start", person.open_wizard)
    at("1 Question", lambda: person.ask("patches"))
    at("2 Data", lambda: person.choose_data(folder, SPACING))
    at("3 Honesty check", person.check)
    at("4 Patches", person.look_at_patches)
    told = at("5 Method", lambda: person.choose_within(MOST))
    at("6 Training", person.train)
    at("7 Verdict", person.judge)
    at("8 Use it", lambda: person.use(TITLE, LIMITS))
    return str(told)


def tell(counted: Any, wall: float, told: str, person: Any) -> None:
    """A line a step, as the page has it."""
    from keystrokes import Effort

    print(f"{os.cpu_count()} cores, {processor()}, load {os.getloadavg()[0]:.1f}; {told}")
    columns = ("step", "clicks", "keys", "acting, s", "words", "reading, s", "machine, s")
    print(f"\n| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    whole = sum(counted.steps.values(), Effort())
    for name, one in (*counted.steps.items(), ("all", whole)):
        print(
            f"| {name} | {one.clicks} | {one.keys} | {one.acting:.0f} | {one.words} | {one.reading:.0f} "
            f"| {one.waited:.0f} |"
        )
    print(f"\nscript from start to model {wall / 60:.1f} min, of which it waited {whole.waited / 60:.1f} min")
    print(f"person: acting {whole.acting / 60:.1f} min, reading {whole.reading / 60:.1f} min")
    together = whole.waited + whole.acting + whole.reading
    print(f"machine + acting + reading, one after the other {together / 60:.1f} min")
    beside = whole.acting + sum(max(one.waited, one.reading) for one in counted.steps.values())
    print(f"the same, each step read while the machine works {beside / 60:.1f} min")
    figures = json.loads((person.wizard.desk.out / "report.json").read_text(encoding="utf-8"))["figures"]
    right = {name: f"{100 * value:.1f}" for name, value in figures["balanced_accuracy"].items()}
    print(
        f"the model: {figures['pictures']:,} pictures of {figures['patients']:,} source tiles; each class "
        f"counted alike {right['value']} % right ({right['low']} to {right['high']})"
    )


def processor() -> str:
    """What it calls itself."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    if sys.argv[1:2] == ["drive"]:
        sys.exit(drive(Path(sys.argv[2])))
    sys.exit(main())
