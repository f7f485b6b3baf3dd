"""Away from the window: the check of this computer, and what goes into a support file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ml.checkup.finding import Finding
from ml.crash import CrashReport, Recorder, left_behind
from viewer.work.background import Background, as_problem

if TYPE_CHECKING:
    from ml.verbs.support import Paper


class Care(QObject):
    """One job at a time. The check loads torch: in this thread, and in no other."""

    found = Signal(object)  # Finding: lines come as they are found
    checked = Signal()
    collected = Signal(object)  # tuple[Paper, ...]
    saved = Signal(object)  # Path
    failed = Signal(object)  # Problem

    def __init__(self, library: str = "", recorder: Recorder | None = None) -> None:
        """`library`: the address of the case library; empty: this computer's own."""
        super().__init__()
        self._library = library
        self.recorder = recorder
        self.left: tuple[CrashReport, ...] = left_behind() if recorder is not None else ()
        self.findings: tuple[Finding, ...] = ()  # of the last check that went through
        self._thread = Background("care", self)
        self._busy = 0

    @property
    def running(self) -> bool:
        """Whether something is being done."""
        return self._busy > 0

    def check(self) -> None:
        """Look at this computer; `found` follows for each thing, then `checked`."""
        self._busy += 1
        self._thread.submit(self._look, self._checked, partial(self._fail, "Checking this computer"))

    def collect(self) -> None:
        """Put together what may go into a support file; `collected` follows."""
        self._busy += 1
        known = self.findings or None
        self._thread.submit(
            lambda: _papers(self._library, known), self._collected, partial(self._fail, "Collecting")
        )

    def save(self, papers: Iterable[Paper], out: Path) -> None:
        """Write these into a zip; `saved` follows."""
        self._busy += 1
        chosen = tuple(papers)
        self._thread.submit(lambda: _write(chosen, out), self._saved, partial(self._fail, "Writing"))

    def close(self) -> None:
        """Look no further."""
        self._thread.close()

    def _look(self) -> tuple[Finding, ...]:
        from ml.verbs.doctor import findings

        found: list[Finding] = []
        for finding in findings(self._library):
            found.append(finding)
            self._thread.tell(partial(self.found.emit, finding))
            if self._thread.closed:
                break
        return tuple(found)

    def _checked(self, found: tuple[Finding, ...]) -> None:
        self._busy -= 1
        self.findings = found
        self.checked.emit()

    def _collected(self, papers: tuple[Paper, ...]) -> None:
        self._busy -= 1
        self.collected.emit(papers)

    def _saved(self, out: Path) -> None:
        self._busy -= 1
        self.saved.emit(out)

    def _fail(self, doing: str, error: BaseException) -> None:
        self._busy -= 1
        self.failed.emit(as_problem(error, doing))


def _papers(library: str, found: tuple[Finding, ...] | None) -> tuple[Paper, ...]:
    from ml.verbs.support import collected

    return collected(library, found)


def _write(papers: tuple[Paper, ...], out: Path) -> Path:
    from ml.verbs.support import write

    write(papers, out, overwrite=True)  # the dialog has asked
    return out
