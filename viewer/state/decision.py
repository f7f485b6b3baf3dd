"""Accepting or rejecting a box, so that it can be undone."""

from __future__ import annotations

from PySide6.QtGui import QUndoCommand

from ml.results.boxes import Box
from viewer.state.findings import Findings, Verdict

_TITLES = {"accepted": "Accept box", "rejected": "Reject box", "open": "Reopen box"}


class Decision(QUndoCommand):
    """Gives a box a verdict; undone, it has the one it had before."""

    def __init__(self, findings: Findings, box: Box, verdict: Verdict) -> None:
        super().__init__(_TITLES[verdict])
        self._findings = findings
        self._box = box
        self._verdict = verdict
        self._before = findings.verdict(box.key)

    def redo(self) -> None:
        """Give the verdict."""
        self._findings.decide(self._box, self._verdict)

    def undo(self) -> None:
        """Give back the one before."""
        self._findings.decide(self._box, self._before)
