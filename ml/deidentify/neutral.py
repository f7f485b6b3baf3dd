"""Names for files that name nobody."""

from __future__ import annotations

from pathlib import Path

from ml.report.words import file_name


def neutral_name(path: str, sha256: str, kind: str = "slide") -> str:
    """ "slide-9f2c41aa.svs": tells one slide from another and names nobody."""
    ending = Path(file_name(path)).suffix.lower() if path else ""
    ending = ending if ending[1:].isalnum() and len(ending) <= 8 else ""
    return f"{kind}-{sha256[:8]}{ending}" if sha256 else f"{kind}{ending}"
