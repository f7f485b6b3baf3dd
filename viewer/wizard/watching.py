"""The part of step 5 that asks whether the training is written down for programs of engineers, too."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from viewer.panels.pieces import GRID, FoldOut, Text, column, in_order, named
from viewer.wizard.plan import Plan


class Watching(QWidget):
    """Two ticks, folded away. `changed` tells the plan."""

    changed = Signal(object)  # Plan

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan = Plan()
        self.tensorboard = QCheckBox("Curves for TensorBoard", self)
        named(self.tensorboard, "Curves for TensorBoard", "A program that draws curves in the browser")
        self.mlflow = QCheckBox("Keep it as an experiment of MLflow", self)
        named(self.mlflow, "Keep it in MLflow", "A program that lists trainings and compares them")
        tip = "TensorBoard and MLflow, which show trainings"
        self.fold = FoldOut("For engineers", tip, self)
        words = (
            "The curves of step 6 are enough for most. TensorBoard draws curves of more; MLflow lists "
            "trainings beside each other. A button in step 6 opens them in your browser. Both run on this "
            "computer, and nothing leaves it."
        )
        for widget in (Text(words, quiet=True, parent=self), self.tensorboard, self.mlflow):
            self.fold.inside.addWidget(widget)
        in_order(self.fold.button, self.tensorboard, self.mlflow)
        layout = column(self, gap=GRID)
        layout.addWidget(self.fold)
        self.tensorboard.clicked.connect(lambda on: self.changed.emit(replace(self._plan, tensorboard=on)))
        self.mlflow.clicked.connect(lambda on: self.changed.emit(replace(self._plan, mlflow=on)))

    def show_plan(self, plan: Plan) -> None:
        """Show what was chosen."""
        self._plan = plan
        self.tensorboard.setChecked(plan.tensorboard)
        self.mlflow.setChecked(plan.mlflow)
