"""What the line at the bottom says of a run goes on following the threshold and the verdicts."""

from __future__ import annotations

from functools import partial

from viewer.main_window.status_line import StatusLine
from viewer.panels.findings_words import found_in_words
from viewer.panels.links import Links
from viewer.state.findings import Findings


class FoundLine:
    """Of the last run, while its sentence stands there."""

    def __init__(self, status: StatusLine) -> None:
        self._status = status
        self._found, self._links = "", Links()

    def follow(self, findings: Findings) -> str:
        """Follow the findings of a run that has just ended; what it found, in words."""
        self.drop()
        self._found = found_in_words(findings)
        for signal in (findings.boxes_changed, findings.decided):
            self._links.follow(signal, partial(self._say, findings))
        return self._found

    def drop(self) -> None:
        """Follow nothing: its slide is closed."""
        self._links.drop()

    def _say(self, findings: Findings, *_: object) -> None:
        before, self._found = self._found, found_in_words(findings)
        said = self._status.work.text.text()
        if before and before in said:
            self._status.end_work(said.replace(before, self._found), self._status.about)
