"""Finds the file of a slide or a series again that is not where it was."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

from viewer.cases.values import Item
from viewer.work.fingerprints import is_same

_MOST_FOLDERS = 400  # that are looked through: a drive is not searched as a whole
_MOST_FILES = 60  # whose contents are compared


def locate(item: Item, folders: Iterable[Path]) -> Path | None:
    """Where the file of an item lies now: where it was, or near that, or near one of `folders`; else None.

    Another file under the same name is not taken for it: the fingerprint decides. Runs in a thread.
    """
    if item.path.exists():
        return item.path
    candidates = itertools.islice(_candidates(item, folders), _MOST_FILES)
    return next((path for path in candidates if is_same(item, path)), None)


def _candidates(item: Item, folders: Iterable[Path]) -> Iterator[Path]:
    """Of the same name first, then of the same kind: a file may have been renamed as well."""
    seen: set[Path] = set()
    places = tuple(_near(item.path.parent, folders))
    for same_name in (True, False):
        for folder in places:
            for path in _inside(folder):
                fits = path.name == item.path.name if same_name else _is_alike(path, item.path)
                if fits and path not in seen:
                    seen.add(path)
                    yield path


def _is_alike(path: Path, was: Path) -> bool:
    return bool(was.suffix) and path.suffix == was.suffix and path.is_file()


def _near(was: Path, folders: Iterable[Path]) -> Iterator[Path]:
    """Folders to look in: those asked for, where it was, what lies in it and beside it."""
    seen: set[Path] = set()
    for start in (*folders, was, was.parent):
        for folder in (start, *(path for path in _inside(start) if path.is_dir())):
            if folder not in seen and len(seen) < _MOST_FOLDERS and folder.is_dir():
                seen.add(folder)
                yield folder


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
