"""What would go into a support file: all of it can be read, and left out, before it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QWidget

from ml.report.words import count
from viewer.panels.papers_view import PapersView, flat
from viewer.panels.pieces import GRID, Notice, PrimaryButton, Text, column, named

if TYPE_CHECKING:
    from ml.verbs.support import Paper

_SAYS = (
    "These texts help others to find out what is wrong. They were made without names of files, folders, "
    "patients and cases. Read them; untick what you do not want to give. Nothing is sent: you save a file."
)


class SupportDialog(QDialog):
    """`papers` are those that are ticked."""

    save_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Support file")
        self._all: tuple[Paper, ...] = ()
        self.says = flat(Text(_SAYS, parent=self))
        self.view = PapersView("Texts of the support file", choosing=True, parent=self)
        self.notice = Notice(parent=self)
        self.save_button = PrimaryButton("Save…", self)
        named(self.save_button, "Save the support file", "Write what is ticked into one zip file")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.ActionRole)
        layout = column(self, margin=4 * GRID, gap=3 * GRID)
        layout.addWidget(self.says)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.notice)
        layout.addWidget(buttons)
        self.resize(200 * GRID, 140 * GRID)
        self.view.chosen_changed.connect(self._follow)
        self.save_button.clicked.connect(self.save_wished)
        buttons.rejected.connect(self.reject)
        self.notice.say("Looking at this computer. It takes some seconds.")
        self._follow()

    @property
    def papers(self) -> tuple[Paper, ...]:
        """What is to be saved."""
        return tuple(self._all[place] for place in self.view.chosen)

    def show_papers(self, papers: tuple[Paper, ...]) -> None:
        """Let them be read."""
        self._all = papers
        self.view.set_papers([(paper.name, paper.text) for paper in papers])
        self.notice.say("")
        self._follow()

    def show_saved(self, name: str) -> None:
        """It was written."""
        self.notice.say(f"“{name}” was saved with {count(len(self.papers), 'text')}.", "done")

    def _follow(self) -> None:
        self.save_button.setEnabled(bool(self._all) and bool(self.view.chosen))
