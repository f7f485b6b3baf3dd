"""A run that is under way, and where its results go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.results.analysis import Analysis
from ml.results.cam import CamMap, CamPart
from ml.zoo.card import ModelCard
from viewer.state.findings import Findings
from viewer.state.opened_slide import OpenedSlide


@dataclass
class Run:
    """One analysis on one slide; its findings exist from the moment the patches are planned."""

    opened: OpenedSlide
    card: ModelCard
    findings: Findings | None = None

    def finish(self, analysis: Analysis) -> None:
        """What it found counts; and what it missed can be drawn: the model's classes stand in the list."""
        if self.findings is not None:
            self.findings.finish(analysis)
        if self.card.preparation is None:
            names, colors = self.card.class_names, self.card.colors
            self.opened.classes.learn(dict.fromkeys(names) | dict(zip(names, colors, strict=False)))


def part_of(cam: CamMap) -> CamPart:
    """What a map holds, as a part that can be put into another map of the same grid."""
    cells = cam.cells
    by_patch = cam.values.reshape(cam.grid.rows, cells, cam.grid.columns, cells).swapaxes(1, 2)
    rows, columns = np.nonzero(~np.isnan(by_patch[:, :, 0, 0]))
    return CamPart(rows, columns, by_patch[rows, columns])
