"""The part of step 3 that says what more patients would bring: asked for by a button, drawn as a curve."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton, QWidget

from ml.evaluate.claim import likely_range
from ml.report.words import count, percent
from viewer.panels.pieces import GRID, Heading, Notice, Text, column, named
from viewer.wizard.child_work import ChildWork
from viewer.wizard.desk import Desk
from viewer.wizard.plan_recipe import text_for_check
from viewer.wizard.plot import SHADES, Plot

OUTLOOK = "outlook"
_OF = "outlook-of.toml"  # the recipe that it is of
_SMALL = 0.01  # gain below which more patients hardly help


class Foreseeing(ChildWork):
    """Runs `parfocal-ml outlook` for the plan on the desk."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(desk, parent)
        desk.began_anew.connect(self.close)

    def begin(self) -> None:
        """Estimate, unless that is under way."""
        if self.running:
            return
        folder = self.desk.folder / OUTLOOK
        recipe = str(self.desk.write_recipe())
        self._run(folder, ["outlook", recipe, "--data", str(self.desk.folder), "--out", str(folder)])
        if not self.trouble:
            (folder / "outlook.json").unlink(missing_ok=True)
            (folder / _OF).write_text(text_for_check(self.desk.plan), encoding="utf-8")
        self.changed.emit()

    def facts(self) -> dict[str, Any]:
        """What it came to; empty where there is nothing of the plan as it is now."""
        folder = self.desk.folder / OUTLOOK
        try:
            if (folder / _OF).read_text(encoding="utf-8") != text_for_check(self.desk.plan):
                return {}
            found: dict[str, Any] = json.loads((folder / "outlook.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found


class OutlookPart(QWidget):
    """A button, then sentences and the curve."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.work = Foreseeing(desk, self)
        self.button = QPushButton("Estimate what more patients would bring", self)
        self.button.setAutoDefault(False)
        tip = "A simple rule learns from fewer and more of your patients; takes a minute or two"
        named(self.button, self.button.text(), tip)
        self.phase = Text(quiet=True, parent=self)
        self.notice = Notice(parent=self)
        self.told = Text(parent=self)
        self.curve = LearningPlot(self)
        layout = column(self)
        layout.addWidget(Heading("Would more patients help?", self))
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        for widget in (self.phase, self.notice, self.told, self.curve):
            layout.addWidget(widget)
        self.button.clicked.connect(self.work.begin)
        self.work.changed.connect(self.show_outlook)

    def show_outlook(self) -> None:
        """What is known now."""
        desk = self.work.desk
        facts = {} if self.work.running else self.work.facts()
        self.setVisible(desk.plan.kind != "scans")
        self.button.setEnabled(not self.work.running)
        self.phase.say(self.work.phase)
        self.notice.say(self.work.trouble, "warning")
        self.told.say("\n".join(outlook_in_words(facts)) if facts else "")
        self.curve.show_facts(facts)

    def close_work(self) -> None:
        """Estimate no more."""
        self.work.close()


class LearningPlot(Plot):
    """Wrong answers over the number of patients; what is foreseen with its range."""

    x_title, y_title = "patients", "wrong of 100"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Learning curve", "How often a simple rule is wrong, by the number of patients", parent
        )
        self._facts: Mapping[str, Any] = {}
        self.setMaximumHeight(56 * GRID)
        self.hide()

    def show_facts(self, facts: Mapping[str, Any]) -> None:
        """Draw this one; hidden where there is none."""
        self._facts = facts
        self.setVisible(bool(facts))
        self.redraw()

    def draw(self) -> None:
        """Points, the curve through them, ranges ahead."""
        import numpy as np
        import pyqtgraph

        facts = self._facts
        if not facts:
            return
        points = np.array(facts["points"], dtype=float)
        ahead = facts["foreseen"]
        x = np.geomspace(points[0, 0], ahead[-1]["patients"], 60)
        y = np.clip(facts["a"] + facts["b"] * x ** -facts["c"], 0, 1)
        pen = pyqtgraph.mkPen(QColor(SHADES[0]), width=2)
        self.plot.plot(x, 100 * y, pen=pen)
        brush = QColor(SHADES[0])
        self.plot.plot(
            points[:, 0], 100 * points[:, 1], pen=None, symbol="o", symbolSize=7, symbolBrush=brush
        )
        for one in ahead:
            pen = pyqtgraph.mkPen(QColor(SHADES[1]), width=3)
            self.plot.plot([one["patients"]] * 2, [100 * one["low"], 100 * one["high"]], pen=pen)


def outlook_in_words(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Sentences for somebody who has never seen a learning curve."""
    now, twice, four = facts["foreseen"]
    low, high = likely_range(1 - now["error"], facts["patients"])
    gain = now["error"] - four["error"]
    advice = (
        "More patients like these would hardly help: better pictures or surer labels would."
        if gain < _SMALL
        else "The line still falls: gathering more patients is worth it."
    )
    return (
        f"A simple rule, taught with all {count(facts['patients'], 'patient')}, would be wrong in about "
        f"{_of_100(now)} of 100 pictures, every class counted alike. With twice as many patients it would be "
        f"{_of_100(twice)}, with four times as many {_of_100(four)}. {advice}",
        f"Counted on these patients, being right would then be known only as a range: {percent(low)} to "
        f"{percent(high)}.",
        "A trained model is usually better than the simple rule; how steeply the line falls is much the "
        "same. Orange: 95 of 100 repeats of this estimate lie there. The line follows how errors fall with "
        f"more patients in most studies (an inverse power law, {facts['paper']}).",
    )


def _of_100(one: Mapping[str, Any]) -> str:
    return f"{100 * one['error']:.0f} ({100 * one['low']:.0f} to {100 * one['high']:.0f})"
