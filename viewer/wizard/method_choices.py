"""The finer choices of step 5, each with what it means: network, last layer, error, rare classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QWidget

from ml.train.study_recipe import Fit
from viewer.panels.pieces import GRID, column, named
from viewer.wizard.plan import Plan

_NETWORKS: Mapping[str, str] = {
    "tf_efficientnet_lite0": "small and quick, knows everyday pictures (EfficientNet-Lite0)",
    "resnet18": "older and well understood, learns from nothing (ResNet-18): for many patients",
    "resnet50": "larger, learns from nothing (ResNet-50): for very many patients and a graphics card",
}
_HEADS: Mapping[float, str] = {
    0.0: "looks at everything at once",
    0.3: "has three of ten things hidden from it by chance (dropout): learns less by heart",
}
_LOSSES: Mapping[tuple[str, bool], str] = {
    ("cross_entropy", True): "a wrong answer counts the more the surer it was (cross entropy)",
    ("cross_entropy", False): "the surer the worse, but it need never be quite sure (label smoothing)",
    ("bce", True): "a wrong answer counts the more the surer it was (cross entropy, class by class)",
    ("focal", True): "easy pictures hardly count, hard ones more (focal loss)",
}
_BALANCES: Mapping[str, str] = {
    "none": "nothing is done: frequent classes count more",
    "sampler": "rare classes are shown as often as the others",
    "pos_weight": "mistakes with rare classes count more",
    "undersample": "frequent classes are shown less often; what is left out changes from pass to pass",
}
_SMOOTHING = 0.05


class MethodChoices(QWidget):
    """`changed` tells the plan as it becomes. Choices that do not go with the way are hidden."""

    changed = Signal(object)  # Plan

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan = Plan()
        self.network = self._box("Network", "What looks at the pictures")
        self.head = self._box("Last layer", "How the last layer, which decides, learns")
        self.loss = self._box("What counts as an error", "What learning makes as small as it can (the loss)")
        self.balance = self._box("Rare classes", "What is done where classes are not equally frequent")
        self._form = QFormLayout()
        self._form.setSpacing(2 * GRID)
        for title, box in (
            ("Network", self.network),
            ("Last layer", self.head),
            ("What counts as an error", self.loss),
            ("Rare classes", self.balance),
        ):
            self._form.addRow(title, box)
        column(self).addLayout(self._form)
        self.network.activated.connect(lambda _: self._tell(with_network, self.network))
        self.head.activated.connect(lambda _: self._tell(with_dropout, self.head))
        self.loss.activated.connect(lambda _: self._tell(with_loss, self.loss))
        self.balance.activated.connect(lambda _: self._tell(with_balance, self.balance))

    def show_plan(self, plan: Plan) -> None:
        """Show what was chosen, without telling it back."""
        self._plan = plan
        network, fit = plan.network, plan.fit
        own = {network.architecture: f"as chosen: {network.architecture}"}
        self._fill(self.network, {**own, **_NETWORKS} if network.architecture not in _NETWORKS else _NETWORKS)
        self.network.setCurrentIndex(self.network.findData(network.architecture))
        self._form.setRowVisible(self.network, network.learns == "all" and plan.kind != "scans")
        self._fill(self.head, _HEADS)
        dropout = float(network.options.get("drop_rate", 0.0))
        if dropout not in _HEADS:
            self.head.addItem(f"as chosen: {100 * dropout:.0f} of 100 things hidden", dropout)
        self.head.setCurrentIndex(self.head.findData(dropout))
        self._form.setRowVisible(self.head, network.learns == "all")
        losses = ("bce", "focal") if plan.several else ("cross_entropy",)
        self._fill(self.loss, {key: words for key, words in _LOSSES.items() if key[0] in losses})
        loss = fit.loss if fit.loss in losses else losses[0]
        wanted = (loss, loss != "cross_entropy" or not fit.smoothing)
        self.loss.setCurrentIndex([self.loss.itemData(n) for n in range(self.loss.count())].index(wanted))
        no = "pos_weight" if not plan.several else "undersample"
        kept = {name: words for name, words in _BALANCES.items() if name != no or fit.balance == name}
        self._fill(self.balance, kept)
        self.balance.setCurrentIndex(self.balance.findData(fit.balance))

    def _tell(self, change: Any, box: QComboBox) -> None:
        made = change(self._plan, box.currentData())
        if made != self._plan:
            self.changed.emit(made)

    def _fill(self, box: QComboBox, choices: Mapping[Any, str]) -> None:
        box.clear()
        for value, words in choices.items():
            box.addItem(words[0].upper() + words[1:], value)

    def _box(self, name: str, tip: str) -> QComboBox:
        box = QComboBox(self)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        named(box, name, tip)
        return box


def with_network(plan: Plan, name: str) -> Plan:
    """Another network, as a whole; only the packaged one begins with what it knows."""
    knows = name == "tf_efficientnet_lite0"
    cam = "blocks.6" if knows else "layer4"
    network = replace(
        plan.network, architecture=name, pretrained=knows, begin="", options={}, also=(), cam_layer=cam
    )
    made = replace(network, statistics="keep" if knows else "learn", familiar_layer="")
    return replace(plan, network=made)


def with_dropout(plan: Plan, share: float) -> Plan:
    """So much hidden from the last layer while learning."""
    options = {key: value for key, value in plan.network.options.items() if key != "drop_rate"}
    return replace(
        plan, network=replace(plan.network, options=options | ({"drop_rate": share} if share else {}))
    )


def with_loss(plan: Plan, chosen: tuple[str, bool]) -> Plan:
    """Another error."""
    loss, plain = chosen
    fit: Fit = replace(plan.fit, loss=loss, smoothing=0.0 if plain else _SMOOTHING)  # type: ignore[arg-type]
    return replace(plan, fit=fit)


def with_balance(plan: Plan, balance: str) -> Plan:
    """Another remedy for rare classes."""
    fit: Fit = replace(plan.fit, balance=balance, pos_weight=())  # type: ignore[arg-type]
    return replace(plan, fit=fit)
