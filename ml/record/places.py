"""Where on this computer a slide or a model of a given hash lay: never part of a report.

So that a report can be checked and repeated here without anybody pointing at files. The list stays in the
person's own folder; it is only a memory, and what it names is looked at anew before it is believed.
"""

from __future__ import annotations

import contextlib
import json
import threading
from pathlib import Path

from ml import paths
from ml.errors import Problem
from ml.report.atomic import whole_file

_NAME = "places.json"
_MOST = 2000  # the latest so many
_LARGEST = 4 << 20  # bytes
_lock = threading.Lock()


def remember(sha256: str, path: Path) -> None:
    """Keep where the thing of this hash lies. A disk that does not let us is no reason to fail."""
    if not sha256:
        return
    with _lock, contextlib.suppress(Problem):
        known = _read()
        if known.pop(sha256, None) == str(path.absolute()):
            return
        known[sha256] = str(path.absolute())
        latest = dict(list(known.items())[-_MOST:])
        with whole_file(paths.data() / _NAME) as part:
            part.write_text(json.dumps(latest), encoding="utf-8")


def recall(sha256: str) -> Path | None:
    """Where it lay last, if anything is there now."""
    place = _read().get(sha256, "") if sha256 else ""
    return Path(place) if place and Path(place).exists() else None


def _read() -> dict[str, str]:
    try:
        with (paths.data() / _NAME).open("rb") as file:
            found = json.loads(file.read(_LARGEST))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}
