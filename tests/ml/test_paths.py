"""Where things live: with the program, and with the person."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ml import paths

PLACES = (paths.data, paths.cache, paths.config, paths.logs)


def test_resources_are_there() -> None:
    assert (paths.resources() / "models").is_dir()
    assert (paths.resources() / "icons").is_dir()


def test_a_bundle_brings_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert paths.resources() == tmp_path / "resources"


def test_one_variable_moves_everything_of_the_persons(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PARFOCAL_HOME", str(tmp_path / "not there yet"))
    folders = [place() for place in PLACES]
    assert len(set(folders)) == len(PLACES)
    assert all(folder.is_dir() and tmp_path in folder.parents for folder in folders)


def test_else_they_are_where_the_system_wants_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PARFOCAL_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DATA", "CACHE", "CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    if sys.platform != "linux":
        pytest.skip("the folders of this system cannot be moved by a test")
    assert all(place().is_dir() and tmp_path in place().parents for place in PLACES)
