"""Steps 7 and 8 clicked: doubtful labels, threshold, map, comparison, the next training; models deleted."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from ml import paths
from ml.zoo import store
from ml.zoo.bundle import load_card, open_bundle, write_bundle
from ml.zoo.lineage import Ancestor, Lineage
from tests.gui.hands import LONG
from tests.gui.test_wizard import (
    CHECK,
    DATA,
    METHOD,
    PATIENCE,
    TRAINING,
    VERDICT,
    end_processes,
    ended,
    next_,
    to_training,
    write_cases,
)
from viewer.main_window.window import MainWindow
from viewer.wizard.honesty_step import HonestyStep
from viewer.wizard.method_step import MethodStep
from viewer.wizard.models_window import ModelsWindow
from viewer.wizard.verdict_step import VerdictStep
from viewer.wizard.window import WizardWindow

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def wizard(window: MainWindow, qtbot: QtBot) -> Iterator[WizardWindow]:
    window.run("train")
    found = window.further.training.wizard
    assert found is not None
    qtbot.waitUntil(found.isVisible)
    yield found
    for folder in found.desk.folder.parent.iterdir():
        end_processes(folder)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_from_a_verdict_to_the_next_training(
    window: MainWindow, wizard: WizardWindow, qtbot: QtBot, real_data: Path, tmp_path: Path
) -> None:
    pictures = write_cases(real_data, tmp_path / "pictures", ("lung_n", "colon_n"))
    training = to_training(qtbot, wizard, pictures)
    changed_parts_are_checked_again(qtbot, wizard)
    training.begin()
    qtbot.waitUntil(lambda: ended(training), timeout=PATIENCE)
    assert training.run.state == "done", training.notice.text.text()
    next_(qtbot, wizard)
    verdict = wizard.steps[VERDICT]
    assert isinstance(verdict, VerdictStep)
    assert sum(one.count for one in verdict.reliability.bins) == len(verdict.answers)
    the_threshold_goes_into_the_card(qtbot, wizard, verdict)
    the_map_opens_pictures(qtbot, window, verdict)
    before = wizard.desk.folder
    answer = verdict.answers[0]
    verdict.figures.show_cell(answer.label, answer.said)
    qtbot.mouseClick(verdict.strip.pictures[0], LEFT)
    chosen = verdict.pane.answer
    assert chosen is not None
    place = verdict.pane.label.findText("Leave it out")
    verdict.pane.label.setCurrentIndex(place)
    verdict.pane.label.activated.emit(place)
    assert wizard.desk.plan.mended == {str(chosen.path): ""}
    assert "1 label changed" in verdict.mended_told.text()
    count = len((before / "cases.csv").read_text(encoding="utf-8").splitlines())
    qtbot.mouseClick(verdict.again_button, LEFT)
    assert wizard.desk.folder != before
    assert wizard.current == DATA
    assert wizard.desk.plan.parent == before.name
    qtbot.waitUntil(lambda: wizard.desk.survey is not None, timeout=PATIENCE)
    wizard.go(CHECK)
    with (wizard.desk.folder / "cases.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == count - 2  # the head, and the picture that was left out
    assert str(chosen.path) not in {line["file"] for line in lines}
    assert len((before / "cases.csv").read_text(encoding="utf-8").splitlines()) == count


def changed_parts_are_checked_again(qtbot: QtBot, wizard: WizardWindow) -> None:
    """Other parts than those that were checked: the way to the training leads over step 3."""
    wizard.go(METHOD)
    method, check = wizard.steps[METHOD], wizard.steps[CHECK]
    assert isinstance(method, MethodStep)
    assert isinstance(check, HonestyStep)
    method._division(folds=5)
    assert wizard.reachable == CHECK
    assert "step 3" in wizard.why.text()
    qtbot.mouseClick(wizard.next_button, LEFT)
    assert wizard.current == CHECK
    qtbot.waitUntil(lambda: not check.obstacle(), timeout=PATIENCE)
    wizard.go(TRAINING)
    assert wizard.current == TRAINING


def the_threshold_goes_into_the_card(qtbot: QtBot, wizard: WizardWindow, verdict: VerdictStep) -> None:
    verdict.tabs.setCurrentWidget(verdict.threshold)
    view = verdict.threshold
    said = []
    for value in (0, 100):
        view.curves.line.setValue(value)  # as a drag does
        assert view.slider.value == value / 100
        said.append(view.told.text())
    assert len(set(said)) == 2
    name = view.choice.currentText()
    assert said[0].startswith(f"Misses 0 of 100 “{name}”")
    assert "100 false alarms per 100 pictures" in said[0]
    view.slider.changed.emit(0.37)
    qtbot.mouseClick(view.use_button, LEFT)
    qtbot.waitUntil(view.notice.isVisible, timeout=LONG)
    card = load_card(wizard.desk.bundle)
    assert card.threshold == 0.37
    assert card.class_names[card.shown_class] == name
    assert "37" in view.now.text()
    assert verdict.run.state == "done"  # another threshold is not another training


def the_map_opens_pictures(qtbot: QtBot, window: MainWindow, verdict: VerdictStep) -> None:
    verdict.tabs.setCurrentIndex(2)
    qtbot.mouseClick(verdict.look_back, LEFT)
    with qtbot.waitSignal(verdict.compare.counted, timeout=PATIENCE):
        qtbot.waitUntil(lambda: not verdict.reviewing.running, timeout=PATIENCE)
    assert not verdict.notice.isVisible()
    assert len(verdict.map.points) == 24
    assert len(verdict.compare.found) == 1
    assert "simple rule" in verdict.compare.found[0].in_words()
    verdict.map.setFocus()
    qtbot.keyClick(verdict.map, Qt.Key.Key_Right)
    assert verdict.pane.answer is verdict.map.points[0].answer
    path = verdict.map.points[0].answer.path
    qtbot.mouseClick(verdict.pane.open_button, LEFT)
    qtbot.waitUntil(
        lambda: window.slides.page is not None and window.slides.page.opened.info.path == path, timeout=LONG
    )


def test_it_goes_to_the_place_on_the_slide(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    place = (500.0, 400.0, 128.0, 128.0)
    for _ in range(2):  # opened by it, and open already
        window.further.training.show_picture(sample_slide, place)
        qtbot.waitUntil(lambda: window.slides.page is not None, timeout=LONG)
        page = window.slides.page
        assert page is not None
        seen = page.view.camera.visible()
        assert abs(seen.center.x - 564) < 2
        assert abs(seen.center.y - 464) < 2
        assert seen.width < 2000
        page.view.fit()


@pytest.fixture
def own_models(tmp_path: Path) -> Path:
    """The packaged model under two names of the person's own, the second made from the first."""
    bundle = open_bundle(paths.resources() / "models" / "cellularity")
    weights = tmp_path / "weights"
    weights.write_bytes(bundle.weights())
    for name, parents in (("first", ()), ("second", (Ancestor("first", "First"),))):
        lineage = Lineage(parents, "ab" * 32, len(parents), "x = 1\n", "2026-01-01_10.00")
        card = replace(bundle.card, name=name, title=name.title(), lineage=lineage)
        store.install(write_bundle(card, weights, tmp_path / name, bundle.familiarity()).path)
    return store.installed_folder()


def test_a_model_goes_when_the_person_knows_what_depends_on_it(
    own_models: Path, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.run("models")
    shown = window.further.training.models
    assert isinstance(shown, ModelsWindow)
    qtbot.waitUntil(lambda: shown.list.count() >= 3, timeout=LONG)
    names = [shown.list.item(row).text() for row in range(shown.list.count())]
    shown.list.setCurrentRow(next(row for row, name in enumerate(names) if "comes with Parfocal" in name))
    assert not shown.delete_button.isEnabled()
    shown.list.setCurrentRow(next(row for row, name in enumerate(names) if name.startswith("First")))
    asked: list[str] = []

    def answer(button: QMessageBox.StandardButton) -> None:
        def ask(_: object, __: str, words: str, *___: object) -> QMessageBox.StandardButton:
            asked.append(words)
            return button

        monkeypatch.setattr(QMessageBox, "question", ask)

    answer(QMessageBox.StandardButton.Cancel)
    qtbot.mouseClick(shown.delete_button, LEFT)
    qtbot.waitUntil(lambda: len(asked) == 1, timeout=LONG)
    assert "Made from it: “Second”" in asked[0]
    assert (own_models / "first").is_dir()
    answer(QMessageBox.StandardButton.Yes)
    qtbot.mouseClick(shown.delete_button, LEFT)
    qtbot.waitUntil(lambda: not (own_models / "first").exists(), timeout=LONG)
    qtbot.waitUntil(lambda: shown.list.count() == len(names) - 1, timeout=LONG)
    assert window.frame.analyze.model.choice.findData("first") < 0
    shown.close()
    qtbot.waitUntil(lambda: window.further.training.models is None)
