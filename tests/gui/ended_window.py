"""A window that ends, or fails, in a given way: run as a program of its own, as `parfocal` runs it.

    ended_window.py HOW FILE…

HOW: "abort" (outside Python), "caught" (an error in a slot, then one in a thread: the window goes on, and
closes as it should), "start" (an error before the window stands), "kill". It says what the window offered.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer

from viewer import __main__ as program
from viewer.main_window.window import MainWindow

_LOOK_MS = 20
SECRET = "DOE_JANE_1950"  # stands in names of files, in messages of errors, in names of threads


def fail(path: Path) -> None:
    """An error whose message, arguments and variables name a patient."""
    patient = f"{SECRET} in {path}"
    try:
        Path(patient).read_bytes()
    except OSError as error:
        raise ValueError(patient) from error


def ways(window: MainWindow, path: Path) -> dict[str, Callable[[], None]]:
    """How it ends."""
    return {
        "abort": os.abort,
        "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "caught": lambda: _fail_twice(window, path),
    }


def _fail_twice(window: MainWindow, path: Path) -> None:
    """In a slot, and once that was said in a thread; then close."""
    banner = window.frame.banner
    clock = QTimer(window)
    ways = [
        lambda: QTimer.singleShot(0, lambda: fail(path)),
        lambda: threading.Thread(target=fail, args=(path,), name=SECRET).start(),
        window.close,
    ]

    def look() -> None:
        if banner.problem is not None and "fault in Parfocal" in banner.problem.what:
            print(banner.action_button.text(), flush=True)
            banner.dismiss()
            ways.pop(0)()

    clock.timeout.connect(look)
    clock.start(_LOOK_MS)
    ways.pop(0)()


def main(how: str, paths: list[str]) -> int:
    """Open the files, run a command, and end so."""
    path = Path(paths[0]) if paths else Path(SECRET)
    usual = program._stay

    def stay(app: object, window: MainWindow, wishes: object, *, stay: bool) -> int:
        if how == "start":
            fail(path)
        clock = QTimer(window)

        def look() -> None:
            ready = window._parts.keeping.is_open and len(window._parts.session.items) == len(paths)
            if ready and (not paths or window.status.kept.text() == "Saved"):
                clock.stop()
                window.run("fit" if paths else "slides_panel")
                ways(window, path)[how]()

        clock.timeout.connect(look)
        clock.start(_LOOK_MS)
        return usual(app, window, wishes, stay=stay)

    program._stay = stay
    return program.main(paths)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
