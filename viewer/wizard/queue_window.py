"""Patches worth a label, one after another, answered by keys."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QProgressBar, QPushButton, QWidget

from ml.annotation.answers import ANSWER, GIVEN
from ml.report.words import count
from viewer.panels.pieces import GRID, Heading, PrimaryButton, Text, column, named, row, rule
from viewer.state.opened_slide import OpenedSlide
from viewer.wizard.answering import Answering, said_in_words
from viewer.wizard.patch_view import PatchView

_SIZE = QSize(1040, 720)
_SIDE = 300  # px
_AHEAD = 4  # pictures that are read before they are asked about


class QueueWindow(QDialog):
    """Number keys are classes. Closing it loses nothing: it goes on where it was left."""

    retrain_wished = Signal()
    more_wished = Signal()
    place_wished = Signal(object)  # Rect on the slide

    def __init__(self, answering: Answering, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answering = answering
        answering.setParent(self)
        self.setWindowTitle(f"Label what is worth it – {answering.opened.title}")
        self.setWindowFlag(Qt.WindowType.Window)
        self.resize(_SIZE)
        self.view = PatchView(answering.opened.path, self)
        self.heading = Heading("", self)
        self.bar = QProgressBar(self)
        self.told = Text(parent=self)
        self.given = Text(parent=self)
        self.class_buttons = [self._class_button(n, c) for n, c in enumerate(answering.queue.class_names)]
        self.unsure = self._button(
            "Not sure", "Space or 0: nothing is learned from it", lambda: self.say(None)
        )
        self.back = self._button("Back", "Backspace: look at the one before", answering.back)
        self.undo = self._button("Undo", "Ctrl+Z: take the last answer back", answering.take_back)
        self.show_place = self._button("Show on the slide", "Look at its place in the window", self._go)
        self.more = self._button(
            "Ask about more", "Look for other patches worth a label", self.more_wished.emit
        )
        self.retrain = PrimaryButton("Retrain from here…", self)
        self.retrain.clicked.connect(self.retrain_wished)
        named(self.retrain, "Retrain from here", "Train again as this model was, with what you have said")
        self.retrain.setAutoDefault(False)
        self._lay_out()
        answering.changed.connect(self.refresh)
        self.refresh()
        self.setFocus()

    @property
    def opened(self) -> OpenedSlide:
        """The slide that is asked about."""
        return self.answering.opened

    def say(self, label: str | None) -> None:
        """Answer; None: not sure."""
        self.answering.answer(label)

    def refresh(self) -> None:
        """Show the patch that is asked about, or that all have an answer."""
        answering, asked = self.answering, self.answering.current
        total, place = len(answering.queue.asked), answering.position
        self.bar.setRange(0, total)
        self.bar.setValue(answering.answered)
        following = tuple(one.rect for one in answering.queue.asked[place + 1 : place + 1 + _AHEAD])
        self.view.show_patch(asked.rect if asked else None, following)
        for widget in (*self.class_buttons, self.unsure, self.show_place):
            widget.setEnabled(asked is not None)
        self.back.setEnabled(place > 0)
        self.undo.setEnabled(answering.answered > 0)
        if asked is None:
            self.heading.setText("That was the last one")
            self.told.say(f"{answering.answered} of {count(total, 'patch', 'patches')} have an answer.")
        else:
            self.heading.setText(f"Patch {place + 1} of {total}: what is in the frame?")
            thought = said_in_words(answering.queue, asked)
            torn = "\nIt asks several models at once, and they disagree." if asked.disagreement > 0.1 else ""
            self.told.say(f"The model “{answering.queue.model}” thinks: {thought}.{torn}")
        self._show_given()
        self._show_counts()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits answer, Space and 0 are not sure, Backspace goes back, arrows look without an answer."""
        key, names = event.key(), self.answering.queue.class_names
        digit = key - Qt.Key.Key_0
        if event.matches(QKeySequence.StandardKey.Undo):
            self.answering.take_back()
        elif key in {Qt.Key.Key_Space, Qt.Key.Key_0}:
            self.say(None)
        elif 1 <= digit <= min(9, len(names)):
            self.say(names[digit - 1])
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

    def _show_given(self) -> None:
        given = self.answering.given
        if given is None:
            self.given.say("")
        else:
            sure = given.metadata.get(ANSWER) == GIVEN
            self.given.say(f"You said: {given.class_name if sure else 'not sure'}.")

    def _show_counts(self) -> None:
        counts = self.answering.counts()
        for button, name in zip(self.class_buttons, self.answering.queue.class_names, strict=True):
            label = self._counts[name]
            label.setText(f"{counts[name]:,}" if counts.get(name) else "")
            button.setAccessibleDescription(f"{counts.get(name, 0)} so far")

    def _go(self) -> None:
        if self.answering.current is not None:
            self.place_wished.emit(self.answering.current.rect)

    def _class_button(self, number: int, name: str) -> QPushButton:
        key = str(number + 1) if number < 9 else ""
        tip = f"Key {key}" if key else "It has no key: click"
        made = self._button(f"{key}   {name}".strip(), tip, lambda: self.say(name))
        made.setStyleSheet("text-align: left; padding: 8px;")
        return made

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
        self.bar.setAccessibleName("Patches with an answer")
        for widget in (self.heading, self.bar, self.told, self.given):
            inside.addWidget(widget)
        self._counts = {name: QLabel(self) for name in self.answering.queue.class_names}
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        for n, (button, label) in enumerate(zip(self.class_buttons, self._counts.values(), strict=True)):
            grid.addWidget(button, n, 0)
            grid.addWidget(label, n, 1)
            label.setMinimumWidth(8 * GRID)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        inside.addLayout(grid)
        inside.addWidget(self.unsure)
        inside.addLayout(row(self.back, self.undo))
        keys = (
            "Keys: a digit answers, Space or 0 is not sure, Backspace goes back, Ctrl+Z undoes. "
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
