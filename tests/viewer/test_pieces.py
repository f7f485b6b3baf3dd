"""A page of wrapped text is as high as the text is at its width."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from viewer.panels.pieces import Page, Text


@pytest.mark.parametrize(("width", "scrolls"), [(900, False), (120, True)])
def test_a_page_scrolls_only_where_its_text_does_not_fit(qtbot: QtBot, width: int, scrolls: bool) -> None:
    page = Page()
    qtbot.addWidget(page)
    for _ in range(6):
        page.column.addWidget(Text("Small pictures cut from slides, each with a label. " * 3))
    page.column.addStretch(1)
    page.resize(width, 400)
    with qtbot.waitExposed(page):
        page.show()
    QApplication.processEvents()
    assert (page.verticalScrollBar().maximum() > 0) == scrolls
