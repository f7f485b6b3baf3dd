"""Step 2: where the pictures lie, what their labels are, whose they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHeaderView,
    QProgressBar,
    QTableView,
    QWidget,
)

from ml.errors import Problem
from ml.progress import Step as Progressed
from ml.report.words import count
from ml.train.survey import Survey
from viewer.panels.pieces import GRID, Text, named
from viewer.panels.quantities import time_left
from viewer.wizard.case_source import CaseSource, with_cases
from viewer.wizard.cases import layout_of
from viewer.wizard.class_list import ClassList
from viewer.wizard.data_fields import DataFields
from viewer.wizard.desk import Desk
from viewer.wizard.found import obstacle_of, told_of, with_layout, with_survey
from viewer.wizard.found_area import FoundArea
from viewer.wizard.found_table import FoundTable
from viewer.wizard.library_data import CaseChoice, Taken
from viewer.wizard.plan import DataPlan
from viewer.wizard.step import Step
from viewer.work.surveying import EDGE, Surveying, Tables, Thumbnails

_READING = ("folder", "table", "file", "label", "patient", "site", "ending")
"""Choices that make it necessary to look through the folder again."""


class DataStep(Step):
    """The folder is looked through in the background; nothing in it is changed."""

    title = "Data"
    heading = "Where are your labelled pictures?"
    meaning = (
        "Parfocal looks at every file, says what it found, and asks whose each picture is. Classes are the "
        "answers that the model tells apart."
    )
    scrolls = False

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.work = Surveying(self)
        self.thumbnails = Thumbnails(parent=self)
        self.fields = DataFields(self)
        self.source = CaseSource(desk, self)
        self.table = FoundTable(self.thumbnails, self)
        self.view = QTableView(self)
        self.classes = ClassList(self)
        self.several = QCheckBox("A picture may have several labels (a;b)", self)
        named(
            self.several, "Several labels", "Each class is then answered by itself; else one excludes others"
        )
        self.told = Text(parent=self)
        self._refused = False  # the look at the folder ended with what the notice says
        self.bar = QProgressBar(self)
        self.left = Text(quiet=True, parent=self)
        self.area = FoundArea(self.view, (self.classes, self.several, self.told), self)
        self._lay_out()
        self.fields.folder_wished.connect(self.ask_folder)
        self.fields.further_wished.connect(self.ask_further)
        self.fields.cases_wished.connect(self.source.ask)
        self.source.taken.connect(self._take_cases)
        self.source.failed.connect(self._fail)
        self.fields.changed.connect(self._take)
        self.classes.classes_changed.connect(self._take_classes)
        self.several.clicked.connect(self._take_several)
        self.work.tabled.connect(self._take_tables)
        self.work.step.connect(self._show_step)
        self.work.surveyed.connect(self._take_survey)
        self.work.failed.connect(self._fail)
        self.desk.changed.connect(self._renew)

    def obstacle(self) -> str:
        """What is missing yet."""
        if self._refused and self.plan.data.folder and not self.plan.data.found:
            return "Nothing could be taken from there: what to do stands above."
        return obstacle_of(self.plan, self.desk.survey)

    def enter(self) -> None:
        """Look through the folder again where that was not done since the program began."""
        self.show_plan()
        if self.plan.data.folder and self.desk.survey is None and not self.bar.isVisible():
            self.look()

    def show_plan(self) -> None:
        """Show what was chosen and found."""
        data, survey = self.plan.data, self.desk.survey
        self.fields.show_data(self.plan)
        self._show_area()
        self.classes.show_kind(self.plan.kind)
        self.table.show_survey(survey, data)
        self.classes.show_classes(survey, data)
        self.told.say("\n".join(told_of(self.plan, survey)) if survey is not None else "")
        self.several.setChecked(self.plan.several)
        self.several.setVisible(self.plan.kind in {"patches", "pictures"})

    def _show_area(self) -> None:
        empty = not self.plan.data.folder or (self._refused and self.desk.survey is None)
        self.area.show_kind(self.plan.kind, empty=empty)

    def ask_folder(self) -> None:
        """Ask for the folder."""
        start = self.plan.data.folder or str(Path.home())
        chosen = QFileDialog.getExistingDirectory(self, "Folder with labelled pictures", start)
        if chosen:
            self.choose_folder(Path(chosen))

    def choose_folder(self, folder: Path) -> None:
        """Take a folder: its most likely table is chosen, then all of it is looked through."""
        self._forget()
        fresh = DataPlan(folder=str(folder), spacing=self.plan.data.spacing)
        self.desk.change(replace(self.plan, data=fresh))
        self.work.look_for_tables(folder, layout_of(self.plan))

    def ask_further(self) -> None:
        """Ask for another folder."""
        start = str(Path(self.plan.data.folder).parent)
        chosen = QFileDialog.getExistingDirectory(self, "Another folder with labelled pictures", start)
        if chosen:
            self.add_folder(Path(chosen))

    def add_folder(self, folder: Path) -> None:
        """Learn from this folder, too; it is read as the first one is."""
        data = self.plan.data
        if str(folder) not in (data.folder, *data.more):
            self.desk.change(self.plan.with_data(more=(*data.more, str(folder)), found=()))
            self.look()

    def look(self) -> None:
        """Look through the folder as it is to be read."""
        self._forget()
        self._look()

    def _look(self) -> None:
        folder = Path(self.plan.data.folder)
        self._show_area()
        self.bar.show()
        self.left.say("Looking through the folder…")
        self.work.survey(folder, layout_of(self.plan), tuple(map(Path, self.plan.data.more)))
        self.ready_changed.emit()

    def close_work(self) -> None:
        """Look no further."""
        self.work.close()
        self.thumbnails.close()

    def _forget(self) -> None:
        self.notice.say("")
        self._refused = False
        self.desk.survey = None
        self.table.show_survey(None, self.plan.data)

    def _take_tables(self, tables: Tables) -> None:
        self.fields.tables = tables.found
        if str(tables.folder) == self.plan.data.folder:
            self.desk.change(with_layout(self.plan, str(tables.folder), tables.layout))
            self.look()

    def _take_cases(self, choice: CaseChoice, taken: Taken) -> None:
        self._forget()
        self.desk.change(with_cases(self.plan, choice, taken))
        words = f"{count(len(taken.left_out), 'slide')} left out. {'; '.join(taken.left_out[:3])}."
        self.notice.say(words if taken.left_out else "", "warning")
        self._look()

    def _take(self, data: DataPlan) -> None:
        before = self.plan.data
        if any(getattr(data, name) != getattr(before, name) for name in _READING):
            self.desk.change(self.plan.with_data(**{n: getattr(data, n) for n in _READING}, found=()))
            self.desk.change(self.plan.with_data(patients=data.patients))
            self.look()
        else:
            self.desk.change(self.plan.with_data(**vars(data)))

    def _take_classes(self, taken: tuple[str, ...], titles: dict[str, str]) -> None:
        self.desk.change(self.plan.with_data(classes=taken, titles=titles))

    def _take_several(self, on: bool) -> None:
        self.desk.change(replace(self.plan, several=on).with_data(found=(), classes=()))
        if self.desk.survey is not None:
            self._take_survey(self.desk.survey)

    def _show_step(self, step: Progressed) -> None:
        self.bar.setRange(0, step.total)
        self.bar.setValue(step.done)
        self.left.say(
            f"{step.done:,} of {step.total:,} files looked at {time_left(step.seconds_left)}".rstrip()
        )

    def _take_survey(self, survey: Survey) -> None:
        self.bar.hide()
        self.left.say("")
        self.fields.tables = survey.tables
        self.desk.survey = survey
        self.desk.change(with_survey(self.plan, survey))
        self.show_plan()
        self.ready_changed.emit()

    def _fail(self, problem: Problem) -> None:
        self.bar.hide()
        self.left.say("")
        self.notice.say(str(problem), "refusal")
        self._refused = True
        self._show_area()
        self.fields.show_data(self.plan)
        self.ready_changed.emit()

    def _renew(self, *_: object) -> None:
        if self.isVisible() and self.desk.survey is not None:
            self.fields.show_data(self.plan)
            self.table.show_data(self.plan.data)
            self.classes.show_classes(self.desk.survey, self.plan.data)
            self.told.say("\n".join(told_of(self.plan, self.desk.survey)))

    def _lay_out(self) -> None:
        self.view.setModel(self.table)
        _dress(self.view)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(2 * GRID)
        self.bar.hide()
        self.bar.setAccessibleName("Progress of looking through the folder")
        self.left.say("")
        for widget in (self.fields, self.bar, self.left):
            self.body.addWidget(widget)
        self.body.addWidget(self.area, 1)


def _dress(view: QTableView) -> None:
    """Rows as high as their thumbnails, columns that a person may widen."""
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(EDGE + GRID)
    view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    view.horizontalHeader().setStretchLastSection(True)
    for place, width in enumerate((220, 100, 100, 90, 70)):
        view.setColumnWidth(place, width)
    view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    view.setShowGrid(False)
    view.setTabKeyNavigation(False)  # Tab leads on, arrows go through the lines
    view.setWordWrap(False)
    view.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # the end of a name tells files apart
    view.setAccessibleName("What was found")
