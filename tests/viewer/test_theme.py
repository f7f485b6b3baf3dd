"""What is drawn in the theme's colours can be seen on the grounds that it stands on (WCAG 2.2)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.gui.hands import bring_to_front
from viewer.panels.pieces import PrimaryButton
from viewer.settings import ThemeChoice
from viewer.theme.colors import DARK, LIGHT, Colors
from viewer.theme.style import Theme

TEXT, SIGN = 4.5, 3.0
"""Least contrast of words, and of what else has to be told from its ground."""
BOXES = (QCheckBox, QRadioButton)


def light_of(color: str) -> float:
    """Relative luminance of "#rrggbb"."""
    parts = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    low, high = sorted((light_of(one), light_of(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(params=["dark", "light"])
def theme(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[Colors]:
    """The application in these colours."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    choice: ThemeChoice = request.param
    dressed = Theme(app, choice)
    yield DARK if choice == "dark" else LIGHT
    dressed.choose("light")
    dressed.deleteLater()


@pytest.mark.parametrize("colors", [DARK, LIGHT], ids=["dark", "light"])
def test_words_and_signs_are_told_from_their_grounds(colors: Colors) -> None:
    grounds = (colors.window, colors.base)
    for ground in grounds:
        for word in (colors.text, colors.quiet, colors.warning, colors.danger):
            assert contrast(word, ground) >= TEXT, (word, ground)
        for sign in (colors.quiet, colors.accent):  # edges of empty boxes, ground of ticked ones
            assert contrast(sign, ground) >= SIGN, (sign, ground)
    assert contrast(colors.text, colors.raised) >= TEXT
    assert contrast(colors.on_accent, colors.accent) >= TEXT
    assert contrast(colors.warning, colors.warning_back) >= SIGN
    assert contrast(colors.danger, colors.danger_back) >= SIGN


@pytest.mark.parametrize("ticked", [False, True])
@pytest.mark.parametrize("box", BOXES)
def test_boxes_are_seen_empty_and_ticked(
    theme: Colors, qtbot: QtBot, box: type[QCheckBox | QRadioButton], ticked: bool
) -> None:
    made = box("")
    qtbot.addWidget(made)
    made.setChecked(ticked)
    made.show()
    assert most_contrast(made, made.sizeHint(), theme.window) >= SIGN


@pytest.mark.parametrize("ticked", [False, True])
def test_boxes_of_a_list_are_seen(theme: Colors, qtbot: QtBot, ticked: bool) -> None:
    rows = QListWidget()
    qtbot.addWidget(rows)
    item = QListWidgetItem("")
    item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
    rows.addItem(item)
    rows.show()
    line = rows.visualItemRect(item)
    assert most_contrast(rows.viewport(), QSize(20, line.height()), theme.base) >= SIGN


def test_the_handle_of_a_slider_is_seen_and_says_where_the_keys_go(theme: Colors, qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    slider, other = QSlider(Qt.Orientation.Horizontal, page), QSlider(Qt.Orientation.Horizontal, page)
    for place, one in enumerate((slider, other)):
        one.setGeometry(40, 40 + 40 * place, 120, 24)  # not where the pointer may lie
    page.show()
    bring_to_front(qtbot, page)
    other.setFocus()
    at_rest = slider.grab().toImage()
    assert most_contrast(slider, slider.size(), theme.window) >= SIGN  # at its least: nothing of it is filled
    slider.setFocus()
    assert slider.grab().toImage() != at_rest
    slider.setEnabled(False)
    assert most_contrast(slider, slider.size(), theme.window) < SIGN


def test_the_button_of_a_panel_has_the_accent_as_it_is(theme: Colors, qtbot: QtBot) -> None:
    button = PrimaryButton("")
    qtbot.addWidget(button)
    button.resize(80, 36)
    button.show()
    image = button.grab().toImage()
    assert image.pixelColor(40, 18).name() == theme.accent


def test_a_bar_without_an_end_does_not_look_full(theme: Colors, qtbot: QtBot) -> None:
    """The style alone draws it full, with stripes that nobody sees."""
    bar = QProgressBar()
    qtbot.addWidget(bar)
    bar.setTextVisible(False)
    bar.resize(200, 8)
    bar.setRange(0, 0)
    bar.show()

    def filled() -> int:
        image = bar.grab().toImage()
        return sum(image.pixelColor(x, 4).name() == theme.accent for x in range(200))

    assert 0 < filled() < 150
    bar.setRange(0, 4)
    bar.setValue(1)
    assert 40 <= filled() <= 60
    bar.setValue(4)
    assert filled() > 190


def test_the_button_of_a_panel_has_room_for_its_words_before_it_can_be_pressed(
    theme: Colors, qtbot: QtBot
) -> None:
    waiting, ready = PrimaryButton("Use it in Analyze region"), PrimaryButton("Use it in Analyze region")
    for button in (waiting, ready):
        qtbot.addWidget(button)
    waiting.setEnabled(False)
    waiting.show()
    ready.show()
    assert waiting.sizeHint().width() >= ready.sizeHint().width()
    assert ready.sizeHint().width() >= ready.fontMetrics().horizontalAdvance(ready.text()) + 2 * (12 + 2)


@pytest.mark.parametrize("kind", [QCheckBox, QRadioButton, QPushButton, PrimaryButton])
def test_where_the_keys_go_is_seen(theme: Colors, qtbot: QtBot, kind: type[QWidget]) -> None:
    """A control that has the focus looks otherwise than the same one without."""
    page = QWidget()
    qtbot.addWidget(page)
    one, other = kind("One", page), kind("Two", page)
    for place, button in enumerate((one, other)):
        button.setGeometry(10, 50 * place, 120, 40)
        if isinstance(button, QRadioButton):
            button.setAutoExclusive(False)  # else Tab passes over the others of its group
    page.show()
    bring_to_front(qtbot, page)
    one.setFocus()
    qtbot.keyClick(one, Qt.Key.Key_Tab)
    assert other.hasFocus()
    before = one.grab().toImage()
    qtbot.keyClick(other, Qt.Key.Key_Backtab)
    assert one.hasFocus()
    assert one.grab().toImage() != before


def most_contrast(widget: QWidget, size: QSize, ground: str) -> float:
    """Of all that is drawn within this size, what stands out most."""
    image: QImage = widget.grab().toImage()
    places = (QPoint(x, y) for x in range(size.width()) for y in range(size.height()))
    names = {image.pixelColor(place).name() for place in places if image.valid(place)}
    return max(contrast(name, ground) for name in names)
