"""A window that is killed while somebody draws: run as a program of its own, with the slide as its argument.

It draws one rectangle after another and tells on its standard output, a line each, which of them the window
has said to be saved.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from PySide6.QtCore import QTimer

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from viewer.app import build
from viewer.state.opened_slide import OpenedSlide

_EVERY_MS = 7
_GIVE_UP_S = 120


def main(path: Path) -> int:
    """Draw until killed."""
    app, window = build([])
    window.show()
    window.cases.begin()
    window.slides.open(path)
    drawn: list[str] = []
    told = 0
    since = time.monotonic()

    def step() -> None:
        nonlocal told
        opened = window._parts.session.slide
        if time.monotonic() - since > _GIVE_UP_S:
            app.exit(1)
        if not isinstance(opened, OpenedSlide):
            return
        saved = window.status.kept.text() == "Saved"
        if saved and told < len(drawn):
            told = len(drawn)
            print(*drawn, flush=True)
        for _ in range(random.randint(1, 4) if saved else 0):
            annotation = Annotation(Shape.rectangle(Rect(10 * len(drawn), 10, 200, 200)))
            drawn.append(annotation.id)
            opened.edit(Change((), (annotation,), "Draw rectangle"))
        opened.set_comment(f"{len(drawn)} drawn")

    clock = QTimer()
    clock.setInterval(_EVERY_MS)
    clock.timeout.connect(step)
    clock.start()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
