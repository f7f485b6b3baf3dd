"""What a process says when it crashes by itself, kept beside the results for the next one to read."""

from __future__ import annotations

import contextlib
import faulthandler
from collections.abc import Iterator
from pathlib import Path

_NAME = "crash.txt"
_MOST = 20_000  # characters


@contextlib.contextmanager
def crash_told(folder: Path) -> Iterator[str]:
    """What the process before this one said when it crashed, else nothing; within, this one would say it too.

    A crash is a fault of the processor or an abort (a decoder, a driver). A process that is killed, or ends
    with the power, says nothing: that is how the two are told apart. Where somebody else listens to faults
    already, nothing is noted. Raises `OSError`.
    """
    path = folder / _NAME
    try:
        said = path.read_text(encoding="utf-8", errors="replace")[:_MOST]
    except FileNotFoundError:
        said = ""
    if faulthandler.is_enabled():
        path.unlink(missing_ok=True)
        yield said
        return
    try:
        with path.open("w", encoding="utf-8") as file:
            faulthandler.enable(file)
            try:
                yield said
            finally:
                faulthandler.disable()
    finally:
        path.unlink(missing_ok=True)
