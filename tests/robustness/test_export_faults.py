"""Exports that are killed, on a disk that is full or read-only: nothing half under its final name."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ml.deidentify.copy import copy_without_identity
from ml.errors import Problem
from ml.progress import Progress
from ml.verbs.export import ExportRequest, export
from tests.closed import closed
from tests.ml.deidentify.planted import write_svs
from tests.robustness.export_child import material_of

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.timeout(1200)  # a hundred programs that die, on a machine that may have other work
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize(
    ("reports", "copies"), [(8, 12), pytest.param(100, 100, marks=pytest.mark.slow)], ids=["20", "200"]
)
def test_killed_at_any_moment(tmp_path: Path, reports: int, copies: int) -> None:
    words = [sys.executable, "-m", "tests.robustness.export_child", tmp_path, "20261126", reports, copies]
    done = subprocess.run(list(map(str, words)), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["unsound"] for one in told] == [[]] * (reports + copies)
    for kind, count in (("report", reports), ("copy", copies)):
        ends = [one["signal"] for one in told if one["kind"] == kind]
        assert len(ends) == count
        assert ends.count(signal.SIGALRM) > count / 2, "most were killed"
    reports = [tuple(one["files"]) for one in told if one["kind"] == "report"]
    assert any("record.json" not in files for files in reports)


@pytest.fixture(params=["report", "copy"])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], object]]:
    """Writes a report, or the copy of a slide, into `tmp_path / "out"`."""
    slide = tmp_path / "slide.svs"
    write_svs(slide)
    (tmp_path / "out").mkdir()
    if request.param == "copy":
        yield lambda: copy_without_identity(slide, tmp_path / "out" / "copy.svs", Progress())
        return
    material = material_of(slide)
    yield lambda: export(ExportRequest(material, tmp_path / "out"), Progress())
    material.slide.close()


@pytest.mark.parametrize("at", range(0, 9, 2))
def test_a_disk_that_is_full(
    write: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """From the `at`-th file on nothing reaches the disk any more."""
    settled: list[int] = []

    def fsync(number: int) -> None:
        settled.append(number)
        if len(settled) > at:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    try:
        write()
    except Problem as problem:
        assert "the disk is full" in problem.what  # noqa: PT017
    names = [path.name for path in (tmp_path / "out").iterdir()]
    assert len(names) <= at
    assert not [name for name in names if name.startswith(".")]
    assert "record.json" not in names or len(settled) <= at


@pytest.mark.skipif(sys.platform != "linux", reason="of the limits that Linux has")
@pytest.mark.parametrize("most", [10, 1_000, 30_000])
def test_a_write_that_ends_in_the_middle(write: Callable[[], object], tmp_path: Path, most: int) -> None:
    """The system lets no file grow beyond so many bytes: every write of more fails half way."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        with pytest.raises(Problem, match="could not be written"):
            write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    for path in (tmp_path / "out").iterdir():
        assert not path.name.startswith(".")
        assert path.stat().st_size < most, "only what fits is there"
    assert not (tmp_path / "out" / "record.json").exists()


def test_a_folder_that_is_read_only(write: Callable[[], object], tmp_path: Path) -> None:
    with closed(tmp_path / "out"), pytest.raises(Problem, match="read-only"):
        write()
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_the_system_refuses(
    write: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for whoever may write anywhere: the system says no to every new name."""

    def refused(self: Path, target: Path) -> Path:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(Problem, match="read-only"):
        write()
    assert list((tmp_path / "out").iterdir()) == []
