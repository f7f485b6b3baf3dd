"""Cases in the window: what is done is kept, is there again, and nothing of it is in doubt."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QMessageBox
from pytestqt.qtbot import QtBot

from ml import paths
from ml.geometry import Point, Spacing
from ml.slide.slide import KnownSpacing
from tests.gui.case_hands import a_window, double_click, known, listed, open_slide, put, row_of, saved
from tests.gui.ct_hands import open_series
from tests.gui.hands import LONG
from tests.viewer.ct.phantom import write_phantom
from viewer.main_window.window import MainWindow
from viewer.panels.cases_panel import CASE
from viewer.state.bookmarks import file_of_old
from viewer.state.opened_slide import OpenedSlide


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A flat picture of tissue that says nothing about its pixel size; in every test another one."""
    from skimage.data import immunohistochemistry

    path = tmp_path / "field.png"
    pixels = np.tile(immunohistochemistry(), (2, 2, 1))
    name = np.frombuffer(str(tmp_path).encode(), np.uint8)
    pixels[0, : len(name)] = name[:, None]
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series of 21 slices, of Jane Doe."""
    return write_phantom(tmp_path_factory.mktemp("phantom"))


def answer(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The next dialogs that ask for a text are answered so."""
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: (name, True))


def press(button: str) -> None:
    """Press this button of the message box that is about to be shown."""

    def find() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            next(b for b in box.buttons() if b.text().replace("&", "") == button).click()
        else:
            QTimer.singleShot(20, find)

    QTimer.singleShot(0, find)


def test_a_case_with_two_slides_and_ct_is_there_again_as_it_was_left(
    qtbot: QtBot, sample_slide: Path, picture: Path, phantom: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, "Case 12")
    with a_window(qtbot) as window:
        qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: window.cases.work.case is not None, timeout=LONG)
        slide = open_slide(qtbot, window, sample_slide)
        drawn = put(slide, 2000, 2000, 700)
        slide.select(drawn.id)
        slide.set_comment("Dense at the edge.")
        window.run("analyze")
        qtbot.waitUntil(lambda: not window.analyzing.running, timeout=3 * LONG)
        scores = slide.findings.scores.values.copy()
        box = slide.findings.boxes[0]
        slide.findings.select(box.key)
        window.run("accept")
        window.run("bookmark")
        window.run("cam")
        window.navigating.go("3000, 2500 ×10")
        other = open_slide(qtbot, window, picture)
        other.set_spacing(KnownSpacing(Spacing.square(0.5), "typed by the user"))
        page = open_series(qtbot, window, phantom)
        known(qtbot, window, page.opened)
        page.reading.go(3)
        window.run("window_bone")
        saved(qtbot, window)
    with a_window(qtbot) as window:
        assert not window._parts.session.items
        assert listed(qtbot, window, 1) == ["Case 12"]
        double_click(qtbot, window.frame.slides.all.list, "Case 12")
        qtbot.waitUntil(lambda: len(window._parts.session.items) == 3, timeout=LONG)
        slide, other = (open_slide(qtbot, window, path) for path in (sample_slide, picture))
        qtbot.waitUntil(lambda: len(slide.annotations) == 1, timeout=LONG)
        assert list(slide.annotations) == [drawn]
        assert slide.comment == "Dense at the edge."
        assert len(slide.bookmarks.items) == 1
        np.testing.assert_array_equal(slide.findings.scores.values, scores)
        assert slide.findings.verdict(box.key) == "accepted"
        assert box in slide.findings.boxes
        assert other.spacing == KnownSpacing(Spacing.square(0.5), "typed by the user")
        window._parts.session.make_current(slide)
        page = window.slides.page
        assert page.view.camera.center == Point(3000, 2500)
        assert page.results.heatmap is not None
        assert page.results.boxes is not None
        (series,) = (o for o in window._parts.session.items if o not in (slide, other))
        known(qtbot, window, series)
        window._parts.session.make_current(series)
        assert window.ct.page.reading.slice_ == 3
        assert window.ct.page.reading.look.window.width == 2800
        names = [window.frame.slides.list.item(n).text() for n in range(3)]
        assert names == [sample_slide.name, picture.name, "Phantom"]


def test_what_is_restored_is_no_edit_and_a_comment_shows(qtbot: QtBot, sample_slide: Path) -> None:
    with a_window(qtbot) as window:
        put(open_slide(qtbot, window, sample_slide), 100)
        window.slides.page.opened.set_comment("Look again.")
        saved(qtbot, window)
    with a_window(qtbot) as window:
        opened = open_slide(qtbot, window, sample_slide)
        qtbot.waitUntil(lambda: len(opened.annotations) == 1, timeout=LONG)
        assert not opened.undo.canUndo()
        assert window.frame.findings.comment.toPlainText() == "Look again."
        item = known(qtbot, window, opened)
        saved(qtbot, window)
        assert len(window._parts.keeping.do_now(lambda library: library.history(item))) == 1


def test_opening_makes_a_case_and_the_next_file_goes_into_it(
    qtbot: QtBot, sample_slide: Path, picture: Path
) -> None:
    with a_window(qtbot) as window:
        open_slide(qtbot, window, sample_slide)
        open_slide(qtbot, window, picture)
        assert listed(qtbot, window, 1) == [sample_slide.stem]
        for opened in list(window._parts.session.items):
            window._parts.session.close(opened)
        window.cases.work.choose(None)
        open_slide(qtbot, window, picture)  # it is known: no other case is made for it
        assert listed(qtbot, window, 1) == [sample_slide.stem]
        assert window.cases.work.case.name == sample_slide.stem


def test_ct_of_another_patient_never_goes_into_the_case(qtbot: QtBot, phantom: Path, tmp_path: Path) -> None:
    other = write_phantom(tmp_path, PatientID="4712", PatientName="Roe^Richard", SeriesInstanceUID="1.2.3.77")
    with a_window(qtbot) as window:
        known(qtbot, window, open_series(qtbot, window, phantom).opened)
        known(qtbot, window, open_series(qtbot, window, other).opened)
        assert len(listed(qtbot, window, 2)) == 2
        case = window.frame.slides.case
        window.frame.slides.show_tab(CASE)
        qtbot.waitUntil(lambda: "Roe" in case.patient.text(), timeout=LONG)
        assert "Doe" not in case.patient.text()
        window.run("privacy")
        qtbot.waitUntil(lambda: case.patient.text() == "Patient hidden", timeout=LONG)


def test_a_case_is_named_sorted_found_and_deleted_and_its_file_stays(
    qtbot: QtBot, sample_slide: Path, picture: Path
) -> None:
    with a_window(qtbot) as window:
        open_slide(qtbot, window, picture)
        page = window.frame.slides.case
        qtbot.waitUntil(lambda: page.name.text() == "field", timeout=LONG)
        window.run("rename_case")
        page.name.setText("Colon 7")
        qtbot.keyClick(page.name, Qt.Key.Key_Return)
        page.status.setCurrentIndex(page.status.findData("in review"))
        page.status.activated.emit(page.status.currentIndex())
        page.notes.unfold()
        page.tags.setText("teaching, polyp")
        page.tags.editingFinished.emit()
        page.comment.setPlainText("Ask Dr. B.")
        saved(qtbot, window)
        qtbot.waitUntil(lambda: page.about.comment == "Ask Dr. B.", timeout=LONG)
        case = window.cases.work.case
        assert (case.name, case.status, case.tags) == ("Colon 7", "in review", ("polyp", "teaching"))
        everything = window.frame.slides.all
        listed(qtbot, window, 1)
        everything.search.setText("nothing like it")
        qtbot.waitUntil(lambda: everything.says.text() == "No case fits.", timeout=LONG)
        qtbot.mouseClick(everything.clear_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: everything.list.count() == 1, timeout=LONG)
        everything.search.setText("dr. b")
        everything.status.setCurrentIndex(everything.status.findData("done"))
        qtbot.waitUntil(lambda: everything.list.count() == 0, timeout=LONG)
        everything.status.setCurrentIndex(everything.status.findData("in review"))
        everything.tag.setCurrentIndex(everything.tag.findData("polyp"))
        qtbot.waitUntil(lambda: everything.list.count() == 1, timeout=LONG)
        press("Cancel")
        window.cases.commands.delete(case)
        press("Delete")
        qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None, timeout=LONG)
        window.cases.commands.delete(case)
        qtbot.waitUntil(lambda: not window._parts.session.items, timeout=LONG)
        qtbot.waitUntil(lambda: everything.list.count() == 0, timeout=LONG)
        assert picture.exists()


def test_a_slide_that_moved_is_found_by_what_it_is(qtbot: QtBot, picture: Path, tmp_path: Path) -> None:
    with a_window(qtbot) as window:
        drawn = put(open_slide(qtbot, window, picture), 50)
        saved(qtbot, window)
    elsewhere = tmp_path / "archive" / "renamed.png"
    elsewhere.parent.mkdir()
    picture.rename(elsewhere)
    with a_window(qtbot) as window:
        listed(qtbot, window, 1)
        double_click(qtbot, window.frame.slides.all.list, "field")
        qtbot.waitUntil(lambda: len(window._parts.session.items) == 1, timeout=LONG)
        (opened,) = window._parts.session.items
        known(qtbot, window, opened)
        assert isinstance(opened, OpenedSlide)
        qtbot.waitUntil(lambda: list(opened.annotations) == [drawn], timeout=LONG)
        assert "another folder" in window.status.currentMessage()


def test_a_file_that_is_nowhere_is_asked_for_and_another_one_is_not_taken(
    qtbot: QtBot, picture: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_window(qtbot) as window:
        drawn = put(open_slide(qtbot, window, picture), 50)
        saved(qtbot, window)
    far = tmp_path_factory.mktemp("far")
    (far / "deep").mkdir()
    hidden = Path(shutil.move(picture, far / "deep" / "away.png"))
    impostor = far / "field.png"
    Image.new("RGB", (700, 700), "pink").save(impostor)
    with a_window(qtbot) as window:
        listed(qtbot, window, 1)
        double_click(qtbot, window.frame.slides.all.list, "field")
        banner = window.frame.banner
        qtbot.waitUntil(
            lambda: banner.problem is not None and "nor near it" in banner.problem.what, timeout=LONG
        )
        rows = window.frame.slides.list
        qtbot.waitUntil(
            lambda: "File not found" in row_of(rows, picture.name).data(Qt.ItemDataRole.AccessibleTextRole),
            timeout=LONG,
        )
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(impostor), ""))
        qtbot.mouseClick(banner.action_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: "another file" in banner.problem.what, timeout=LONG)
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(hidden), ""))
        window.cases.opening.ask_for(window.cases.shown.items[0].id)
        qtbot.waitUntil(lambda: len(window._parts.session.items) == 1, timeout=LONG)
        (opened,) = window._parts.session.items
        qtbot.waitUntil(lambda: list(opened.annotations) == [drawn], timeout=LONG)


def test_bookmarks_of_an_old_version_are_read_in_once(qtbot: QtBot, picture: Path) -> None:
    from ml.slide.opening import open_slide as read

    with read(picture) as slide:
        old = file_of_old(picture, slide.info.size)
    old.parent.mkdir(parents=True)
    place = {
        "name": "Mitosis",
        "x": 10.0,
        "y": 20.0,
        "scale": 0.5,
        "angle": 0.0,
        "flipped": False,
        "id": "a1",
    }
    old.write_text(json.dumps({"slide": picture.name, "places": [place]}))
    for _ in range(2):
        with a_window(qtbot) as window:
            opened = open_slide(qtbot, window, picture)
            assert [mark.name for mark in opened.bookmarks.items] == ["Mitosis"]
            saved(qtbot, window)
    assert not old.exists()
    assert old.with_suffix(".kept").exists()
    assert paths.data() in old.parents


def test_an_item_goes_to_another_case_with_all_that_is_kept_of_it(
    qtbot: QtBot, sample_slide: Path, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_window(qtbot) as window:
        open_slide(qtbot, window, sample_slide)
        opened = open_slide(qtbot, window, picture)
        drawn = put(opened, 50)
        saved(qtbot, window)
        answer(monkeypatch, "Second opinion")
        monkeypatch.setattr(QInputDialog, "getItem", lambda *_, **__: ("A new case", True))
        window.run("move_item")
        qtbot.waitUntil(lambda: window.cases.work.case.name == "Second opinion", timeout=LONG)
        assert sorted(listed(qtbot, window, 2)) == ["Second opinion", sample_slide.stem]
        other = put(opened, 500)
        saved(qtbot, window)
    with a_window(qtbot) as window:
        listed(qtbot, window, 2)
        double_click(qtbot, window.frame.slides.all.list, "Second opinion")
        qtbot.waitUntil(lambda: len(window._parts.session.items) == 1, timeout=LONG)
        (opened,) = window._parts.session.items
        qtbot.waitUntil(lambda: list(opened.annotations) == [drawn, other], timeout=LONG)


def test_the_history_tells_who_did_what_and_is_exported(
    window: MainWindow, qtbot: QtBot, picture: Path, tmp_path: Path
) -> None:
    put(open_slide(qtbot, window, picture), 50)
    saved(qtbot, window)
    window.run("case_history")
    dialog = window.cases.commands.history.dialog
    qtbot.waitUntil(lambda: dialog.table.rowCount() == 3, timeout=LONG)
    told = [dialog.table.item(row, 2).text() for row in range(3)]
    assert told == ["Draw rectangle (1 added) on field.png", "Item added: field.png", "Case created: field"]
    assert "the record holds" in dialog.holds.text.text()
    target = tmp_path / "history.jsonl"
    window.cases.commands.history.export(window.cases.work.case, target)
    qtbot.waitUntil(target.exists, timeout=LONG)
    entries = [json.loads(line) for line in target.read_text().splitlines()]
    assert [entry["kind"] for entry in entries] == ["case created", "item added", "edit"]
    assert entries[2]["before"] == entries[1]["hash"]


def test_an_item_is_taken_out_of_its_case_by_the_right_button(
    qtbot: QtBot, sample_slide: Path, picture: Path
) -> None:
    with a_window(qtbot) as window:
        open_slide(qtbot, window, sample_slide)
        open_slide(qtbot, window, picture)
        panel = window.frame.slides

        def states() -> list[str]:
            rows = [panel.list.item(n) for n in range(panel.list.count())]
            known = [row for row in rows if row.data(Qt.ItemDataRole.UserRole + 1) is not None]
            return [row.data(Qt.ItemDataRole.AccessibleTextRole).rsplit(", ", 1)[1] for row in known]

        qtbot.waitUntil(lambda: states() == ["open", "open"], timeout=LONG)
        window.run("close")
        qtbot.waitUntil(lambda: states() == ["open", "not open"], timeout=LONG)
        for title, left in ((picture.name, 1), (sample_slide.name, 0)):  # one is closed, one is open
            row = row_of(panel.list, title)
            menu = panel.menu_of(row.data(Qt.ItemDataRole.UserRole), row.data(Qt.ItemDataRole.UserRole + 1))
            assert "Move to another case…" in [action.text() for action in menu.actions()]
            press("Take out")
            next(a for a in menu.actions() if a.text() == "Take out of this case…").trigger()
            menu.deleteLater()
            qtbot.waitUntil(lambda left=left: panel.list.count() == left, timeout=LONG)
        assert not window._parts.session.items
        assert picture.exists()
