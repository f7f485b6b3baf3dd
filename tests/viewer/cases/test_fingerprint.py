"""What a file is, wherever it lies."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from ml.errors import Problem
from ml.volume.series import find_series
from viewer.cases.fingerprint import fingerprint, fingerprint_of, same


def large(path: Path, seed: int = 1, size: int = 5_000_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def test_a_file_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    one = large(tmp_path / "a.svs")
    mark = fingerprint(one)
    assert mark.startswith("file:5000000:")
    copy = shutil.copy(one, tmp_path / "b.svs")
    os.utime(copy, (1, 1))
    assert fingerprint(copy) == mark
    assert fingerprint(large(tmp_path / "c.svs", 2)) != mark
    for at in (0, 4_999_999, 262_144):  # both ends, and where the first place between begins
        with copy.open("r+b") as file:
            file.seek(at)
            before = file.read(1)
            file.seek(at)
            file.write(bytes([before[0] ^ 1]))
        assert fingerprint(copy) != mark
    assert one.read_bytes() == large(tmp_path / "d.svs").read_bytes()


def test_little_of_a_large_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.svs"
    with path.open("wb") as file:
        file.truncate(3_000_000_000)  # holes: it takes no room
    read: list[int] = []
    real = Path.open

    def counting(self: Path, *args: object, **options: object) -> object:
        file = real(self, *args, **options)  # type: ignore[call-overload]

        class Counted:
            def __enter__(self) -> Counted:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def read(self, count: int) -> bytes:
                data = file.read(count)
                read.append(len(data))
                return bytes(data)

            def seek(self, at: int) -> None:
                file.seek(at)

        return Counted()

    monkeypatch.setattr(Path, "open", counting)
    assert fingerprint(path).startswith("file:3000000000:")
    assert sum(read) < 1_100_000


@pytest.mark.parametrize("missing", ["nothing.svs", "empty folder"])
def test_what_is_not_there_has_none(tmp_path: Path, missing: str) -> None:
    (tmp_path / "empty folder").mkdir()
    with pytest.raises(Problem):
        fingerprint(tmp_path / missing)
    assert not same(tmp_path / missing, "file:1:a")


def test_a_mirax_slide_is_known_by_its_folder_too(tmp_path: Path) -> None:
    def make(name: str, folder: str = "one") -> Path:
        path = tmp_path / folder / f"{name}.mrxs"
        large(path, 1, 10)
        large(path.parent / name / "Data0001.dat", 3, 2_000_000)
        (path.parent / name / "Slidedat.ini").write_text("[GENERAL]")
        return path

    mark = fingerprint(make("a"))
    assert fingerprint(make("b", "two")) == mark
    large(tmp_path / "two" / "b" / "Data0001.dat", 4, 2_000_000)
    assert fingerprint(tmp_path / "two" / "b.mrxs") != mark


@pytest.mark.data
def test_a_dicom_slide_is_known_by_its_uids(real_data: Path, tmp_path: Path) -> None:
    source = real_data / "slides" / "carotid_half_dicom"
    mark = fingerprint(source)
    assert {fingerprint(path) for path in source.iterdir()} == {mark}
    (tmp_path / "x").mkdir()
    for number, path in enumerate(sorted(source.iterdir())):
        shutil.copyfile(path, tmp_path / "x" / f"IMG{number}")
    assert fingerprint(tmp_path / "x" / "IMG1") == mark
    another = real_data / "slides" / "dicom" / "wsi2dcm_jpeg.dcm"
    assert not same(another, mark)


@pytest.mark.data
def test_a_series_is_known_by_its_uids(real_data: Path, tmp_path: Path) -> None:
    source = real_data / "ct" / "cranium_series"
    (series,) = find_series(source).series
    mark = fingerprint_of(series)
    shutil.copytree(source, tmp_path / "b", copy_function=shutil.copyfile)
    (copy,) = find_series(tmp_path / "b").series
    assert fingerprint_of(copy) == mark
    (tmp_path / "b").chmod(0o755)
    next((tmp_path / "b").glob("*.dcm")).unlink()
    (less,) = find_series(tmp_path / "b").series
    assert fingerprint_of(less) != mark
