"""The program says which one it is."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from ml import __version__, about, paths


def test_version_commit_and_libraries_stand_in_it() -> None:
    first, second, *rest = about.version_text("parfocal").splitlines()
    assert first.startswith(f"parfocal {__version__}")
    assert second.startswith("Python 3.")
    assert f"torch {importlib.metadata.version('torch')}" in rest
    assert not [line for line in rest if line.endswith("not there")]


def test_the_commit_of_a_bundle_is_the_one_that_it_was_built_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "COMMIT").write_text("0123456789ab\n", encoding="utf-8")
    monkeypatch.setattr(paths, "resources", lambda: tmp_path / "resources")
    assert about.commit() == "0123456789ab"
    (tmp_path / "COMMIT").unlink()
    assert about.commit() == ""


@pytest.mark.parametrize("module", ["ml", "viewer"])
def test_both_programs_have_the_switch_and_load_nothing_heavy_for_it(module: str) -> None:
    words = [sys.executable, "-X", "importtime", "-m", module, "--version"]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    assert __version__ in told.stdout
    assert "| torch\n" not in told.stderr
