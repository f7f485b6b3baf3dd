"""What an analysis has found on one slide so far, and what the person decided about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from PySide6.QtCore import QObject, Signal

from ml.geometry import Spacing
from ml.results.analysis import Analysis
from ml.results.boxes import Box, BoxRule, find_boxes, rule_of
from ml.results.cam import CamMap, CamPart
from ml.results.scores import Planned, ScorePart, Scores
from ml.zoo.card import ModelCard

Verdict = Literal["open", "accepted", "rejected"]


class Findings(QObject):
    """Scores, Grad-CAM and boxes of one run; grows while the run goes on.

    Boxes follow from scores and rule at once, without inference. A box that was accepted or rejected keeps
    its verdict when the rule moves away and comes back; an accepted one stays in the list meanwhile.
    """

    scored = Signal(object)  # ScorePart
    cam_started = Signal(object)  # CamMap, empty
    explained = Signal(object)  # CamPart
    rule_changed = Signal(object)  # BoxRule
    boxes_changed = Signal(object)  # tuple[Box, ...]
    decided = Signal(str, str)  # key of a box, Verdict
    selected = Signal(object)  # key of a box, or None
    finished = Signal(object)  # Analysis, complete or stopped

    def __init__(self, planned: Planned, card: ModelCard, spacing: Spacing, rule: BoxRule) -> None:
        super().__init__()
        self.card = card
        self.spacing = spacing
        strange = card.familiarity is not None
        self.scores = Scores.empty(planned.grid, planned.class_names, strange=strange)
        self.cam: CamMap | None = None
        self.analysis: Analysis | None = None  # set at the end
        self.boxes: tuple[Box, ...] = ()
        self.selected_key: str | None = None
        self.rule = rule
        self._verdicts: dict[str, Verdict] = {}
        self._accepted: dict[str, Box] = {}

    @classmethod
    def of(
        cls,
        analysis: Analysis,
        card: ModelCard,
        rule: BoxRule | None,
        verdicts: Mapping[str, Verdict],
        accepted: Iterable[Box] = (),
    ) -> Findings:
        """Those of an analysis that was kept, with what was decided about them."""
        scores = analysis.scores
        rule = rule or rule_of(card)
        found = cls(Planned(scores.grid, scores.class_names), card, analysis.provenance.spacing.spacing, rule)
        found.scores, found.cam, found.analysis = scores, analysis.cam, analysis
        found._verdicts = dict(verdicts)
        found._accepted = {box.key: box for box in accepted if found.verdict(box.key) == "accepted"}
        found._find_boxes()
        found._accepted |= {box.key: box for box in found.boxes if found.verdict(box.key) == "accepted"}
        return found

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """What was decided so far, by key of the box."""
        return dict(self._verdicts)

    @property
    def accepted(self) -> tuple[Box, ...]:
        """The boxes that were accepted, as they were found then."""
        return tuple(self._accepted.values())

    def put(self, part: ScorePart) -> None:
        """Take in scores as they come."""
        self.scores.put(part)
        self.scored.emit(part)
        self._find_boxes()

    def start_cam(self, cam: CamMap) -> None:
        """Begin a Grad-CAM map (of another class, it replaces the old one)."""
        self.cam = cam
        self.cam_started.emit(cam)

    def put_cam(self, part: CamPart) -> None:
        """Take in Grad-CAM patches as they come."""
        if self.cam is not None:
            self.cam.put(part)
            self.explained.emit(part)

    def finish(self, analysis: Analysis) -> None:
        """The run is over, complete or stopped."""
        self.analysis = analysis
        self.finished.emit(analysis)

    def set_rule(self, rule: BoxRule) -> None:
        """Find the boxes anew by another rule."""
        if rule != self.rule:
            self.rule = rule
            self.rule_changed.emit(rule)
            self._find_boxes()

    def verdict(self, key: str) -> Verdict:
        """What the person decided about a box; "open" when nothing yet."""
        return self._verdicts.get(key, "open")

    def decide(self, box: Box, verdict: Verdict) -> None:
        """Accept, reject or reopen a box."""
        self._verdicts[box.key] = verdict
        if verdict == "accepted":
            self._accepted[box.key] = box
        else:
            self._accepted.pop(box.key, None)
        self.decided.emit(box.key, verdict)
        self._find_boxes()

    def select(self, key: str | None) -> None:
        """Make one box the one that keys and panels act on."""
        if key != self.selected_key:
            self.selected_key = key
            self.selected.emit(key)

    def box(self, key: str | None) -> Box | None:
        """The box with this key, None where there is none."""
        return next((box for box in self.boxes if box.key == key), None)

    def _find_boxes(self) -> None:
        found = find_boxes(self.scores, self.rule, self.spacing)
        keys = {box.key for box in found}
        boxes = (*found, *(box for key, box in self._accepted.items() if key not in keys))
        if boxes != self.boxes:
            self.boxes = boxes
            if self.box(self.selected_key) is None:
                self.select(None)
            self.boxes_changed.emit(boxes)
