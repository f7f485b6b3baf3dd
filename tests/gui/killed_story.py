"""The story's window of the next day: it goes on with a case and is killed. Run as a program of its own.

It opens the case of this name as a person does, draws one more rectangle on the slide of this title, writes
a comment on it and a sentence into its report, and tells when the window has said that all of it is saved.
Then it waits to be killed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest

from tests.gui.hands import drag
from viewer.app import build
from viewer.main_window.window import MainWindow

_LOOK_MS = 20
_GIVE_UP_S = 120
COMMENT, SENTENCE = "Written the day after.", "The rim was looked at again."


def story(window: MainWindow, case: str, title: str) -> Iterator[Callable[[], bool]]:
    """What a person does, and what is waited for in between."""
    rows = window.frame.slides.all.list
    window.run("all_cases")
    yield lambda: rows.count() == 1
    assert rows.item(0).text() == case
    place = rows.visualItemRect(rows.item(0)).center()
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    session = window._parts.session
    yield lambda: bool(session.items) and len(window.cases.shown.items) == 3
    for item in window.cases.shown.items:  # what nobody had moved in is not opened with the case
        window.cases.opening.open_item(item.id)
    yield lambda: len(session.items) == 3
    yield lambda: all(window.cases.work.item_of(opened) is not None for opened in session.items)
    session.make_current(next(opened for opened in session.items if opened.title == title))
    yield lambda: window.slides.page is not None and window.slides.page.view.is_sharp
    page = window.slides.page
    assert page is not None
    yield lambda: len(page.opened.annotations) > 0
    window.activateWindow()
    yield window.isActiveWindow
    page.opened.select(None)
    QTest.keyClick(page.view, Qt.Key.Key_R)
    drag(page.view, QPoint(30, 30), QPoint(60, 60), QPoint(90, 90))
    window.frame.inspector.setCurrentWidget(window.frame.findings)
    QTest.keyClicks(window.frame.findings.comment, COMMENT)
    window.run("export")
    editor = window.further.editing.editor
    assert editor is not None
    kept: list[bool] = []
    editor.drafting.kept.connect(lambda: kept.append(True))
    editor.sections.choose("comment")
    QTest.keyClick(editor.parts.text.text, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(editor.parts.text.text, f" {SENTENCE}")
    yield lambda: bool(kept) and window.status.kept.text() == "Saved"
    print("saved", *(one.id for one in page.opened.annotations), flush=True)
    yield lambda: False


def main(case: str, title: str) -> int:
    """Go on until killed."""
    app, window = build([])
    window.show()
    window.resize(1280, 800)
    window.cases.begin()
    steps = story(window, case, title)
    wait = [next(steps)]
    since = time.monotonic()

    def look() -> None:
        if time.monotonic() - since > _GIVE_UP_S:
            app.exit(1)
        if wait[0]():
            wait[0] = next(steps)

    clock = QTimer()
    clock.setInterval(_LOOK_MS)
    clock.timeout.connect(look)
    clock.start()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
