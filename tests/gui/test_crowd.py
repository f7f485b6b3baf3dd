"""Very many annotations in the window: what comes in a little at a time is all there in the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.exchange.contract import Document
from ml.exchange.formats import write
from ml.geometry import Rect
from tests.gui.case_hands import a_window, known, open_slide, put, saved
from tests.gui.hands import LONG
from viewer.main_window import filling as filling_module
from viewer.main_window.window import MainWindow
from viewer.panels import annotation_table as table_module
from viewer.state.opened_slide import OpenedSlide

MANY = 400


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Very few annotations in every turn of the window."""
    monkeypatch.setattr(filling_module, "CHUNK", 70)
    monkeypatch.setattr(filling_module, "_AT_ONCE", 3)
    monkeypatch.setattr(filling_module, "_BUDGET", 0.0)


def crowd() -> tuple[Annotation, ...]:
    """Boxes of 5 to 24 px in two classes."""
    return tuple(
        Annotation(
            Shape.rectangle(Rect(40 * (n % 20), 40 * (n // 20), 5 + n % 20, 5 + n % 7)),
            class_name="Stroma" if n % 3 else "Tumor",
        )
        for n in range(MANY)
    )


def kept_of(qtbot: QtBot, window: MainWindow, opened: OpenedSlide) -> tuple[Annotation, ...]:
    """All that the library holds of a slide, read at once."""
    saved(qtbot, window)
    item, found = known(qtbot, window, opened), list[tuple[Annotation, ...]]()
    window._parts.keeping.ask(lambda library: library.annotations(item), found.append, pytest.fail)
    qtbot.waitUntil(lambda: bool(found), timeout=LONG)
    return found[0]


def reopened(qtbot: QtBot, window: MainWindow, path: Path) -> OpenedSlide:
    """The slide opened anew, while most of its annotations are still to come."""
    window.slides.close_current()
    opened = open_slide(qtbot, window, path)
    assert opened.is_loading
    return opened


@pytest.mark.usefixtures("slowly")
def test_an_edit_while_they_come_loses_nothing(qtbot: QtBot, sample_slide: Path) -> None:
    drawn = crowd()
    with a_window(qtbot) as window:
        opened = open_slide(qtbot, window, sample_slide)
        opened.edit(Change((), drawn, "Import"))
        saved(qtbot, window)
        opened = reopened(qtbot, window, sample_slide)
        qtbot.waitUntil(lambda: len(opened.annotations) > 20, timeout=LONG)
        assert len(opened.annotations) < MANY
        assert not window.surface.action("export_annotations").isEnabled()
        here = list(opened.annotations)
        opened.edit(Change((here[3],), (), "Delete"))
        opened.edit(Change((here[4],), (here[4].but(name="seen"),), "Rename"))
        mine = put(opened, 1000)
        qtbot.waitUntil(lambda: not opened.is_loading, timeout=LONG)
        wanted = {one.id: one for one in drawn if one.id != here[3].id} | {mine.id: mine}
        wanted[here[4].id] = here[4].but(name="seen")
        assert {one.id: one for one in opened.annotations} == wanted
        assert {one.id: one for one in kept_of(qtbot, window, opened)} == wanted
        assert window.surface.action("export_annotations").isEnabled()
        assert window.frame.annotations.view.model.rowCount() == MANY
        for _ in range(3):
            opened.undo.undo()
        assert {one.id: one for one in opened.annotations} == {one.id: one for one in drawn}


@pytest.mark.usefixtures("slowly")
def test_closing_while_they_come_loses_nothing(qtbot: QtBot, sample_slide: Path) -> None:
    drawn = crowd()
    with a_window(qtbot) as window:
        opened = open_slide(qtbot, window, sample_slide)
        opened.edit(Change((), drawn, "Import"))
        saved(qtbot, window)
        opened = reopened(qtbot, window, sample_slide)
        qtbot.waitUntil(lambda: len(opened.annotations) > 20, timeout=LONG)
        opened = reopened(qtbot, window, sample_slide)
        qtbot.waitUntil(lambda: len(opened.annotations) > 20, timeout=LONG)
    with a_window(qtbot) as window:  # the window itself was closed half-way
        opened = open_slide(qtbot, window, sample_slide)
        qtbot.waitUntil(lambda: not opened.is_loading, timeout=LONG)
        assert tuple(opened.annotations) == drawn
        assert kept_of(qtbot, window, opened) == drawn


def test_many_lines_are_put_in_order_and_found_while_the_window_goes_on(
    qtbot: QtBot, window: MainWindow, sample_slide: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_module, "_AT_ONCE", 10)
    monkeypatch.setattr(table_module, "_BUDGET", 0.0)
    opened, drawn = open_slide(qtbot, window, sample_slide), crowd()
    opened.edit(Change((), drawn, "Import"))
    view = window.frame.annotations.view
    model = view.model
    settled: Callable[[], bool] = lambda: not model.is_choosing  # noqa: E731 - a word for what is waited for
    view.table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    assert model.is_choosing
    assert model.rowCount() == MANY
    qtbot.waitUntil(settled, timeout=LONG)
    by_area = sorted(drawn, key=lambda one: one.shape.area)
    assert model.annotations() == by_area
    view.seek.setText("tumor")
    qtbot.waitUntil(lambda: model.rowCount() == len(drawn[::3]) and settled(), timeout=LONG)
    assert model.annotations() == [one for one in by_area if one.class_name == "Tumor"]
    opened.edit(Change(drawn[:300], (), "Delete 300 annotations"))  # what is gone leaves at once
    assert {one.id for one in model.annotations()} <= {one.id for one in drawn[300:]}
    qtbot.waitUntil(settled, timeout=LONG)
    assert model.annotations() == [one for one in by_area if one in drawn[300::3]]
    opened.undo.undo()
    qtbot.waitUntil(settled, timeout=LONG)
    by_area = sorted(opened.annotations, key=lambda one: one.shape.area)  # what came back is drawn last
    assert model.annotations() == [one for one in by_area if one.class_name == "Tumor"]


def test_an_import_and_an_export_can_be_stopped(
    qtbot: QtBot, window: MainWindow, sample_slide: Path, tmp_path: Path
) -> None:
    path, out = tmp_path / "many.geojson", tmp_path / "out.geojson"
    write(path, Document(crowd()))
    opened = open_slide(qtbot, window, sample_slide)
    files = window.further.annotating.files
    turn = threading.Event()  # until then the thread has not begun
    files._work.do("Waiting", turn.wait, lambda _: None)
    files.bring_in([path])
    window.status.work.stop.click()
    turn.set()
    qtbot.waitUntil(lambda: not files._work.busy, timeout=LONG)
    assert len(opened.annotations) == 0
    assert window.status.work.text.text() == "Stopped; nothing of many.geojson is changed."
    files.bring_in([path])
    qtbot.waitUntil(lambda: len(opened.annotations) == MANY, timeout=LONG)
    turn.clear()
    files._work.do("Waiting", turn.wait, lambda _: None)
    files.write(opened, out, "geojson", only_selected=False)
    window.status.work.stop.click()
    turn.set()
    qtbot.waitUntil(lambda: not files._work.busy, timeout=LONG)
    assert [one.name for one in tmp_path.iterdir()] == ["many.geojson"]
