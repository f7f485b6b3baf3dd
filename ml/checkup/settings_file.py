"""The settings as they stand in the file, read without Qt."""

from __future__ import annotations

import configparser
import contextlib

from ml import paths

_SHOWN = (  # of these the values tell nothing of a person
    *("canvas/cache_mib", "canvas/inertia", "canvas/profile", "window/theme", "window/slides_shown"),
    *("window/inspector_shown", "window/last_tab", "report/formats", "export/keep_identity", "ct/private"),
    *("ct/smooth", "work/switch_ms"),
)
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789., -")


def read_settings() -> dict[str, str]:
    """All of them by their keys: "canvas/cache_mib". Values as they are written; none where it is no file."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=(";",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # capitals count
    with contextlib.suppress(OSError, configparser.Error, UnicodeDecodeError):
        parser.read_string((paths.config() / "settings.ini").read_text(encoding="utf-8"))
    return {
        f"{section}/{key}".replace("\\", "/"): value.strip('"')
        for section in parser.sections()
        for key, value in parser[section].items()
    }


def settings_in_words() -> tuple[str, ...]:
    """A line each; what may name somebody or something stands only as set: paths, names, addresses, keys."""
    found = read_settings()
    lines = [f"{key} = {_shown(found[key])}" for key in sorted(found) if key in _SHOWN]
    other = sorted(key for key in _KNOWN if found.get(key))
    keys = sum(key.startswith("keys/") for key in found)
    return (
        *lines,
        *(f"{key} = (set; left out)" for key in other),
        f"keys of your own = {keys}",
    )


def _shown(value: str) -> str:
    return value if len(value) <= 40 and set(value) <= _PLAIN else "(left out)"


_KNOWN = (
    *("files/last_folder", "files/recent", "analyze/model", "report/hospital", "report/author"),
    *("report/logo", "archive/last", "ct/windows", "cases/library", "annotations/classes"),
)
