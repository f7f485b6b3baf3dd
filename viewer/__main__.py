"""`parfocal`: the window, with the files given on the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_LIBRARY_MS = 100  # after the window is there: time to open the case library
_EARLY_MS = 300  # after the window is there: time to load what reads files


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the window and stay until it is closed; the exit code (not 0 when a demo failed)."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    wishes = _parser().parse_args(given)
    if wishes.version:
        from ml.about import version_text

        sys.stdout.write(version_text("parfocal"))
        return 0
    seen = has_display(os.environ, sys.platform)
    if not seen:
        if wishes.demo is None:
            sys.stderr.write("There is no screen to show a window on. Without one: parfocal-ml analyze.\n")
            return 2
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return _run(wishes, stay=seen)


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a window can be seen, or a platform was chosen on purpose."""
    if not platform.startswith("linux"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="parfocal", description="A viewer for whole-slide images with local analysis. Research use only."
    )
    parser.add_argument("files", nargs="*", type=Path, help="slides or pictures to open")
    parser.add_argument("--samples", action="store_true", help="open the sample slide and pictures")
    parser.add_argument(
        "--demo",
        type=Path,
        metavar="OUT",
        help="analyze a region of the sample slide and write the results here",
    )
    parser.add_argument(
        "--library",
        default="",
        metavar="URL",
        help="keep cases there instead: postgresql://… of a department, or a file",
    )
    parser.add_argument("--version", action="store_true", help="say version, commit and libraries, and end")
    return parser


def _run(wishes: argparse.Namespace, *, stay: bool) -> int:
    from PySide6.QtCore import QTimer

    from viewer.app import build
    from viewer.app.logbook import catch_faults, start_log
    from viewer.work.background import as_problem

    start_log()
    own = TemporaryDirectory() if wishes.demo is not None else None  # a demo leaves no case behind
    library = wishes.library if own is None else str(Path(own.name) / "library.sqlite")
    app, window = build(sys.argv[:1], library)
    catch_faults(lambda error: window.show_problem(as_problem(error, "The last action")))
    window.show()
    if wishes.demo is not None:
        from viewer.app.demo import Demo

        return Demo(window, wishes.demo, stay=stay).play(app)
    QTimer.singleShot(_EARLY_MS, window.slides.warm)
    QTimer.singleShot(_LIBRARY_MS, window.cases.begin)
    window.slides.open_all(wishes.files)
    if wishes.samples:
        window.run("samples")
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
