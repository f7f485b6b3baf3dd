"""Step 2 of the wizard by hand: several folders, cases of the library, kinds of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from ml.progress import Progress
from ml.train.slide_rows import read_slides, rows_of
from ml.train.study_recipe import read_study_recipe
from tests.gui.wizard_hands import DATA, LONG, PATCHES, a_picture, a_wizard
from viewer.cases.library import Library
from viewer.cases.values import ItemFacts
from viewer.wizard.data_step import DataStep
from viewer.wizard.patches_step import PatchesStep
from viewer.wizard.starts import begun
from viewer.wizard.window import WizardWindow


@pytest.fixture
def library(tmp_path: Path, sample_slide: Path) -> Iterator[Library]:
    """Four cases with a slide each; outlines of two classes are drawn on all but the last."""
    library = Library.open(tmp_path / "library.sqlite", "somebody")
    for number, tags in enumerate((("benign",), ("tumour", "teaching"), ("tumour",), ())):
        case = library.new_case(f"P-{number}")
        library.change_case(case, tags=tags)
        path = tmp_path / "slides" / f"slide{number}{sample_slide.suffix}"
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(sample_slide)
        item = library.add(case.id, ItemFacts("slide", path, f"mark{number}", path.name))
        if number < 3:
            shapes = (Shape.rectangle(Rect(400, 300, 900, 700)), Shape.rectangle(Rect(1500, 900, 300, 300)))
            drawn = tuple(Annotation(s, class_name=n) for s, n in zip(shapes, ("Tumour", ""), strict=True))
            library.commit(item.id, Change((), drawn, "Draw"))
    yield library
    library.close()


def data_step(wizard: WizardWindow, qtbot: QtBot) -> DataStep:
    wizard.go(DATA)
    step = wizard.steps[DATA]
    assert isinstance(step, DataStep)
    qtbot.waitUntil(step.isVisible)
    return step


def take_cases(step: DataStep, qtbot: QtBot, names: tuple[str, ...], untick: str = "") -> None:
    """Click *Cases of the library…*, tick these, leave a tag out, take them."""
    qtbot.mouseClick(step.fields.cases, Qt.MouseButton.LeftButton)
    dialog = step.source.dialog
    assert dialog is not None
    assert not dialog.take_button.isEnabled()
    dialog.tick(names)
    for row in range(dialog.tags.count()):
        if dialog.tags.item(row).text() == untick:
            dialog.tags.item(row).setCheckState(Qt.CheckState.Unchecked)
    qtbot.mouseClick(dialog.take_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: step.desk.survey is not None, timeout=LONG)


def test_cases_with_tags_are_labelled_slides(qtbot: QtBot, tmp_path: Path, library: Library) -> None:
    with a_wizard(qtbot, tmp_path / "training", library) as wizard:
        wizard.desk.change(begun("labelled_slides"))
        step = data_step(wizard, qtbot)
        take_cases(step, qtbot, ("P-0", "P-1", "P-2", "P-3"), untick="teaching")
        assert dict(wizard.desk.survey.labels) == {"tumour": 2, "benign": 1}
        assert "slide3" in step.notice.text.text()
        assert "none of the tags" in step.notice.text.text()
        assert step.fields.folder.text() == "4 cases of the case library"
        assert {step.table.data(step.table.index(row, 2)) for row in range(3)} == {"P-0", "P-1", "P-2"}
        assert not step.obstacle()
        recipe = read_study_recipe(wizard.desk.write_recipe())
        assert recipe.labelled_slides[0].group == "patient"


def test_outlines_of_cases_label_patches(qtbot: QtBot, tmp_path: Path, library: Library) -> None:
    with a_wizard(qtbot, tmp_path / "training", library) as wizard:
        wizard.desk.change(begun("boxes"))
        step = data_step(wizard, qtbot)
        take_cases(step, qtbot, ("P-0", "P-1", "P-2", "P-3"))
        assert set(wizard.desk.plan.data.found) == {"Tumour", "outlined"}
        assert "nothing is drawn on it" in step.notice.text.text()
        step.classes.item(step.plan.data.found.index("outlined"), 0).setCheckState(Qt.CheckState.Unchecked)
        assert wizard.desk.plan.data.classes == ("Tumour",)
        recipe = read_study_recipe(wizard.desk.write_recipe())
        data = wizard.desk.folder
        slides = read_slides(recipe.slides, recipe.task, recipe.network, data, Progress())
        assert {slide.group for slide in slides} == {"cases: P-0", "cases: P-1", "cases: P-2"}
        assert slides[0].truth[0].tolist() == [[400, 300, 1300, 1000]]
        positive = sum(bool(row.labels[0]) for row in rows_of(slides, recipe.slides)) / 3
        patches = wizard.steps[PATCHES]
        assert isinstance(patches, PatchesStep)
        patches.slide.show_plan(wizard.desk.plan)
        qtbot.waitUntil(lambda: patches.slide.grid.preview is not None, timeout=LONG)
        assert patches.slide.slides.count() == 3
        assert len(patches.slide.grid.preview.outlines) == 1
        assert (positive > 0) == (patches.slide.grid.counts()[2] > 0)
        assert "belong to an outline" in patches.slide.told.text()


def test_pictures_of_several_folders_and_kinds(qtbot: QtBot, tmp_path: Path) -> None:
    for place, (folder, label) in enumerate(
        (f, c) for f in ("one", "two") for c in ("a", "b") for _ in range(3)
    ):
        mode, dpi = (
            ("CMYK", 0.0)
            if (folder, label) == ("two", "b")
            else ("RGB", 25_400 / (0.25 if folder == "one" else 0.5))
        )
        a_picture(tmp_path / folder / label / f"p{place}.tif", 10 * place, mode, dpi)
    a_picture(tmp_path / "two" / "a" / "again.tif", 0, "RGB", 25_400 / 0.25)  # p0 of the first folder
    with a_wizard(qtbot, tmp_path / "training") as wizard:
        step = data_step(wizard, qtbot)
        step.choose_folder(tmp_path / "one")
        qtbot.waitUntil(lambda: wizard.desk.survey is not None, timeout=LONG)
        assert step.fields.further.isVisible()
        step.add_folder(tmp_path / "two")
        qtbot.waitUntil(
            lambda: wizard.desk.survey is not None and len(wizard.desk.survey.seen) == 13, timeout=LONG
        )
        told = step.told.text()
        assert "1 is there twice and left out" in told
        assert "3 CMYK" in told
        assert "inks (CMYK) are made red, green and blue" in told
        assert "All CMYK pictures are “b”" in told
        assert "Pixels are of several sizes, 0.25 to 0.5" in told
        wizard.desk.write_recipe()
        lines = (wizard.desk.folder / "cases.csv").read_text(encoding="utf-8").splitlines()
        assert len(lines) == 13
        assert any(str(tmp_path / "two") in line for line in lines)
