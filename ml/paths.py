"""Where things live on disk: what ships with the program, and what belongs to the person."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

_APP = "parfocal"


def resources() -> Path:
    """The folder that ships with the program: models, recipes, icons, fonts."""
    frozen = getattr(sys, "_MEIPASS", None)  # set by PyInstaller inside a bundle
    if frozen is not None:
        return Path(frozen) / "resources"
    here = Path(__file__).resolve().parent.parent
    source_tree = here / "resources"
    return source_tree if source_tree.is_dir() else here / "parfocal_resources"


def data() -> Path:
    """The person's own data (cases, samples, imported models); made when missing.

    `PARFOCAL_HOME` moves data, cache, settings and logs together into one folder.
    """
    return _made("data", platformdirs.user_data_path(_APP, appauthor=False))


def cache() -> Path:
    """What can be made again; made when missing."""
    return _made("cache", platformdirs.user_cache_path(_APP, appauthor=False))


def config() -> Path:
    """Settings; made when missing."""
    return _made("config", platformdirs.user_config_path(_APP, appauthor=False))


def logs() -> Path:
    """Log files; made when missing."""
    return _made("logs", platformdirs.user_log_path(_APP, appauthor=False))


def _made(kind: str, usual: Path) -> Path:
    home = os.environ.get("PARFOCAL_HOME")
    folder = Path(home) / kind if home else usual
    folder.mkdir(parents=True, exist_ok=True)
    return folder
