"""A report as a person writes it: template, fields, text, pictures, order, export; and what a kill leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docx
import openpyxl
import pypdfium2
import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from ml.draft.draft import FigureSection, FormSection
from ml.draft.store import FolderDrafts
from ml.draft.template import own_folder
from ml.verbs.write_report import possible_formats
from tests.gui.ct_hands import open_series
from tests.gui.hands import LONG, bring_to_front, drag, open_file
from tests.viewer.ct.phantom import write_phantom
from viewer.main_window.window import MainWindow
from viewer.panels.report_editor import ReportEditor
from viewer.panels.report_export_dialog import ReportExportDialog

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def editor(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> Iterator[ReportEditor]:
    """The report of a slide that nobody has analyzed, opened by its key."""
    view = open_file(qtbot, window, sample_slide)
    qtbot.keyClick(view, Qt.Key.Key_E, CTRL)
    opened = window.further.editing.editor
    assert opened is not None
    wait_set(qtbot, opened)
    yield opened
    if window.further.editing.editor is not None:
        window.further.editing.editor.close()


def wait_set(qtbot: QtBot, editor: ReportEditor) -> None:
    """Wait until the first page is drawn."""
    qtbot.waitUntil(lambda: bool(editor.view.pages and editor.view.pages[0].scale), timeout=LONG)


def text_of(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
    assert all("Research use only. Not for diagnosis." in page for page in pages)
    return " ".join(" ".join(pages).split())


def keys_of(editor: ReportEditor) -> list[str]:
    return [section.key for section in editor.drafting.draft.sections]


def choose_template(qtbot: QtBot, editor: ReportEditor, name: str) -> None:
    names = [editor.template.itemData(n).name for n in range(editor.template.count())]
    editor.template.setFocus()
    editor.template.setCurrentIndex(names.index(name))
    editor.template.activated.emit(names.index(name))
    assert editor.drafting.draft.template == name


def test_a_report_is_written_and_exported_in_every_format(
    window: MainWindow, qtbot: QtBot, editor: ReportEditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing analyzed yet" in editor.notice.text.text()
    assert editor.missing.text().startswith("2 fields to be answered")

    # Draw a region: the report takes it up.
    view = window.slides.page.view
    bring_to_front(qtbot, window)
    qtbot.keyClick(view, Qt.Key.Key_R)
    middle = view.rect().center()
    drag(view, middle - QPoint(60, 60), middle, middle + QPoint(60, 60))
    qtbot.waitUntil(lambda: "annotations" in editor.evidence.grids, timeout=LONG)
    qtbot.waitUntil(lambda: len(editor.evidence.grids["annotations"].rows) == 1, timeout=LONG)

    # The head, then the fields that must be answered, one jump away.
    bring_to_front(qtbot, editor)
    qtbot.keyClicks(editor.parts.head.lines["author"], "Dr. <Ünal> & Co")
    qtbot.mouseClick(editor.missing, LEFT)
    assert editor.sections.current == "synopsis"
    form = editor.parts.form
    assert form is not None
    tissue, stain = form.rows["tissue"], form.rows["stain"]
    assert tissue.line.accessibleName() == "Tissue, required"
    qtbot.keyClicks(tissue.line, "Skin")
    stain.choice.setFocus()
    qtbot.keyClicks(stain.choice, "Giemsa")
    assert not editor.missing.isEnabled()
    qtbot.mouseClick(form.rows["flaws"].boxes[0], LEFT, pos=QPoint(8, 8))
    section = editor.drafting.draft.section("synopsis")
    assert isinstance(section, FormSection)
    assert dict(section.values) == {"tissue": "Skin", "stain": "Giemsa", "flaws": ("folds",)}

    # Text, and a picture of the view by its key while looking.
    editor.sections.choose("microscopy")
    qtbot.keyClicks(editor.parts.text.text, "Dense *infiltrate* #5 <b>here</b>.")
    bring_to_front(qtbot, window)
    qtbot.keyClick(view, Qt.Key.Key_C, CTRL | SHIFT)
    bring_to_front(qtbot, editor)
    pictures = editor.drafting.draft.section("figures")
    assert isinstance(pictures, FigureSection)
    assert pictures.figures[-1].title == "View 1"
    assert "×" in pictures.figures[-1].caption

    # Order: a row is dragged (Qt's own list moves the row of its model), another goes by keys.
    rows = editor.sections.list
    assert rows.model().moveRow(QModelIndex(), 9, QModelIndex(), 1)
    qtbot.waitUntil(lambda: keys_of(editor)[0] == "conclusion", timeout=LONG)
    editor.sections.choose("conclusion")
    rows.setFocus()
    qtbot.keyClick(rows, Qt.Key.Key_Down, ALT)
    assert keys_of(editor)[:2] == ["clinical", "conclusion"]
    rows.item(keys_of(editor).index("provenance") + 1).setCheckState(Qt.CheckState.Unchecked)
    assert not editor.drafting.draft.section("provenance").shown

    # Export by the button, all formats ticked.
    possible = possible_formats(editor.evidence)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))

    def tick_all(dialog: ReportExportDialog) -> int:
        assert not dialog.jumps
        assert tuple(dialog.boxes) == possible
        for box in dialog.boxes.values():
            box.setChecked(True)
        assert dialog.go.text() == "Choose folder…"
        return 1

    monkeypatch.setattr(ReportExportDialog, "exec", tick_all)
    with qtbot.waitSignal(window.further.editing.exporting.written, timeout=LONG) as written:
        qtbot.mouseClick(editor.export_button, LEFT)
    files = {file.path.name: file.path for file in written.args[0]}
    assert {"report.pdf", "report.html", "report.docx", "tables.xlsx", "annotations.geojson"} <= set(files)
    assert "files written" in editor.outcome.text.text()
    text = text_of(files["report.pdf"])
    for fact in ("Dr. <Ünal> & Co", "Tissue Skin", "Stain Giemsa", "Flaws folds", "View 1"):
        assert fact in text, fact
    assert "Dense *infiltrate* #5 <b>here</b>." in text
    assert "Where the numbers come from" not in text
    assert "Preliminary" not in text
    words = [p.text for p in docx.Document(str(files["report.docx"])).paragraphs]
    assert "Dense *infiltrate* #5 <b>here</b>." in words
    assert openpyxl.load_workbook(files["tables.xlsx"]).sheetnames == ["Report", "Annotations"]
    assert "Dr. &lt;Ünal&gt; &amp; Co" in files["report.html"].read_text(encoding="utf-8")
    assert window._parts.settings.report_formats == possible


def test_missing_fields_are_named_and_one_click_away(
    window: MainWindow, qtbot: QtBot, editor: ReportEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_template(qtbot, editor, "lung-colon")

    def jump(dialog: ReportExportDialog) -> int:
        names = [button.text() for button in dialog.jumps]
        assert names[:2] == ["Case →", "Synopsis: Procedure →"]
        assert dialog.go.text() == "Export as preliminary…"
        qtbot.mouseClick(dialog.jumps[1], LEFT)
        return dialog.result()

    monkeypatch.setattr(ReportExportDialog, "exec", jump)
    qtbot.keyClick(editor, Qt.Key.Key_E, CTRL)
    assert editor.sections.current == "synopsis"
    assert QApplication.focusWidget() is editor.parts.form.rows["procedure"].choice
    assert not window._parts.drafts.running


def test_what_cannot_be_right_is_said_below_the_field(qtbot: QtBot, editor: ReportEditor) -> None:
    choose_template(qtbot, editor, "lung-colon")
    editor.sections.choose("synopsis")
    size = editor.parts.form.rows["size"]
    qtbot.keyClicks(size.line, "5oo")
    assert size.fault.isVisible()
    assert "Type a number" in size.fault.text()
    size.line.clear()
    qtbot.keyClicks(size.line, "412")
    assert "From 0 to 300 mm" in size.fault.text()
    assert any("From 0 to 300" in one.words for one in editor.drafting.draft.missing)
    size.line.selectAll()
    qtbot.keyClicks(size.line, "12,5")
    assert not size.fault.isVisible()
    assert dict(editor.drafting.draft.section("synopsis").values)["size"] == 12.5  # type: ignore[union-attr]


def test_every_edit_is_taken_back(qtbot: QtBot, editor: ReportEditor) -> None:
    first = editor.drafting.draft
    editor.sections.choose("clinical")
    qtbot.keyClicks(editor.parts.text.text, "Typed in one go")
    typed = editor.drafting.draft
    assert typed != first
    qtbot.mouseClick(editor.sections.remove, LEFT)
    assert "clinical" not in keys_of(editor)
    choose_template(qtbot, editor, "clot")
    for wanted in (typed.without("clinical"), typed, first):
        editor.drafting.undo.undo()
        assert editor.drafting.draft == wanted
    editor.sections.choose("clinical")
    assert editor.parts.text.text.toPlainText() == ""
    while editor.drafting.undo.canRedo():
        editor.drafting.undo.redo()
    assert editor.drafting.draft.template == "clot"


def test_the_template_words_until_somebody_types(qtbot: QtBot, editor: ReportEditor) -> None:
    editor.sections.choose("analysis")
    text = editor.parts.text
    assert text.text.toPlainText() == "No model was used."
    assert "follows the results" in text.automatic.text()
    qtbot.keyClicks(text.text, "So: ")
    assert text.reset.isVisible()
    assert not text.automatic.isVisible()
    qtbot.mouseClick(text.reset, LEFT)
    assert text.text.toPlainText() == "No model was used."


def test_sections_are_added_and_pictures_ordered(qtbot: QtBot, editor: ReportEditor) -> None:
    editor.sections.choose("figures")
    figures = editor.parts.figures
    assert [figures.list.item(n).text() for n in range(2)] == ["The slide", "Heatmap (not there yet)"]
    assert figures.list.model().moveRow(QModelIndex(), 0, QModelIndex(), 3)
    names = ["auto:heatmap", "auto:gradcam", "auto:slide", "auto:boxes", "auto:top boxes"]
    qtbot.waitUntil(
        lambda: [f.source for f in editor.drafting.draft.section("figures").figures] == names,  # type: ignore[union-attr]
        timeout=LONG,
    )
    figures.list.setCurrentRow(2)
    qtbot.keyClicks(figures.title, "All of it")
    qtbot.mouseClick(figures.remove, LEFT)
    left = editor.drafting.draft.section("figures").figures  # type: ignore[union-attr]
    assert [f.source for f in left] == [*names[:2], *names[3:]]
    editor.sections.add_wished.emit("text", "")
    assert editor.sections.current == "text"
    qtbot.keyClicks(editor.parts.title, " of mine")
    assert editor.drafting.draft.section("text").title == "Text of mine"


def test_the_draft_is_there_again_after_closing(
    window: MainWindow, qtbot: QtBot, editor: ReportEditor, sample_slide: Path
) -> None:
    editor.sections.choose("clinical")
    with qtbot.waitSignal(editor.drafting.kept, timeout=LONG):
        qtbot.keyClicks(editor.parts.text.text, "Seen before.")
    key = editor.drafting.key
    assert FolderDrafts().load(key) == editor.drafting.draft
    qtbot.keyClicks(editor.parts.text.text, " And more.")
    draft = editor.drafting.draft
    window.run("close")  # the slide, and its editor with it
    assert window.further.editing.editor is None
    assert FolderDrafts().load(key) == draft, "what was not yet kept is kept when it is closed"
    open_file(qtbot, window, sample_slide)
    window.run("export")
    again = window.further.editing.editor
    assert again is not None
    assert again.drafting.draft == draft
    again.close()


def test_what_goes_wrong_is_said_and_nothing_is_lost(
    window: MainWindow, qtbot: QtBot, editor: ReportEditor, tmp_path: Path
) -> None:
    window.run("snapshot")
    wait_set(qtbot, editor)
    for picture in (FolderDrafts().folder / "pictures").iterdir():
        picture.unlink()
    editor.drafting.edit(editor.drafting.draft.answer("synopsis", "tissue", "Skin"), "Answer")
    qtbot.waitUntil(lambda: "picture of this report is gone" in editor.page_notice.text.text(), timeout=LONG)
    assert editor.view.pages, "the other pages are shown all the same"
    (tmp_path / "out").write_text("in the way", encoding="utf-8")
    figures = editor.drafting.draft.section("figures")
    assert isinstance(figures, FigureSection)
    editor.drafting.undo.undo()
    editor.drafting.undo.undo()
    assert not editor.drafting.draft.pictures
    with qtbot.waitSignal(window._parts.drafts.failed, timeout=LONG):
        window.further.editing.exporting.into(tmp_path / "out", ("pdf",))
    assert "could not be written" in editor.outcome.text.text()
    assert editor.export_button.isEnabled()


def test_a_broken_template_is_told_and_the_others_are_offered(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    (own_folder() / "mine.toml").write_text(
        'title = "Mine"\nsubject = "slide"\nheadings = 1\n', encoding="utf-8"
    )
    open_file(qtbot, window, sample_slide)
    window.run("export")
    editor = window.further.editing.editor
    assert editor is not None
    assert editor.template.count() >= 4
    assert "“mine.toml” is wrong in line 3" in window.frame.banner.what.text()
    editor.close()


def test_a_damaged_draft_is_told_and_a_new_one_begun(
    window: MainWindow, qtbot: QtBot, editor: ReportEditor, sample_slide: Path
) -> None:
    key = editor.drafting.key
    window.run("close")
    (FolderDrafts().folder / f"{key}.json").write_text("{", encoding="utf-8")
    open_file(qtbot, window, sample_slide)
    window.run("export")
    assert window.further.editing.editor is not None
    assert "cannot be read any more" in window.frame.banner.what.text()
    window.further.editing.editor.close()
    assert (FolderDrafts().folder / f"{key}.damaged").is_file()


def test_a_series_is_reported_too(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = open_series(qtbot, window, write_phantom(tmp_path_factory.mktemp("phantom")))
    page.reading.go(4)
    qtbot.keyClick(page.view.axial, Qt.Key.Key_C, CTRL | SHIFT)
    qtbot.keyClick(page.view.axial, Qt.Key.Key_E, CTRL)
    editor = window.further.editing.editor
    assert editor is not None
    assert editor.drafting.draft.subject == "ct"
    section = editor.drafting.draft.section("figures")
    assert isinstance(section, FigureSection)
    assert section.figures[-1].title.startswith("Slice 5 of")
    assert "HU" in section.figures[-1].caption
    wait_set(qtbot, editor)
    with qtbot.waitSignal(window.further.editing.exporting.written, timeout=LONG):
        window.further.editing.exporting.into(tmp_path / "out", ("pdf", "docx"))
    text = text_of(tmp_path / "out" / "report.pdf")
    assert "Slice 5 of" in text
    assert "Doe" not in text, "the patient's name is only where it was typed"
    editor.close()


def test_every_control_has_a_name(editor: ReportEditor) -> None:
    for button in editor.findChildren(QPushButton):
        assert not button.isVisibleTo(editor) or button.accessibleName() or button.text(), button
    for key in ("synopsis", "figures", "clinical", ""):
        editor.sections.choose(key)
        for widget in (editor.parts.title, editor.sections.list, editor.parts.figures.list, editor.template):
            assert widget.accessibleName()


CHILD = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from viewer.app import build
app, window = build([])
window.show()
def write():
    page = window.slides.page
    if page is None:
        return
    timer.stop()
    window.run("export")
    editor = window.further.editing.editor
    editor.drafting.kept.connect(lambda: print("kept", editor.drafting.key, flush=True))
    editor.sections.choose("clinical")
    editor.parts.text.text.setPlainText("Typed before the kill.")
timer = QTimer()
timer.timeout.connect(write)
timer.start(50)
window.slides.open(Path(sys.argv[1]))
app.exec()
"""


def test_a_killed_program_leaves_what_was_typed(sample_slide: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(sample_slide)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    assert child.stdout is not None
    with child.stdout:
        said = child.stdout.readline().split()
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert said[0] == "kept"
    draft = FolderDrafts().load(said[1])
    assert draft is not None
    assert draft.section("clinical").text == "Typed before the kill."  # type: ignore[union-attr]
