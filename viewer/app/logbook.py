"""The log: what went wrong and where, in files that replace one another. Values are left out."""

from __future__ import annotations

import contextlib
import logging
from logging.handlers import RotatingFileHandler

from ml import paths
from ml.traces import name_of, trace_of

_BYTES, _FILES = 1_000_000, 5  # six files of 1 MB at the most
_NAME, _EARLIER = "window.log", "parfocal.log*"
_LOGGERS = ("parfocal", "ml", "viewer")


class WithoutValues(logging.Formatter):
    """Keeps the sentence that stands in the code, and numbers; texts that are put into it are left out."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The record in one line, and its trace without messages."""
        plain = logging.makeLogRecord(record.__dict__ | {"exc_info": None, "exc_text": None})
        args = record.args if isinstance(record.args, tuple) else ()
        plain.args = tuple(map(_without_value, args))
        lines = [super().format(plain)]
        error = record.exc_info[1] if record.exc_info else None
        return "\n".join((*lines, *(trace_of(error) if error is not None else ())))


def _without_value(value: object) -> object:
    if isinstance(value, int | float):
        return value
    return name_of(value) if isinstance(value, BaseException) else "…"


def start_log() -> None:
    """Write the log of this program into the person's log folder from now on."""
    folder = paths.logs()
    for old in folder.glob(_EARLIER):  # of versions that wrote names of files
        with contextlib.suppress(OSError):
            old.unlink()
    file = RotatingFileHandler(folder / _NAME, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8")
    file.setFormatter(WithoutValues())
    for name in _LOGGERS:
        log = logging.getLogger(name)
        log.setLevel(logging.INFO)
        log.addHandler(file)
