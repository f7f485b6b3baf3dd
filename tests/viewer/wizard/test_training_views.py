"""Curves and examples of a training: drawn when they are looked at, and in the places that are there."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from viewer.panels.pieces import Text
from viewer.wizard.curves_view import CurvesView
from viewer.wizard.example_strip import ExampleStrip, Tile
from viewer.wizard.run_story import RunStory


def story_of(*losses: float, fold: int = 0) -> RunStory:
    story = RunStory(2, 9)
    for number, loss in enumerate(losses, start=1):
        story.hear({"event": "epoch", "fold": fold, "epoch": number, "loss": loss, "auroc": 0.5})
    return story


def drawn(view: CurvesView, figure: str) -> dict[str, int]:
    items = view.plots[figure].getPlotItem().listDataItems()
    return {item.name(): len(item.getData()[0]) for item in items}


def test_curves_are_drawn_when_they_are_looked_at(qtbot: QtBot) -> None:
    view = CurvesView()
    qtbot.addWidget(view)
    view.show_story(story_of(0.9, 0.8))
    assert view.plots == {}  # the library is not even loaded
    view.show()
    qtbot.waitUntil(lambda: drawn(view, "auroc") == {"part 1": 2})
    assert drawn(view, "loss") == {"part 1": 2}
    view.show_story(story_of(0.9, 0.8, 0.7))
    qtbot.waitUntil(lambda: drawn(view, "auroc") == {"part 1": 3})
    view.show_story(story_of(0.4, fold=1))  # of another training: what was there goes
    qtbot.waitUntil(lambda: drawn(view, "auroc") == {"part 2": 1})
    assert drawn(view, "calibration_error") == {}
    assert [label.text() for label in view.key.findChildren(QLabel) if label.text()] == ["part 2"]


def test_no_curve_is_covered_by_what_names_it(qtbot: QtBot) -> None:
    view = CurvesView()
    qtbot.addWidget(view)
    view.resize(1040, 300)
    view.show()
    story = RunStory(10, 9)
    for part in range(10):
        story.hear({"event": "epoch", "fold": part, "epoch": 1, "loss": 0.1 * part, "auroc": 0.5})
    view.show_story(story)
    qtbot.waitUntil(lambda: len(drawn(view, "loss")) == 10)
    assert all(plot.getPlotItem().legend is None for plot in view.plots.values())
    named = [label for label in view.key.findChildren(QLabel) if label.text()]
    qtbot.waitUntil(lambda: all(label.isVisible() and label.x() > 0 for label in named))  # in their places
    assert [label.text() for label in named] == [f"part {part}" for part in range(1, 11)]
    assert named[-1].geometry().right() < view.key.width()
    for label in named:
        assert label.width() >= label.sizeHint().width()
        for plot in view.plots.values():
            assert label.mapTo(view, label.rect().bottomLeft()).y() < plot.mapTo(view, QPoint()).y()


def test_what_the_curves_mean_can_be_read_to_its_end(qtbot: QtBot) -> None:
    view = CurvesView()
    qtbot.addWidget(view)
    view.resize(880, view.minimumHeight())  # in the wizard as it opens, with a scroll bar
    view.show()
    qtbot.waitUntil(lambda: bool(view.plots))
    for words in view.findChildren(Text):
        qtbot.waitUntil(lambda words=words: words.width() > 200)
        assert words.heightForWidth(words.width()) <= words.height(), words.text()


def test_another_pass_changes_words_and_pictures_in_their_places(qtbot: QtBot, tmp_path: Path) -> None:
    for number in range(4):
        Image.new("RGB", (8, 8), (60 * number, 0, 0)).save(tmp_path / f"{number}.png")
    strip = ExampleStrip()
    qtbot.addWidget(strip)
    strip.show()
    strip.show_tiles(tuple(Tile(tmp_path / f"{number}.png", ("left", "90 %")) for number in range(2)))
    places = list(strip.pictures)
    qtbot.waitUntil(lambda: not any(one.pixmap().isNull() for one in places))
    strip.show_tiles(tuple(Tile(tmp_path / f"{number}.png", ("left", "80 %")) for number in (2, 3)))
    assert strip.pictures == places
    assert places[0].accessibleName() == "left, 80 %"
    assert places[0].pixmap().isNull()  # never the picture of another
    qtbot.waitUntil(lambda: not any(one.pixmap().isNull() for one in places))
    assert places[1].pixmap().toImage().pixelColor(4, 4).red() == 180
    strip.show_tiles((Tile(None, ("left", "80 %")),))
    assert len(strip.pictures) == 1
    strip.close_work()
