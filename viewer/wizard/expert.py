"""The expert view: the same choices as text, read by the recipe's own reader, fault and all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from ml.errors import Problem
from ml.train.slide_plan import Aggregation, Contrast, TileRule
from ml.train.study_recipe import Division, Finding, Fit, NetworkPlan, Vary
from ml.train.toml_text import toml_of
from ml.train.toml_values import from_toml
from viewer.panels.pieces import GRID, Notice, Page, Text, column, named, row
from viewer.wizard.expert_words import legend
from viewer.wizard.plan import Plan

_SETTLE_MS = 500  # nobody types for so long: read it

_MEANING = (
    "The recipe is every setting that is not as usual, as text that repeats this training. What its words "
    "mean stands beside it."
)


@dataclass(frozen=True)
class Method:
    """The part of a recipe that says how it is learned, as it stands in the text."""

    network: NetworkPlan
    fit: Fit
    vary: Vary = field(default_factory=Vary)
    division: Division = field(default_factory=Division)
    tiles: TileRule = field(default_factory=TileRule)
    aggregation: Aggregation = field(default_factory=Aggregation)
    finding: Finding = field(default_factory=Finding)
    pretrain: Contrast | None = None
    seed: int = 17


_PARTS = (
    *("network", "fit", "vary", "division", "tiles"),
    *("aggregation", "finding", "pretrain", "seed"),
)


def text_of(plan: Plan) -> str:
    """The method of a plan as TOML."""
    return toml_of(Method(**{name: getattr(plan, name) for name in _PARTS}))


def with_text(plan: Plan, text: str) -> Plan:
    """The plan with the method of a text. Raises `Problem` that says which key is wrong."""
    made = from_toml(text, Method, "This")
    return replace(plan, **{name: getattr(made, name) for name in _PARTS})


class ExpertView(QWidget):
    """A text that is read while it is typed; what cannot be read changes nothing and says why."""

    changed = Signal(object)  # Plan

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan = Plan()
        self.edit = QPlainTextEdit(self)
        self.edit.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.edit.setMinimumHeight(60 * GRID)
        self.edit.setTabChangesFocus(True)
        named(self.edit, "Recipe", "The recipe: every setting that is not as usual")
        self.fault = Notice(parent=self)
        self.legend = Text(quiet=True, parent=self)
        meanings = Page(self)
        meanings.column.setContentsMargins(0, 0, 0, 0)
        meanings.column.addWidget(self.legend)
        meanings.column.addStretch(1)
        layout = column(self)
        layout.addWidget(Text(_MEANING, quiet=True, parent=self))
        layout.addWidget(self.fault)
        both = row(self.edit, meanings, gap=3 * GRID)
        both.setStretch(0, 1)
        both.setStretch(1, 1)
        layout.addLayout(both)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.take)
        self.edit.textChanged.connect(self._settle.start)
        self.edit.textChanged.connect(self._explain)

    def show_plan(self, plan: Plan) -> None:
        """Show the method of a plan, unless the text says just that."""
        self._plan = plan
        try:
            same = with_text(plan, self.edit.toPlainText()) == plan
        except Problem:
            same = False
        if not same:
            self.edit.blockSignals(True)
            self.edit.setPlainText(text_of(plan))
            self.edit.blockSignals(False)
            self.fault.say("")
        self._explain()

    def take(self) -> None:
        """Read the text now."""
        self._settle.stop()
        try:
            plan = with_text(self._plan, self.edit.toPlainText())
        except Problem as problem:
            self.fault.say(str(problem), "refusal")
            return
        self.fault.say("")
        if plan != self._plan:
            self._plan = plan
            self.changed.emit(plan)

    def _explain(self) -> None:
        self.legend.setText(legend(self.edit.toPlainText()))

    def close_work(self) -> None:
        """Read no more by itself."""
        self._settle.stop()
