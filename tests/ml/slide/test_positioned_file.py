"""A file read by place: whole or in words, gone and back, and no descriptor left or closed too early."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ml.errors import SlideGone, SlideProblem
from ml.slide.positioned_file import PositionedFile


def test_a_part_of_a_file_is_read_or_named(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    file = PositionedFile(path)
    assert file.size == 10
    assert file.read(3, 4) == b"3456"
    assert file.read_some(8, 10) == b"89"
    assert file.read_some(20, 10) == b""
    assert file.read_some(-1, 10) == b""
    with pytest.raises(SlideProblem, match="cut short"):
        file.read(8, 10)
    file.close()
    file.close()
    with pytest.raises(SlideProblem, match="closed"):
        file.read(0, 1)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SlideProblem, match="nothing cannot be read"):
        PositionedFile(tmp_path / "nothing")


def test_a_share_that_went_away_and_came_back(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    file = PositionedFile(path)

    class Gone:
        def read(self, start: int, count: int) -> bytes:
            raise OSError(116, "Stale file handle")

    file._descriptor = Gone()  # type: ignore[assignment]
    path.rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(SlideGone, match="cannot be read"):
            file.read(0, 3)
    (tmp_path / "away").rename(path)
    assert file.read(0, 3) == b"012"
    file.close()


def test_a_stale_number_of_a_share_that_is_back_is_replaced_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    file = PositionedFile(path)

    class Stale:
        def read(self, start: int, count: int) -> bytes:
            raise OSError(116, "Stale file handle")

    file._descriptor = Stale()  # type: ignore[assignment]
    assert file.read(0, 3) == b"012"
    file.close()


def test_another_file_of_that_name_is_not_read_on(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    file = PositionedFile(path)
    file._descriptor = None  # as after a failed read
    path.write_bytes(b"another slide")
    with pytest.raises(SlideProblem, match="has changed"):
        file.read(0, 3)
    file.close()


def test_closing_under_threads_that_read(tmp_path: Path) -> None:
    """Every read is right or says that the file was closed; none hits the descriptor of another file."""
    path = tmp_path / "a"
    path.write_bytes(b"a" * 5000)
    wrong: list[object] = []
    for _ in range(30):
        file = PositionedFile(path)

        def read(file: PositionedFile = file) -> None:
            try:
                if any(file.read(start, 1000) != b"a" * 1000 for start in range(0, 4000, 100)):
                    wrong.append("other bytes")
            except SlideProblem as problem:
                if "closed" not in problem.what:
                    wrong.append(problem)

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        file.close()
        (tmp_path / "b").write_bytes(b"b" * 5000)  # may be given the number that was just freed
        for thread in threads:
            thread.join()
    assert not wrong
