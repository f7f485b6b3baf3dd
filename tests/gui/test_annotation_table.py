"""The table under Drawn follows the picture and leads it; what is done to many is one step."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect
from tests.gui.hands import LONG, open_file
from viewer.main_window.window import MainWindow
from viewer.panels.annotation_table import AnnotationTable
from viewer.panels.annotation_view import AnnotationView
from viewer.panels.simplify_dialog import SimplifyDialog
from viewer.state.opened_slide import OpenedSlide

SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
DRAWN = tuple(
    Annotation(
        Shape.rectangle(Rect(300 + 250 * n, 400, 100 + 10 * n, 100)),
        name=f"Region {n}",
        class_name="Tumor" if n % 2 else "Stroma",
        color=(213, 94, 0) if n % 2 else (0, 158, 115),
        measurements={"Score": n / 10} if n != 3 else {},
        id=f"r{n}",
    )
    for n in range(8)
)


@pytest.fixture
def opened(qtbot: QtBot, window: MainWindow, sample_slide: Path) -> OpenedSlide:
    """The sample slide with eight squares, and the inspector at Drawn."""
    open_file(qtbot, window, sample_slide)
    page = window.slides.page
    assert page is not None
    window.frame.inspector.setCurrentWidget(window.frame.annotations)
    page.opened.edit(Change((), DRAWN, "Draw"))
    return page.opened


def column_of(model: AnnotationTable, title: str) -> int:
    return [column.title for column in model.columns].index(title)


def shown(view: AnnotationView) -> list[str]:
    return [one.id for one in view.model.annotations()]


def click(qtbot: QtBot, view: AnnotationView, position: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    place = view.table.visualRect(view.model.index(position, 1)).center()
    qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, modifiers, place)


def test_table_and_picture_select_one_another(qtbot: QtBot, window: MainWindow, opened: OpenedSlide) -> None:
    view, page = window.frame.annotations.view, window.slides.page
    assert page is not None
    assert view.model.rowCount() == 8
    before = page.view.camera
    click(qtbot, view, 2)
    assert opened.selection == ("r2",)
    assert page.view.camera != before  # it went there
    assert page.view.camera.visible().holds(DRAWN[2].shape.bounds.center)
    click(qtbot, view, 4, SHIFT)
    assert opened.selection == ("r2", "r3", "r4")
    assert "3 selected" in view.count.text()
    opened.select(("r6", "r0"))
    lines = {index.row() for index in view.table.selectionModel().selectedRows()}
    assert lines == {0, 6}
    assert opened.selection == ("r6", "r0")  # the table's order changes nothing
    qtbot.keyClick(view.table, Qt.Key.Key_Delete)
    assert shown(view) == ["r1", "r2", "r3", "r4", "r5", "r7"]
    window.run("undo")
    assert sorted(shown(view)) == sorted(one.id for one in DRAWN)


def test_sort_find_and_filter(qtbot: QtBot, window: MainWindow, opened: OpenedSlide) -> None:
    view = window.frame.annotations.view
    model = view.model
    view.table.sortByColumn(column_of(model, "Area"), Qt.SortOrder.DescendingOrder)
    assert shown(view) == [f"r{n}" for n in range(7, -1, -1)]
    view.table.sortByColumn(column_of(model, "Score"), Qt.SortOrder.DescendingOrder)
    assert shown(view) == ["r7", "r6", "r5", "r4", "r2", "r1", "r0", "r3"]  # no score comes last
    view.table.sortByColumn(column_of(model, "Score"), Qt.SortOrder.AscendingOrder)
    assert shown(view)[-1] == "r3"
    view.only.setCurrentText("Tumor")
    view.only.activated.emit(view.only.currentIndex())
    assert set(shown(view)) == {"r1", "r3", "r5", "r7"}
    qtbot.keyClicks(view.seek, "region 5")
    qtbot.waitUntil(lambda: shown(view) == ["r5"], timeout=LONG)
    assert view.count.text().startswith("1 of 8 annotations")
    view.seek.clear()
    qtbot.waitUntil(lambda: len(shown(view)) == 4, timeout=LONG)
    view.table.selectAll()
    assert set(opened.selection) == {"r1", "r3", "r5", "r7"}


def test_names_and_notes_are_typed_and_undone(qtbot: QtBot, window: MainWindow, opened: OpenedSlide) -> None:
    view = window.frame.annotations.view
    note = view.model.index(1, column_of(view.model, "Note"))
    assert view.model.setData(note, " look again ")
    assert opened.annotations["r1"].metadata == {"Note": "look again"}
    assert view.model.setData(view.model.index(1, column_of(view.model, "Name")), "Border")
    assert opened.annotations["r1"].name == "Border"
    window.run("undo")
    window.run("undo")
    assert opened.annotations["r1"] == DRAWN[1]
    opened.select("r1")
    window.run("lock")
    assert not view.model.flags(note) & Qt.ItemFlag.ItemIsEditable
    window.run("unlock")
    assert view.model.flags(note) & Qt.ItemFlag.ItemIsEditable


def test_operations_by_their_commands(
    qtbot: QtBot, window: MainWindow, opened: OpenedSlide, monkeypatch: pytest.MonkeyPatch
) -> None:
    hole = Annotation(Shape.rectangle(Rect(320, 420, 20, 20)), id="hole")
    opened.edit(Change((), (hole,), "Draw"))
    opened.select(("r0", "hole"))
    window.run("subtract")
    assert opened.annotations["r0"].shape.area == 100 * 100 - 20 * 20
    window.run("fill_holes")
    assert opened.annotations["r0"].shape.area == 100 * 100
    opened.select(("r0", "r1"))
    window.run("merge")
    assert opened.undo.undoText() == "Merge (2)"
    (merged,) = opened.selected_all
    assert len(merged.shape.parts) == 2
    window.run("split_parts")
    assert len(opened.selection) == 2
    window.run("merge")
    window.run("duplicate")
    assert len(opened.annotations) == 9
    line = Annotation(Shape.line((Point(340, 300), Point(340, 600))), id="cut")
    opened.edit(Change((), (line,), "Draw"))
    opened.select(("r0", "cut"))
    window.run("split_line")
    assert len(opened.selection) == 3  # two halves, and the other part
    opened.select("r2")
    window.run("inverse")
    assert opened.selected is not None
    assert opened.selected.shape.area == pytest.approx(opened.info.bounds.area - DRAWN[2].shape.area)
    opened.select("r4")
    window.run("merge")  # refused: it is one
    assert len(opened.selection) == 1

    def accept(dialog: SimplifyDialog) -> int:
        assert "simpler" in dialog.loss.text()  # a rectangle cannot be simpler
        return QDialog.DialogCode.Rejected

    monkeypatch.setattr(SimplifyDialog, "exec", accept)
    window.run("simplify")
    while opened.undo.canUndo():
        window.run("undo")
    assert len(opened.annotations) == 0


def test_copies_go_to_the_same_place_of_another_slide(
    qtbot: QtBot, window: MainWindow, opened: OpenedSlide, tmp_path: Path
) -> None:
    opened.select(("r1", "r2"))
    window.run("copy_annotations")
    window.run("paste_annotations")
    assert len(opened.annotations) == 10
    assert {one.shape.bounds for one in opened.selected_all} == {one.shape.bounds for one in DRAWN[1:3]}
    assert not set(opened.selection) & {"r1", "r2"}


def test_the_table_is_copied_and_written(
    qtbot: QtBot, window: MainWindow, opened: OpenedSlide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.run("copy_table")
    clipboard = QGuiApplication.clipboard()
    qtbot.waitUntil(lambda: clipboard.text().startswith("Class\t"), timeout=LONG)
    lines = clipboard.text().splitlines()
    assert len(lines) == 9
    first = dict(zip(lines[0].split("\t"), lines[1].split("\t"), strict=True))
    assert opened.spacing is not None
    assert float(first["Area (µm²)"]) == pytest.approx(100 * 100 * opened.spacing.spacing.mean**2)
    out = tmp_path / "table.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    window.run("export_table")
    qtbot.waitUntil(out.exists, timeout=LONG)
    assert out.read_text(encoding="utf-8-sig").splitlines()[1].startswith("Stroma,Region 0,rectangle,")


def test_stains_are_measured_and_become_columns(
    qtbot: QtBot, window: MainWindow, opened: OpenedSlide
) -> None:
    opened.select(("r1", "r2"))
    window.run("measure_stains")
    qtbot.waitUntil(lambda: "DAB OD mean" in opened.annotations["r1"].measurements, timeout=LONG)
    model = window.frame.annotations.view.model
    measured = column_of(model, "Hematoxylin OD mean")
    assert model.index(1, measured).data()
    assert not model.index(3, measured).data()
    assert opened.undo.undoText() == "Measure stains (2)"
    window.run("undo")
    assert opened.annotations["r1"] == DRAWN[1]
