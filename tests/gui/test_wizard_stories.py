"""Each kind of data from the first click to the model in use, which then looks at something in the window."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile
from PIL import Image
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.ct_hands import open_series
from tests.gui.hands import bring_to_front, drag, open_file
from tests.gui.test_wizard import end_processes, write_cases
from tests.gui.wizard_person import LEFT, PATIENCE, Person
from tests.ml.train.labelled_heads import widen
from tests.ml.train.test_scan_study import write_heads
from viewer.canvas.slide_view import SlideView
from viewer.main_window.window import MainWindow
from viewer.panels.spacing_dialog import SpacingDialog

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

Begin = Callable[[str], Person]


@pytest.fixture
def begin(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Somebody in front of the wizard; what was begun is ended afterwards."""
    persons: list[Person] = []

    def begun(story: str) -> Person:
        person = Person(qtbot, window, monkeypatch, story)
        person.open_wizard()
        persons.append(person)
        return person

    yield begun
    for person in persons:
        end_processes(person.wizard.desk.folder)


def open_with(person: Person, slide: Path, model: str) -> SlideView:
    """Close the wizard, which has chosen the model, and open a slide or picture."""
    window, qtbot = person.window, person.qtbot
    choice = window.frame.analyze.model.choice
    person.wait(lambda: choice.currentData() == model)
    person.wizard.close()
    bring_to_front(qtbot, window)  # or the key for a region goes nowhere
    view = open_file(qtbot, window, slide)
    window.frame.inspector.setCurrentWidget(window.frame.analyze)
    return view


def analyze_region(person: Person, slide: Path, model: str) -> None:
    """Draw on a slide, click on *Analyze region*."""
    window, qtbot = person.window, person.qtbot
    view = open_with(person, slide, model)
    opened = window.slides.page.opened
    qtbot.keyClick(view, Qt.Key.Key_R)
    middle = view.rect().center()
    drag(view, middle - QPoint(110, 110), middle, middle + QPoint(110, 110))
    assert opened.selected is not None
    assert window.frame.analyze.region_button.isEnabled()
    qtbot.mouseClick(window.frame.analyze.region_button, LEFT)
    finish(person)


def analyze_photograph(person: Person, picture: Path, model: str) -> None:
    """All of it, as one picture; how large a pixel is nobody but the person knows."""
    window, qtbot = person.window, person.qtbot
    open_with(person, picture, model)

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, SpacingDialog)
        qtbot.keyClicks(dialog.field, "8")
        qtbot.mouseClick(dialog.accept_button, LEFT)

    QTimer.singleShot(0, answer)
    qtbot.mouseClick(window.frame.analyze.slide_button, LEFT)
    finish(person)


def finish(person: Person) -> None:
    """Wait until the analysis that was begun has ended."""
    window = person.window
    assert window.analyzing.running
    person.wait(lambda: not window.analyzing.running)
    findings = window.slides.page.opened.findings
    assert findings is not None
    assert findings.scores.scored.any()
    person.look_at_window("10_analyzed")


def test_patches_of_lung_and_colon(begin: Begin, real_data: Path, tmp_path: Path, sample_slide: Path) -> None:
    person = begin("patches")
    folder = write_cases(real_data, tmp_path / "lung_colon", ("lung_n", "colon_n", "lung_aca"), 8)
    person.ask("patches")
    person.choose_data(folder, "0.5")
    person.learn(6)
    person.use("Lung or colon", "Twenty-four source tiles.")
    analyze_region(person, sample_slide, "lung-or-colon")
    findings = person.window.slides.page.opened.findings
    assert set(findings.scores.class_names) == {"lung n", "colon n", "lung aca"}


def test_boxes_on_slides(begin: Begin, real_data: Path, tmp_path: Path) -> None:
    person = begin("boxes")
    folder = write_boxed(real_data, tmp_path / "graft")
    person.ask("boxes")
    person.choose_data(folder)
    person.learn(1)
    person.use("Lesions of a graft", "Pieces of carcinoma laid into an artery.")
    analyze_region(person, folder / "g0_a.tif", "lesions-of-a-graft")
    assert person.window.slides.page.opened.findings.scores.class_names == ("lesion",)


def test_one_label_for_a_slide(begin: Begin, real_data: Path, tmp_path: Path) -> None:
    person = begin("slides")
    folder = write_labelled(real_data, tmp_path / "clots")
    person.ask("labelled_slides")
    person.choose_data(folder)
    person.learn(1)
    person.use("Where it came from", "Mosaics of lung and colon.")
    open_with(person, folder / "c0.tif", "where-it-came-from")
    person.click(person.window.frame.analyze.slide_button)
    finish(person)
    findings = person.window.slides.page.opened.findings
    assert set(findings.scores.class_names) == {"lung", "colon"}
    answer = findings.analysis.slide_answer
    assert sum(answer.probabilities) == pytest.approx(1)
    said = person.window.frame.analyze.run_view.result.text.text()
    assert said.startswith(f"The slide as a whole: {answer.likeliest} ")


def test_photographs_of_the_retina(begin: Begin, real_data: Path, tmp_path: Path) -> None:
    person = begin("retina")
    folder = write_retina(real_data, tmp_path / "retina")
    person.ask("pictures")
    person.choose_data(folder)
    person.learn(6)
    person.use("Retina", "Thirty-six photographs of three cameras.")
    picture = next(folder.glob("*.jpg"))
    analyze_photograph(person, picture, "retina")
    scores = person.window.slides.page.opened.findings.scores
    assert scores.values.shape == (1, 1, 3)
    assert set(scores.class_names) == {"normal", "glaucoma", "diabetic retinopathy"}
    said = person.window.frame.analyze.run_view.result.text.text()
    assert said.startswith("Looked at as one picture: ")


def test_slices_of_ct(begin: Begin, tmp_path: Path) -> None:
    person = begin("scans")
    folder = tmp_path / "heads"
    write_heads(folder)
    widen(folder / "labels.csv")
    person.ask("scans")
    person.choose_data(folder)
    person.learn(1)
    person.use("Bright in a disc", "Discs of one density in air.")
    window, qtbot = person.window, person.qtbot
    choice = window.frame.ct_analyze.model.choice
    person.wait(lambda: choice.findData("bright-in-a-disc") >= 0)
    person.wizard.close()
    page = open_series(qtbot, window, folder / "p0")
    person.wait(lambda: choice.currentData() == "bright-in-a-disc")
    window.frame.inspector.setCurrentWidget(window.frame.ct_analyze)
    qtbot.mouseClick(window.frame.ct_analyze.button, LEFT)
    qtbot.waitUntil(lambda: window.on_ct.reporting.possible, timeout=PATIENCE)
    assert set(page.opened.findings.scores.class_names) == {"left", "right"}
    person.look_at_window("10_analyzed")


def write_retina(real_data: Path, folder: Path, patients: int = 12) -> Path:
    """Real photographs of so many patients a class, one each, with their table."""
    source = real_data / "retina"
    with (source / "labels.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    folder.mkdir()
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "label", "patient"])
        for label in ("normal", "glaucoma", "diabetic_retinopathy"):
            own = {line["patient"]: line for line in reversed(lines) if line["label"] == label}
            for patient, line in list(own.items())[:patients]:
                name = f"{label}_{Path(line['file']).name}"
                shutil.copyfile(source / line["file"], folder / name)
                table.writerow([name, label, patient])
    return folder


def write_labelled(real_data: Path, folder: Path, patients: int = 8) -> Path:
    """Slides of twelve real pictures each, one a patient; half of the pictures are of what the label says."""
    source = real_data / "patches" / "lung_colon"
    edge, across, down = 224, 4, 3
    kinds = {kind: iter(sorted((source / kind).glob("*.jpg"))) for kind in ("lung_n", "colon_n", "colon_aca")}
    folder.mkdir()
    lines = ["file,label,patient"]
    for number in range(patients):
        label = ("lung", "colon")[number % 2]
        slide = Image.new("RGB", (across * edge, down * edge))
        for place in range(across * down):
            kind = f"{label}_n" if place % 2 else "colon_aca"
            slide.paste(Image.open(next(kinds[kind])), (place % across * edge, place // across * edge))
        write_slide(folder / f"c{number}.tif", slide)
        lines.append(f"c{number}.tif,{label},p{number}")
    (folder / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def write_slide(path: Path, picture: Image.Image) -> None:
    """A tiled TIFF of 0.5 µm a pixel."""
    tifffile.imwrite(
        path,
        np.asarray(picture),
        tile=(256, 256),
        photometric="rgb",
        resolution=(20_000, 20_000),
        resolutionunit="CENTIMETER",
    )


def write_boxed(real_data: Path, folder: Path, patients: int = 6) -> Path:
    """Pieces of a real artery, two a patient; in each two pieces of carcinoma, whose boxes are known."""
    artery = openslide.OpenSlide(real_data / "slides" / "carotid_thrombus_he.svs")
    tumours = sorted((real_data / "patches" / "lung_colon" / "lung_aca").glob("*.jpg"))
    width, height, edge = 768, 512, 160
    places = [(x, y) for y in range(4000, 21000, 1500) for x in range(2500, 10000, 1500)]
    pieces = (artery.read_region(place, 0, (width, height)).convert("RGB") for place in places)
    tissue = (piece for piece in pieces if np.asarray(piece).mean() < 200)
    folder.mkdir()
    lines = ["file,x1,y1,x2,y2,label"]
    for number, piece in zip(range(2 * patients), tissue, strict=False):
        name = f"g{number // 2}_{'ab'[number % 2]}.tif"
        for place, left in enumerate((64, 448)):
            top = 32 * ((number + 3 * place) % 8)
            tumour = Image.open(tumours[7 * (2 * number + place)]).crop((0, 0, edge, edge))
            piece.paste(tumour, (left, top))
            lines.append(f"{name},{left},{top},{left + edge},{top + edge},lesion")
        write_slide(folder / name, piece)
    artery.close()
    assert len(lines) == 1 + 4 * patients
    (folder / "boxes.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder
