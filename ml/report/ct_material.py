"""Everything that a report on a CT series is made from, as it stands when somebody asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ml.results.ct_analysis import CtAnalysis, CtCam
from ml.results.ct_findings import CtFinding, find_ct
from ml.volume.series import Series
from ml.volume.window import BRAIN, Window
from ml.zoo.card import ModelCard

_ORDER = {"accepted": 0, "open": 1, "rejected": 2}


@dataclass(frozen=True)
class Measurement:
    """What the person measured: "Distance", slice number, "12.3 mm"."""

    kind: str
    slice_number: int | None  # from 0; None on a plane across the slices
    words: str

    @property
    def from_one(self) -> int | None:
        """The slice as people count."""
        return None if self.slice_number is None else self.slice_number + 1


@dataclass(frozen=True, eq=False)
class CtMaterial:
    """The series' files are still there when the report is made. `patient` is empty where it stays hidden."""

    series: Series
    analysis: CtAnalysis
    card: ModelCard
    window: Window = BRAIN  # of the key images
    verdicts: Mapping[str, str] = field(default_factory=dict)  # key of a finding -> open, accepted, rejected
    measurements: tuple[Measurement, ...] = ()
    comment: str = ""
    patient: str = ""

    @cached_property
    def findings(self) -> tuple[CtFinding, ...]:
        """Accepted ones first, then open, then rejected: the order of their numbers in the report."""
        found = find_ct(self.analysis.scores, self.analysis.thresholds, self.series.uid)
        return tuple(sorted(found, key=lambda finding: _ORDER[self.verdict(finding)]))

    @property
    def kept(self) -> tuple[CtFinding, ...]:
        """Those that were not rejected."""
        return tuple(finding for finding in self.findings if self.verdict(finding) != "rejected")

    def verdict(self, finding: CtFinding) -> str:
        """What the person decided; "open" when nothing yet."""
        return self.verdicts.get(finding.key, "open")

    def cam(self, finding: CtFinding) -> CtCam | None:
        """The map of a finding's peak, where one was made."""
        wanted = finding.peak_slice, finding.class_index
        made = (cam for cam in self.analysis.cams if (cam.slice_number, cam.class_index) == wanted)
        return next(made, None)
