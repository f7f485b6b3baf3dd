"""Somebody who trains a model: clicks and keys on the real window."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from viewer.main_window.window import MainWindow
from viewer.wizard.data_step import DataStep
from viewer.wizard.honesty import forbids
from viewer.wizard.honesty_step import HonestyStep, RemarkCard
from viewer.wizard.method_step import MethodStep
from viewer.wizard.patches_step import PatchesStep
from viewer.wizard.plan import Kind
from viewer.wizard.question_step import QuestionStep
from viewer.wizard.training_step import TrainingStep
from viewer.wizard.use_step import UseStep
from viewer.wizard.verdict_step import VerdictStep
from viewer.wizard.window import WizardWindow

PATIENCE = 600_000  # ms; each process imports torch, on a machine that may be busy
QUESTION, DATA, CHECK, PATCHES, METHOD, TRAINING, VERDICT, USE = range(8)
LEFT = Qt.MouseButton.LeftButton
SIZES = ((1280, 800), (1920, 1080))


class Person:
    """Goes through the wizard as somebody does who sees it for the first time."""

    def __init__(self, qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, story: str) -> None:
        self.qtbot, self.window, self.story = qtbot, window, story
        self._patch = monkeypatch
        self.wizard: WizardWindow

    def open_wizard(self) -> WizardWindow:
        """By its keys."""
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        self.qtbot.keyClick(self.window, Qt.Key.Key_T, both)
        wizard = self.window.further.training.wizard
        assert wizard is not None
        self.qtbot.waitUntil(wizard.isVisible)
        self.wizard = wizard
        return wizard

    def click(self, button: QAbstractButton) -> None:
        """On a button that can be seen and used; a radio button or a box on its sign."""
        assert button.isVisible(), button.text()
        assert button.isEnabled(), button.text()
        place = QPoint(8, button.height() // 2) if button.isCheckable() else button.rect().center()
        if isinstance(button, QRadioButton):
            place = QPoint(8, button.height() // 2)
        self.qtbot.mouseClick(button, LEFT, pos=place)

    def type_in(self, field: QWidget, words: str) -> None:
        """Click into a field, replace what stands there, leave it by the tab key."""
        self.qtbot.mouseClick(field, LEFT)
        self.qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self.qtbot.keyClicks(field, words)
        self.qtbot.keyClick(field, Qt.Key.Key_Tab)

    def wait(self, there: Callable[[], bool]) -> None:
        """Until something is there."""
        self.qtbot.waitUntil(there, timeout=PATIENCE)

    def next_(self) -> None:
        """On to the next step, as soon as one may."""
        self.wait(self.wizard.next_button.isEnabled)
        self.click(self.wizard.next_button)

    def ask(self, kind: Kind) -> None:
        """Step 1."""
        step = self.wizard.steps[QUESTION]
        assert isinstance(step, QuestionStep)
        self.click(step.kinds[kind])
        assert self.wizard.desk.plan.kind == kind
        self.look("1_question")
        self.next_()

    def choose_folder(self, button: QAbstractButton, folder: Path) -> None:
        """In the dialog that a button opens."""
        self._patch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
        self.click(button)

    def choose_data(self, folder: Path, spacing: str = "") -> DataStep:
        """Step 2: the folder by the dialog, the size of a pixel where it is asked for."""
        step = self.wizard.steps[DATA]
        assert isinstance(step, DataStep)
        self.choose_folder(step.fields.choose, folder)
        self.wait(lambda: self.wizard.desk.survey is not None)
        if spacing:
            self.type_in(step.fields.spacing, spacing)
            assert self.wizard.desk.plan.data.spacing == float(spacing)
        self.wait(lambda: self.wizard.next_button.isEnabled() or bool(step.obstacle()))
        assert step.obstacle() == ""
        self.look("2_data")
        self.next_()
        return step

    def check(self) -> HonestyStep:
        """Step 3: wait for what it says; mend by the first button where it refuses."""
        step = self.wizard.steps[CHECK]
        assert isinstance(step, HonestyStep)
        self.wait(lambda: bool(step.remarks) or step.notice.isVisible())
        assert step.remarks, step.notice.text.text()
        self.look("3_check")
        if forbids(step.remarks):  # the worst stands first
            self.click(step.findChildren(RemarkCard)[0].buttons[0])
            self.wait(lambda: bool(step.remarks) or step.notice.isVisible())
            assert not forbids(step.remarks), forbids(step.remarks)
            self.look("3_mended")
        self.next_()
        return step

    def look_at_patches(self) -> PatchesStep:
        """Step 4."""
        step = self.wizard.steps[PATCHES]
        assert isinstance(step, PatchesStep)
        self.wait(lambda: not step.rehearsing.running)
        assert step.rehearsing.trouble == ""
        assert step.strips
        self.look("4_patches")
        self.next_()
        return step

    def choose_method(self, passes: int, *, first_part_only: bool = True) -> MethodStep:
        """Step 5: as little as a first try needs."""
        step = self.wizard.steps[METHOD]
        assert isinstance(step, MethodStep)
        if first_part_only:
            self.click(step.first_only)
        if passes:
            self.type_in(step.passes.number, str(passes))
            assert self.wizard.desk.plan.fit.epochs == passes
        self.wait(lambda: step.rehearsing.seconds() is not None)
        self.look("5_method")
        self.next_()
        return step

    def train(self) -> TrainingStep:
        """Step 6, to its end."""
        step = self.wizard.steps[TRAINING]
        assert isinstance(step, TrainingStep)
        self.look("6_begin")
        self.click(step.begin_button)
        self.wait(lambda: bool(step.run.story.points) or step.run.state not in {"running", "paused"})
        self.look("6_training")
        self.wait(lambda: step.run.state not in {"running", "paused"})
        assert step.run.state == "done", step.notice.text.text()
        self.next_()
        return step

    def judge(self) -> None:
        """Step 7: look at all of it."""
        step = self.wizard.steps[VERDICT]
        assert isinstance(step, VerdictStep)
        bar = step.tabs.tabBar()
        for place in (*range(bar.count()), 0):
            self.qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(place).center())
            assert step.tabs.currentIndex() == place
            self.look(f"7_verdict_{place}")
        self.next_()

    def learn(self, passes: int) -> None:
        """From the check to the verdict."""
        self.check()
        self.look_at_patches()
        self.choose_method(passes)
        self.train()
        self.judge()

    def use(self, title: str, limits: str) -> None:
        """Step 8: what has to be said, and the model stands among the others."""
        step = self.wizard.steps[USE]
        assert isinstance(step, UseStep)
        self.type_in(step.fields["title"], title)
        self.type_in(step.fields["limits"], limits)
        assert step.use_button.isEnabled(), step.missing.text()
        self.look("8_use")
        self.click(step.use_button)
        self.wait(lambda: self.wizard.desk.plan.done or step.notice.isVisible())
        assert self.wizard.desk.plan.done, step.notice.text.text()
        self.look("9_used")

    def look(self, name: str) -> None:
        """Pictures of the wizard where PARFOCAL_SHOTS names a folder: both themes, both sizes."""
        self._look(self.wizard, name)

    def look_at_window(self, name: str) -> None:
        """The same of the window behind it."""
        self._look(self.window, name)

    def _look(self, window: QWidget, name: str) -> None:
        folder = os.environ.get("PARFOCAL_SHOTS")
        if not folder:
            return
        before = window.size()
        for theme in ("dark", "light"):
            self.window.run(f"theme_{theme}")
            for width, height in SIZES:
                window.resize(width, height)
                QApplication.processEvents()
                self.qtbot.wait(50)
                file = f"{self.story}_{name}_{theme}_{width}.png"
                window.grab().save(str(Path(folder) / file))
        window.resize(before)
        QApplication.processEvents()
