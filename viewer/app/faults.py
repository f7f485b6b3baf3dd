"""Faults that nobody caught, of the window, of any thread, of Qt: each leaves a report."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, qInstallMessageHandler

from ml.crash import CrashReport, Recorder

Show = Callable[[BaseException, CrashReport | None], object]

_SPEAKER = re.compile(r"Q\w+(::~?\w+)*")  # the class that Qt says it of; the rest may hold anything


class Faults(QObject):
    """Catches them from its making until `close`; what happened is shown in the window's thread."""

    _caught = Signal(object, object)  # the error, and its report

    def __init__(self, recorder: Recorder, show: Show) -> None:
        super().__init__()
        self._recorder = recorder
        self._caught.connect(show, Qt.ConnectionType.QueuedConnection)
        sys.excepthook = lambda _, error, __: self._take(error, "in the window")
        threading.excepthook = self._of_thread
        sys.unraisablehook = lambda told: self._take(told.exc_value, "while something was let go")
        qInstallMessageHandler(self._of_qt)

    def close(self) -> None:
        """Have Python and Qt do as they do by themselves."""
        sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
        sys.unraisablehook = sys.__unraisablehook__
        qInstallMessageHandler(None)

    def _of_thread(self, told: threading.ExceptHookArgs) -> None:
        self._take(told.exc_value, "in a thread")

    def _take(self, error: BaseException | None, where: str) -> None:
        if error is None or isinstance(error, SystemExit):
            return
        if isinstance(error, KeyboardInterrupt):
            sys.__excepthook__(type(error), error, error.__traceback__)
            return
        self._caught.emit(error, self._recorder.fault(error, where))

    def _of_qt(self, kind: QtMsgType, _: QMessageLogContext, text: str) -> None:
        """What Qt says goes to the terminal, as always; what ends the program leaves a report first."""
        if sys.stderr is not None:  # a window without a terminal has none
            sys.stderr.write(f"{text}\n")
        if kind is QtMsgType.QtFatalMsg:
            speaker = _SPEAKER.match(text)
            what = f"Qt ended the program ({speaker[0] if speaker else 'it does not say where'})"
            self._recorder.report(what, (what,))
