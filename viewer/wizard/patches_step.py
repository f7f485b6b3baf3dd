"""Step 4: what the network will see: pictures of each class as they reach it, varied as while learning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QProgressBar, QWidget

from ml.report.words import file_name
from viewer.panels.pieces import GRID, Heading, Text, clear, column, in_order
from viewer.wizard.desk import Desk
from viewer.wizard.example_strip import ExampleStrip, Tile
from viewer.wizard.rehearsing import Rehearsing
from viewer.wizard.sides import mirror_in_words
from viewer.wizard.slide_part import SlidePart
from viewer.wizard.step import Step


class PatchesStep(Step):
    """Shows the rehearsal's pictures, class by class."""

    title = "Pictures"
    heading = "What the network will see"
    meaning = (
        "The network is the part of the model that learns. What cannot be seen in these pictures it cannot "
        "learn: look whether all is there."
    )

    def __init__(self, desk: Desk, rehearsing: Rehearsing, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.rehearsing = rehearsing
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(2 * GRID)
        self.bar.setAccessibleName("Progress of the rehearsal")
        self.phase = Text(parent=self)
        self.told = Text(quiet=True, parent=self)
        self.rows = column(gap=2 * GRID)
        self.strips: dict[str, ExampleStrip] = {}
        self.slide = SlidePart(self)
        self.slide.changed.connect(self.desk.change)
        self.body.addWidget(self.slide)
        for widget in (self.bar, self.phase, self.told):
            self.body.addWidget(widget)
        self.body.addLayout(self.rows)
        self.body.addStretch(1)
        rehearsing.changed.connect(self.show_rehearsal)

    def obstacle(self) -> str:
        """What forbids to look."""
        return self.rehearsing.trouble if self.rehearsing.fits else ""

    def enter(self) -> None:
        """Rehearse, unless just this was rehearsed; show a slide."""
        self.slide.show_plan(self.plan)
        self.rehearsing.begin()
        self.show_rehearsal()

    def show_plan(self) -> None:
        """Nothing is shown of another plan."""
        self.slide.setVisible(self.plan.kind in {"boxes", "labelled_slides"})
        self.show_rehearsal()

    def close_work(self) -> None:
        """Read no more pictures."""
        self.slide.close_work()
        self._close_strips()

    def _close_strips(self) -> None:
        for strip in self.strips.values():
            strip.close_work()
        self.strips.clear()

    def show_rehearsal(self) -> None:
        """What has come until now."""
        rehearsing = self.rehearsing
        self.bar.setVisible(rehearsing.running)
        self.bar.setRange(0, 0)
        self.phase.say(rehearsing.phase)
        self.notice.say(rehearsing.trouble, "refusal")
        network = self.plan.network
        height, width = network.size
        varied = any(one["varied"] for one in rehearsing.shown)
        also = " They are not varied."
        if varied:
            also = " Beside each: how it is varied while learning, so that it learns what does not matter."
            also += f" {mirror_in_words(self.plan)}"
        words = f"Each is made {width} × {height} px large for the network.{also}"
        self.told.say(words.rstrip() if rehearsing.shown else "")
        by_label: dict[str, list[dict[str, Any]]] = {}
        for one in rehearsing.shown:
            by_label.setdefault(str(one["label"]), []).append(one)
        if not set(self.strips) <= set(by_label):
            self._close_strips()
            clear(self.rows)
        for label, shown in by_label.items():
            self._strip(label).show_tiles(tuple(tile for one in shown for tile in _tiles(one)))
        self.ready_changed.emit()

    def _strip(self, label: str) -> ExampleStrip:
        strip = self.strips.get(label)
        if strip is None:
            before = [self.told, *self.strips.values()][-1]
            strip = self.strips[label] = ExampleStrip(112, self)
            strip.setAccessibleName(f"Pictures of {label}")
            in_order(before, strip)
            self.rows.addWidget(Heading(label, self))
            self.rows.addWidget(strip)
        return strip


def _tiles(shown: dict[str, Any]) -> tuple[Tile, ...]:
    name = file_name(str(shown["file"]))
    short = name if len(name) <= 16 else f"…{name[-15:]}"
    varied = tuple(Tile(Path(path), ("varied",), name) for path in shown["varied"])
    return Tile(Path(shown["plain"]), (short,), f"{name}, {shown['patient']}"), *varied
