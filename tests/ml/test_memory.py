"""The memory there is for this program, in a container too."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from ml.memory import Memory, memory

MB = 2**20


def group(folder: Path, version: int, limit: object, used: int, cache: int = 0) -> None:
    """The files of a control group as Linux writes them."""
    names = ("memory.max", "memory.current", "inactive_file")
    if version == 1:
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon {used - cache}\n{names[2]} {cache}\n")


def own(folder: Path, line: str) -> Path:
    path = folder / "own"
    path.write_text(f"9:name=systemd:/\n3:cpuset:/\n{line}\n")
    return path


@pytest.mark.parametrize(("version", "line"), [(2, "0::/a/b"), (1, "4:cpu,memory:/a/b")])
def test_the_limit_of_a_container_counts(version: int, line: str, tmp_path: Path) -> None:
    root = tmp_path / ("memory" if version == 1 else "")
    group(root / "a/b", version, 400 * MB, 300 * MB, cache=50 * MB)
    assert memory(tmp_path, own(tmp_path, line)) == Memory(400 * MB, 150 * MB, limited=True)


@pytest.mark.parametrize(("version", "line"), [(2, "0::/a/b"), (1, "4:memory:/a/b")])
def test_the_smallest_limit_above_counts_too(version: int, line: str, tmp_path: Path) -> None:
    """A pod's limit holds for all containers in it."""
    root = tmp_path / ("memory" if version == 1 else "")
    group(root / "a/b", version, 300 * MB, 10 * MB)
    group(root / "a", version, 500 * MB, 460 * MB)
    assert memory(tmp_path, own(tmp_path, line)) == Memory(300 * MB, 40 * MB, limited=True)


def test_inside_a_container_the_root_is_its_own(tmp_path: Path) -> None:
    """The path is as the computer sees it, and not there."""
    group(tmp_path, 2, 200 * MB, 50 * MB)
    assert memory(tmp_path, own(tmp_path, "0::/docker/1f2e")) == Memory(200 * MB, 150 * MB, limited=True)


@pytest.mark.parametrize(("version", "limit"), [(2, "max"), (1, 9223372036854771712)])
def test_no_limit_leaves_the_computer(version: int, limit: object, tmp_path: Path) -> None:
    group(tmp_path / ("memory" if version == 1 else ""), version, limit, 50 * MB)
    found = memory(tmp_path, own(tmp_path, "0::/" if version == 2 else "4:memory:/"))
    assert found.whole == psutil.virtual_memory().total
    assert 0 < found.free <= found.whole
    assert not found.limited


def test_more_taken_than_allowed_leaves_nothing(tmp_path: Path) -> None:
    group(tmp_path, 2, 200 * MB, 210 * MB)
    assert memory(tmp_path, own(tmp_path, "0::/")).free == 0


def test_a_system_without_control_groups(tmp_path: Path) -> None:
    found = memory(tmp_path, tmp_path / "nothing")
    assert found.whole == psutil.virtual_memory().total
    assert not found.limited


def test_this_process_has_some() -> None:
    found = memory()
    assert 0 < found.free <= found.whole
