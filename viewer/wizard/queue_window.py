"""Patches or slices worth a label, one after another, answered by keys."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QProgressBar, QPushButton, QWidget

from ml.annotation.answers import NONE_OF_THEM
from ml.report.words import count
from viewer.panels.pieces import GRID, Heading, PrimaryButton, Text, column, named, row, rule
from viewer.state.opened import Opened
from viewer.wizard.class_keys import ClassKeys
from viewer.wizard.patch_view import PatchView
from viewer.wizard.questions import UNSURE, Questions, parts_of, said_in_words, together
from viewer.wizard.slice_picture import SlicePicture

_SIZE = QSize(1040, 720)
_SIDE = 300  # px
_AHEAD = 4  # pictures that are read before they are asked about


class QueueWindow(QDialog):
    """Number keys are classes. Closing it loses nothing: it goes on where it was left.

    `opened` is what is asked about, `view` shows it.
    """

    retrain_wished = Signal()
    more_wished = Signal()
    place_wished = Signal(object)  # Asked or AskedSlice

    def __init__(
        self,
        answering: Questions,
        opened: Opened,
        view: PatchView | SlicePicture,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.answering, self.opened, self.view = answering, opened, view
        answering.setParent(self)
        view.setParent(self)
        self.setWindowTitle(f"Label what is worth it – {answering.title}")
        self.setWindowFlag(Qt.WindowType.Window)
        self.resize(_SIZE)
        self.heading = Heading("", self)
        self.bar = QProgressBar(self)
        self.whose = Text(parent=self)
        self.told = Text(parent=self)
        self.given = Text(parent=self)
        self.keys = ClassKeys(answering.class_names, several=answering.several, parent=self)
        self.keys.said.connect(lambda names: self.say(together(names)))
        self.unsure = self._button(
            "Not sure", "Space or 0: nothing is learned from it", lambda: self.say(None)
        )
        self.back = self._button("Back", "Backspace: look at the one before", answering.back)
        self.undo = self._button("Undo", "Ctrl+Z: take the last answer back", answering.take_back)
        self.show_place = self._button("Show in the window", "Look at its place in the window", self._go)
        self.more = self._button(
            "Ask about more", f"Look for other {answering.noun[1]} worth a label", self.more_wished.emit
        )
        self.retrain = PrimaryButton("Retrain from here…", self)
        self.retrain.clicked.connect(self.retrain_wished)
        named(self.retrain, "Retrain from here", "Train again as this model was, with what you have said")
        self.retrain.setAutoDefault(False)
        self._lay_out()
        answering.changed.connect(self.refresh)
        self.refresh()
        self.setFocus()

    def say(self, label: str | None) -> None:
        """Answer; None: not sure."""
        self.answering.answer(label)

    def refresh(self) -> None:
        """Show what is asked about, or that all have an answer."""
        answering, asked = self.answering, self.answering.current
        total, place, (one, several) = len(answering.asked), answering.position, answering.noun
        self.bar.setRange(0, total)
        self.bar.setValue(answering.answered)
        self.view.show_asked(asked, answering.asked[place + 1 : place + 1 + _AHEAD])
        for widget in (self.keys, self.unsure, self.show_place):
            widget.setEnabled(asked is not None)
        self.back.setEnabled(place > 0)
        self.undo.setEnabled(answering.answered > 0)
        if asked is None:
            self.heading.setText("That was the last one")
            self.told.say(f"{answering.answered} of {count(total, one, several)} have an answer.")
        else:
            what = "what is in the frame?" if one == "patch" else "what is to be seen?"
            self.heading.setText(f"{one.capitalize()} {place + 1} of {total}: {what}")
            thought = said_in_words(answering.class_names, asked)
            torn = "\nIt asks several models at once, and they disagree." if asked.disagreement > 0.1 else ""
            self.told.say(f"The model “{answering.model}” thinks: {thought}.{torn}")
        self.whose.say(answering.whose)
        said = answering.said_at(place)
        self.given.say("" if said is None else f"You said: {_in_words(said, answering)}.")
        self.keys.show_answer(parts_of(said or "", answering.class_names), answering.counts())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits answer or switch, Enter confirms, Space and 0 are not sure, Backspace goes back.

        Arrows look without an answer.
        """
        key = event.key()
        if event.matches(QKeySequence.StandardKey.Undo):
            self.answering.take_back()
        elif key in {Qt.Key.Key_Space, Qt.Key.Key_0}:
            self.say(None)
        elif self.answering.current is not None and self.keys.press(key - Qt.Key.Key_0):
            return
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.answering.several:
            if self.answering.current is not None:
                self.keys.confirm()
        elif key in {Qt.Key.Key_Backspace, Qt.Key.Key_Left}:
            self.answering.back()
        elif key == Qt.Key.Key_Right:
            self.answering.move(1)
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Closed: every answer is kept already."""
        self.answering.changed.disconnect(self.refresh)
        self.answering.close()
        self.view.close_work()
        super().done(result)

    def _go(self) -> None:
        if self.answering.current is not None:
            self.place_wished.emit(self.answering.current)

    def _button(self, text: str, tip: str, run: object) -> QPushButton:
        made = QPushButton(text, self)
        made.setAutoDefault(False)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the window
        named(made, text, tip)
        made.clicked.connect(lambda _=False: run())  # type: ignore[operator]
        return made

    def _lay_out(self) -> None:
        side = QWidget(self)
        side.setFixedWidth(_SIDE)
        inside = column(side, gap=2 * GRID)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(2 * GRID)
        self.bar.setAccessibleName(f"{self.answering.noun[1].capitalize()} with an answer")
        for widget in (self.heading, self.bar, self.whose, self.told, self.given):
            inside.addWidget(widget)
        inside.addWidget(self.keys)
        inside.addWidget(self.unsure)
        inside.addLayout(row(self.back, self.undo))
        digit = "a digit answers"
        if self.answering.several:
            digit = "digits switch classes on and off, Enter says that these hold and no others"
        keys = (
            f"Keys: {digit}, Space or 0 is not sure, Backspace goes back, Ctrl+Z undoes. "
            "Each answer is kept at once; you may close this window and go on later."
        )
        inside.addWidget(Text(keys, quiet=True, parent=self))
        inside.addWidget(self.show_place)
        inside.addStretch(1)
        for last in (rule(), self.more, self.retrain):
            inside.addWidget(last)
        whole = row(self.view, side, gap=3 * GRID)
        whole.setStretch(0, 1)
        whole.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        self.setLayout(whole)


def _in_words(said: str, questions: Questions) -> str:
    if said == UNSURE:
        return "not sure"
    if said == NONE_OF_THEM:
        return "none of them"
    return " and ".join(parts_of(said, questions.class_names)) or said
