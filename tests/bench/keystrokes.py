"""What a person does at a window, counted, and how long that takes by the keystroke-level model.

Card, Moran and Newell 1980 (doi 10.1145/358886.358895): a key 0.28 s (an average typist), pointing 1.1 s,
pressing or releasing a button 0.1 s, a hand from keys to mouse or back 0.4 s, making up one's mind 1.35 s.
One makes up one's mind before every click and before every text that is typed: more often than they ask for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qt_compat import qt_api
from pytestqt.qtbot import QtBot

KEY, POINT, BUTTON, HAND, MIND = 0.28, 1.1, 0.1, 0.4, 1.35  # s
WORDS_A_MINUTE = 240

_MODIFIERS = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@dataclass
class Effort:
    """What was done in one step."""

    clicks: int = 0
    keys: int = 0
    texts: int = 0  # typed
    hands: int = 0  # from keys to mouse, or back
    words: int = 0  # that stood in the window and had not stood there before
    waited: float = 0.0  # s that the machine took

    @property
    def acting(self) -> float:
        """Seconds by the model."""
        minds = (self.clicks + self.texts) * MIND
        return minds + self.clicks * (POINT + 2 * BUTTON) + self.keys * KEY + self.hands * HAND

    @property
    def reading(self) -> float:
        """Seconds for the words."""
        return 60 * self.words / WORDS_A_MINUTE

    def __add__(self, other: Effort) -> Effort:
        names = vars(self)
        return Effort(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass
class Counted:
    """Efforts by step, in order; the hand begins at the mouse."""

    steps: dict[str, Effort] = field(default_factory=dict)
    step: str = ""
    at_keys: bool = False

    @property
    def now(self) -> Effort:
        """Of the step that is under way."""
        return self.steps.setdefault(self.step, Effort())

    def click(self) -> None:
        """One click of the mouse."""
        self.now.hands += self.at_keys
        self.at_keys = False
        self.now.clicks += 1

    def type(self, keys: int, *, text: bool) -> None:
        """So many keys; `text` where one has to think of it."""
        self.now.hands += not self.at_keys
        self.at_keys = True
        self.now.keys += keys
        self.now.texts += text


class CountedHands(QtBot):
    """The hands of tests, counted. Only clicking, typing and waiting."""

    def __init__(self, counted: Counted) -> None:
        qt_api.set_qt_api("pyside6")  # what pytest does otherwise
        self.counted = counted

    def mouseClick(self, widget: QWidget, *args: object, **places: object) -> None:
        """A click."""
        self.counted.click()
        QTest.mouseClick(widget, *args, **places)

    def keyClick(
        self,
        widget: QWidget,
        key: Qt.Key,
        modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        """A key, with those that are held meanwhile."""
        held = sum(bool(modifier & one) for one in _MODIFIERS)
        self.counted.type(1 + held, text=False)
        QTest.keyClick(widget, key, modifier)

    def keyClicks(self, widget: QWidget, words: str) -> None:
        """A text; capitals take two keys."""
        self.counted.type(len(words) + sum(letter.isupper() for letter in words), text=True)
        QTest.keyClicks(widget, words)
