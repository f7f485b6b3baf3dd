"""Learning from corrections for boxes, several labels and CT: decided and answered by keys, learned from."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from ml.annotation.answers import is_answer
from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from tests.gui.hands import LONG, bring_to_front, drag, open_file
from tests.gui.model_hands import TINY, data_of, shoot, trained_here
from tests.gui.test_learning import asked
from tests.gui.test_learning_ct import analyzed_series, heads_model
from tests.gui.wizard_hands import DATA
from tests.ml.train.test_box_study import write_slides
from viewer.cases.library import whoever
from viewer.main_window.window import MainWindow
from viewer.state.findings import Findings
from viewer.state.opened_slide import OpenedSlide
from viewer.wizard.data_step import DataStep
from viewer.wizard.plan import Plan
from viewer.wizard.queue_window import QueueWindow
from viewer.wizard.slice_picture import SlicePicture
from viewer.wizard.window import WizardWindow

pytestmark = [pytest.mark.slow]

LEFT = Qt.MouseButton.LeftButton
CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


def take_model(qtbot: QtBot, window: MainWindow, name: str) -> None:
    """Choose a model that was installed a moment ago."""
    window._parts.models.read()
    model = window.frame.analyze.model
    qtbot.waitUntil(lambda: model.choice.findData(name) >= 0, timeout=LONG)
    model.choose(name)


def analyzed(qtbot: QtBot, window: MainWindow, slide: Path, rect: Rect) -> OpenedSlide:
    """A part of the slide, looked at by the chosen model."""
    open_file(qtbot, window, slide)
    page = window.slides.page
    assert page is not None
    opened = page.opened
    region = Annotation(Shape.rectangle(rect))
    opened.edit(Change((), (region,), "Draw rectangle"))
    opened.select(region.id)
    window.run("analyze")
    qtbot.waitUntil(
        lambda: opened.findings is not None and opened.findings.analysis is not None, timeout=LONG
    )
    return opened


def show_two_boxes(findings: Findings) -> None:
    """Weights are by chance: take the threshold at which several boxes are found."""
    values = np.sort(findings.scores.values[..., 0][findings.scores.scored])
    for share in (0.9, 0.8, 0.7, 0.6):
        at = float(values[int(share * len(values))])
        findings.set_rule(replace(findings.rule, threshold=at, smoothing=0.0, gap=0, least_patches=1))
        if len(findings.boxes) >= 3:
            return
    raise AssertionError(len(findings.boxes))


def draw_missed(qtbot: QtBot, window: MainWindow, name: str) -> Annotation:
    """A lesion that the model did not find: a rectangle by hand, then its class from the list."""
    page, annotations = window.slides.page, window.frame.annotations
    assert page is not None
    page.opened.select(None)
    qtbot.keyClick(page.view, Qt.Key.Key_R)
    middle = page.view.rect().center()
    drag(page.view, middle + QPoint(60, 60), middle + QPoint(80, 80), middle + QPoint(110, 110))
    found = annotations.classes.list.findItems(name, Qt.MatchFlag.MatchStartsWith)
    assert len(found) == 1, "the class of the model stands in the list"
    annotations.classes.list.setCurrentItem(found[0])
    qtbot.mouseClick(annotations.classes.give, LEFT)
    drawn = page.opened.selected
    assert drawn is not None
    assert drawn.class_name == name
    return drawn


def began(qtbot: QtBot, window: MainWindow) -> WizardWindow:
    """*Retrain from here* by its keys; the wizard that is filled in."""
    problems: list[object] = []
    window.further.learning.refused.connect(problems.append)
    bring_to_front(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_T, CTRL_ALT)
    training = window.further.training
    qtbot.waitUntil(lambda: training.wizard is not None or bool(problems), timeout=LONG)
    assert not problems, problems
    assert training.wizard is not None
    qtbot.waitUntil(lambda: training.wizard.desk.survey is not None, timeout=LONG)
    return training.wizard


def test_boxes_that_were_accepted_and_rejected_are_learned_from(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = tmp_path / "graft"
    write_slides(folder)
    trained_here(Plan("boxes", data=data_of(folder, "boxes.csv", "lesion"), network=TINY), "Graft", tmp_path)
    take_model(qtbot, window, "graft")
    opened = analyzed(qtbot, window, folder / "g0_a.tif", Rect(0, 0, 512, 384))
    findings = opened.findings
    show_two_boxes(findings)
    bring_to_front(qtbot, window)
    view = window.slides.page.view
    view.setFocus()
    first, second = findings.boxes[:2]
    for box, key in ((first, Qt.Key.Key_Return), (second, Qt.Key.Key_Delete)):
        findings.select(box.key)
        qtbot.keyClick(view, key)
    assert [findings.verdict(box.key) for box in (first, second)] == ["accepted", "rejected"]
    missed = draw_missed(qtbot, window, "lesion")

    wizard = began(qtbot, window)
    plan = wizard.desk.plan
    assert (plan.kind, plan.texts.title, wizard.current, plan.parent) == ("boxes", "Graft 2", DATA, "first")
    with (wizard.desk.folder / "labels" / "added.csv").open(encoding="utf-8", newline="") as file:
        origin = list(csv.DictReader(file))
    assert {(one["source"], one["label"]) for one in origin} == {
        ("corrected by person", "lesion"),
        ("rejected by person", ""),
        ("drawn by person", "lesion"),
    }
    by_hand = [one for one in origin if one["source"] == "drawn by person"]
    for one in by_hand:
        place = Rect(float(one["x"]), float(one["y"]), float(one["width"]), float(one["height"]))
        assert not place.intersection(missed.shape.bounds).is_empty
        assert one["by"] == whoever()
    assert len(origin) == plan.data.added
    assert {Path(one["slide"]).name for one in origin} == {"g0_a.tif"}
    assert all(one["by"] and one["at"] for one in origin)
    assert all(one["model"] == "graft" and one["run"] for one in origin if one not in by_hand)
    data = wizard.steps[DATA]
    assert isinstance(data, DataStep)
    assert f"{plan.data.added} labels that people gave since" in data.told.text()
    assert plan.data.drawn == len(by_hand)
    assert f"{len(by_hand)} of these lie in what was drawn by hand, by {whoever()} on" in data.told.text()
    shoot(qtbot, window, wizard, "retrain_boxes")
    assert wizard.next_button.isEnabled()
    qtbot.mouseClick(wizard.next_button, LEFT)
    assert wizard.steps[DATA].obstacle() == ""


def test_patches_of_several_labels_are_answered_by_switching_and_confirming(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, sample_slide: Path
) -> None:
    data = replace(data_of(tmp_path, "cases.csv", "gland", "inflamed"), spacing=0.5, edge=32)
    trained_here(Plan("patches", data=data, network=TINY), "Two things", tmp_path)
    take_model(qtbot, window, "two-things")
    middle = Rect(2000, 2000, 400, 400)
    opened = analyzed(qtbot, window, sample_slide, middle)
    queue = asked(qtbot, window)
    assert queue.answering.several
    qtbot.keyClick(queue, Qt.Key.Key_1)
    qtbot.keyClick(queue, Qt.Key.Key_2)
    shoot(qtbot, window, queue, "queue_several")
    qtbot.keyClick(queue, Qt.Key.Key_Return)
    qtbot.keyClick(queue, Qt.Key.Key_2)
    qtbot.keyClick(queue, Qt.Key.Key_Return)
    qtbot.keyClick(queue, Qt.Key.Key_Return)
    answers = [one.class_name for one in opened.annotations if is_answer(one)]
    assert answers == ["gland: inflamed", "inflamed", "None of them"]
    assert asked_again(window).answering.answered == 3


def asked_again(window: MainWindow) -> QueueWindow:
    """The same questions, closed and opened again."""
    queue = window.further.learning.queue_window
    assert queue is not None
    kept = queue.answering.asked
    queue.close()
    window.run("label_queue")
    found = window.further.learning.queue_window
    assert found is not None
    assert found.answering.asked == kept
    return found


def test_slices_are_asked_about_and_what_was_answered_is_learned_from(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    heads_model(qtbot, window, tmp_path)
    page = analyzed_series(qtbot, window, tmp_path / "new")
    queue = asked(qtbot, window)
    assert isinstance(queue.view, SlicePicture)
    assert len(queue.answering.asked) == 6
    first = queue.answering.asked[0].number
    assert queue.view.shown == first
    qtbot.keyClick(queue, Qt.Key.Key_2)
    shoot(qtbot, window, queue, "queue_slices")
    qtbot.mouseClick(queue.show_place, LEFT)
    assert page.reading.slice_ == first
    qtbot.keyClick(queue, Qt.Key.Key_Return)
    qtbot.keyClick(queue, Qt.Key.Key_Return)
    qtbot.keyClick(queue, Qt.Key.Key_Space)
    labels = [page.opened.learning.answers[one.uid].label for one in queue.answering.asked[:3]]
    assert labels == ["right", "None of them", ""]
    found = asked_again(window)
    assert found.answering.position == 3
    found.close()

    wizard = began(qtbot, window)
    plan = wizard.desk.plan
    assert (plan.kind, plan.texts.title, wizard.current, plan.data.added) == ("scans", "Heads 2", DATA, 2)
    table = (wizard.desk.folder / "labels" / "series_1.csv").read_text(encoding="utf-8")
    assert f",0,1,labelled in queue,{first + 1}," in table
    data_step = wizard.steps[DATA]
    assert isinstance(data_step, DataStep)
    assert "2 labels that people gave since" in data_step.told.text()
    shoot(qtbot, window, wizard, "retrain_scans")
