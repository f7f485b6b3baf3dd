"""The log: what went wrong, with its trace, in a few files that replace one another. No folder names."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from types import TracebackType

from ml import paths
from ml.report.words import without_folders

_BYTES, _FILES = 1_000_000, 5


class _WithoutFolders(logging.Formatter):
    """Names of folders may be those of patients: every absolute path is cut to its last part."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(without_folders, super().format(record).splitlines()))


def start_log() -> None:
    """Write the log of this program into the person's log folder from now on."""
    file = RotatingFileHandler(
        paths.logs() / "parfocal.log", maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8"
    )
    file.setFormatter(_WithoutFolders("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log = logging.getLogger("parfocal")
    log.setLevel(logging.INFO)
    log.addHandler(file)


def catch_faults(show: Callable[[BaseException], None]) -> None:
    """Have every fault that nobody caught told to `show`; the window goes on."""

    def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            show(error)

    sys.excepthook = told
