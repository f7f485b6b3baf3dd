"""The wizard without a mouse: from the first question to the method by Tab, Space, Enter and arrows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.hands import LONG, bring_to_front
from tests.gui.test_wizard_trouble import opened, pictures, trained
from tests.gui.wizard_person import CHECK, DATA, METHOD, PATCHES, QUESTION, VERDICT
from viewer.main_window.window import MainWindow
from viewer.wizard.data_step import DataStep
from viewer.wizard.desk import trainings_folder
from viewer.wizard.honesty_step import HonestyStep
from viewer.wizard.method_step import MethodStep
from viewer.wizard.verdict_step import VerdictStep
from viewer.wizard.window import WizardWindow

__all__ = ["opened", "pictures", "trained"]  # fixtures

KEY = Qt.Key
PATIENCE = 5 * LONG  # processes import torch, on a machine that may be busy
MOST = 60  # controls of a step


class Keyboard:
    """All that somebody has who uses no mouse: keys go to whatever has the focus."""

    def __init__(self, qtbot: QtBot, wizard: WizardWindow) -> None:
        self.qtbot, self.wizard = qtbot, wizard
        bring_to_front(qtbot, wizard)

    @property
    def at(self) -> QWidget:
        """What has the focus, which can be seen."""
        found = self.wizard.focusWidget()
        assert found is not None
        assert not found.visibleRegion().isEmpty(), found.accessibleName()
        return found

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            self.qtbot.keyClick(self.at, key)

    def to(self, wanted: QWidget) -> None:
        """Tab until it has the focus."""
        for _ in range(MOST):
            if self.at is wanted:
                return
            self.press(KEY.Key_Tab)
        raise AssertionError(f"Tab does not lead to {wanted.accessibleName()}")

    def next_(self, key: Qt.Key) -> None:
        """On to the next step, whose first control has the focus then, if there is one yet."""
        wizard, before = self.wizard, self.wizard.current
        self.qtbot.waitUntil(wizard.next_button.isEnabled, timeout=PATIENCE)
        self.to(wizard.next_button)
        self.press(key)
        assert wizard.current == before + 1
        page = wizard.steps[wizard.current]
        assert page.isAncestorOf(self.at) or wizard.current in {CHECK, PATCHES}

    def go_round(self) -> list[QWidget]:
        """Tab through all of the step, and back; the controls of its page in their order."""
        self.to(self.wizard.list)
        seen = [self.at]
        while len(seen) < MOST:
            before, last = self.at, picture_of(self.at)
            self.press(KEY.Key_Tab)
            assert picture_of(before) != last, f"the focus on {name_of(before)} is not seen"
            if self.at is seen[0]:
                break
            seen.append(self.at)
        for one in reversed(seen):
            self.press(KEY.Key_Backtab)
            assert self.at is one
        assert all(map(name_of, seen)), [type(one).__name__ for one in seen if not name_of(one)]
        assert seen[-1] in {self.wizard.next_button, self.wizard.back_button}
        page = self.wizard.steps[self.wizard.current]
        return [one for one in seen if page.isAncestorOf(one)]


def name_of(one: QWidget) -> str:
    """What a screen reader says."""
    return one.accessibleName() or (one.text() if isinstance(one, QAbstractButton) else "")


def picture_of(one: QWidget) -> QImage:
    """As it looks, with what is drawn right around it."""
    QApplication.processEvents()
    around = QRect(one.mapTo(one.window(), QPoint(0, 0)), one.size()).adjusted(-2, -2, 2, 2)
    return one.window().grab(around).toImage()


def follows_the_eye(controls: list[QWidget]) -> bool:
    """Each lies below the one before, or at its right."""
    window = controls[0].window()
    places = [QRect(one.mapTo(window, QPoint(0, 0)), one.size()) for one in controls]
    pairs = pairwise(places)
    return all(after.center().y() > before.top() or after.left() >= before.right() for before, after in pairs)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_from_the_question_to_the_method(
    window: MainWindow, qtbot: QtBot, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, KEY.Key_T, both)
    wizard = window.further.training.wizard
    assert wizard is not None
    keyboard = Keyboard(qtbot, wizard)
    assert keyboard.at is wizard.steps[QUESTION].kinds["patches"]
    assert follows_the_eye(keyboard.go_round())
    keyboard.to(wizard.steps[QUESTION].kinds["patches"])
    keyboard.press(KEY.Key_Down)
    assert wizard.desk.plan.kind == "pictures"
    keyboard.next_(KEY.Key_Space)

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(pictures))
    data_by_keys(keyboard, wizard)
    keyboard.next_(KEY.Key_Return)

    check_by_keys(keyboard, wizard)
    keyboard.next_(KEY.Key_Return)

    patches = wizard.steps[PATCHES]
    qtbot.waitUntil(lambda: not patches.rehearsing.running, timeout=PATIENCE)
    assert wizard.current == PATCHES
    assert len(keyboard.go_round()) == len(patches.strips) == 2
    keyboard.next_(KEY.Key_Space)

    method_by_keys(keyboard, wizard)
    keyboard.to(wizard.back_button)
    keyboard.press(KEY.Key_Return)
    assert wizard.current == PATCHES
    wizard.close()


def data_by_keys(keyboard: Keyboard, wizard: WizardWindow) -> None:
    """Choose the folder, leave a class out and take it again."""
    step = wizard.steps[DATA]
    assert isinstance(step, DataStep)
    keyboard.to(step.fields.choose)
    keyboard.press(KEY.Key_Space)
    keyboard.qtbot.waitUntil(lambda: wizard.desk.survey is not None, timeout=PATIENCE)
    assert follows_the_eye(keyboard.go_round())
    keyboard.to(step.view)
    keyboard.press(KEY.Key_Down, KEY.Key_Down)
    assert step.view.currentIndex().row() > 0
    keyboard.to(step.classes)
    keyboard.press(KEY.Key_Home, KEY.Key_Space)
    assert len(wizard.desk.plan.data.classes) == 1
    keyboard.press(KEY.Key_Space)
    assert len(wizard.desk.plan.data.classes) == 2


def check_by_keys(keyboard: Keyboard, wizard: WizardWindow) -> None:
    """Six patients cannot be divided into five parts: the button that mends it is reached by Tab."""
    step = wizard.steps[CHECK]
    assert isinstance(step, HonestyStep)
    keyboard.qtbot.waitUntil(lambda: bool(step.remarks), timeout=PATIENCE)
    controls = keyboard.go_round()
    assert follows_the_eye(controls)
    mends = [one for one in controls if isinstance(one, QPushButton) and "3 parts only" in one.text()]
    assert not wizard.next_button.isEnabled()
    keyboard.to(mends[0])
    keyboard.press(KEY.Key_Space)
    keyboard.qtbot.waitUntil(lambda: bool(step.remarks), timeout=PATIENCE)
    assert wizard.desk.plan.division.folds == 3


def method_by_keys(keyboard: Keyboard, wizard: WizardWindow) -> None:
    """Another way, more passes, a first try, and what is folded away."""
    step = wizard.steps[METHOD]
    assert isinstance(step, MethodStep)
    assert follows_the_eye(keyboard.go_round())
    keyboard.to(step.ways["last"])
    keyboard.press(KEY.Key_Down, KEY.Key_Down)
    assert step.ways["all"].isChecked()
    passes = wizard.desk.plan.fit.epochs
    keyboard.to(step.passes.slider)
    keyboard.press(KEY.Key_Right)
    assert wizard.desk.plan.fit.epochs == passes + 1
    keyboard.to(step.first_only)
    keyboard.press(KEY.Key_Space)
    assert wizard.desk.plan.division.run == 1
    for fold in (step.finer, step.watching.fold, step.more):
        keyboard.to(fold.button)
        keyboard.press(KEY.Key_Space)
        assert fold.is_open
    keyboard.to(step.tuning.on)
    keyboard.press(KEY.Key_Space)
    assert follows_the_eye(keyboard.go_round())
    keyboard.to(step.choices.balance)
    keyboard.press(KEY.Key_Down)
    assert wizard.desk.plan.fit.balance == "sampler"


def test_pictures_of_the_verdict_come_after_what_shows_them(
    opened: Callable[[], WizardWindow], qtbot: QtBot, trained: Path
) -> None:
    shutil.copytree(trained, trainings_folder() / trained.name)
    wizard = opened()
    keyboard = Keyboard(qtbot, wizard)
    wizard.go(VERDICT)
    step = wizard.steps[VERDICT]
    assert isinstance(step, VerdictStep)
    keyboard.to(step.tabs.tabBar())
    keyboard.to(step.figures.worst_button)
    keyboard.press(KEY.Key_Return)
    assert step.strip.pictures
    controls = keyboard.go_round()
    first = controls.index(step.strip.pictures[0])
    assert controls.index(step.figures.report_button) < first
    keyboard.to(step.strip.pictures[0])
    keyboard.press(KEY.Key_Space)
    assert step.pane.answer is not None
    assert controls.index(step.strip.pictures[-1]) < keyboard.go_round().index(step.pane.open_button)
