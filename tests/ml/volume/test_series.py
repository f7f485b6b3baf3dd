"""Which slices belong together and in which order; nothing is dropped without a word."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import Problem
from ml.volume.series import find_series, sort_slices
from ml.volume.slice import CtSlice, read_header
from tests.ml.volume.scans import ct_dataset, write, write_series


def test_the_real_series_in_any_order_of_names(real_data: Path, tmp_path: Path) -> None:
    files = sorted((real_data / "ct" / "cranium_series").glob("*.dcm"))
    names = list(range(len(files)))
    random.Random(3).shuffle(names)
    for path, name in zip(files, names, strict=True):
        (tmp_path / f"{name}").symlink_to(path)  # neither name nor ending tells anything
    found = find_series(tmp_path)
    assert (len(found.series), found.slices, found.broken) == (1, 108, ())
    series = found.series[0]
    positions = [s.position for s in series.slices]
    assert positions == sorted(positions)  # type: ignore[type-var]
    assert series.distance == pytest.approx(1.5)
    assert series.remarks == ()
    assert series.patient == "ProMED-CT-0051"


def test_numbers_that_run_downwards_do_not_matter(tmp_path: Path) -> None:
    write_series(tmp_path, (10, 7.5, 5, 2.5, 0))
    series = find_series(tmp_path).series[0]
    assert [s.path.name for s in series.slices] == ["04.dcm", "03.dcm", "02.dcm", "01.dcm", "00.dcm"]


def test_what_is_odd_is_said(tmp_path: Path) -> None:
    write_series(tmp_path, (0, 5, 10, 25, 30, 5))
    (tmp_path / "broken.dcm").write_bytes(b"\0" * 400)
    (tmp_path / "notes.txt").write_text("not a slice")
    scout = ct_dataset(np.zeros((4, 6), np.int16), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    write(tmp_path / "scout.dcm", scout)
    found = find_series(tmp_path)
    series = found.series[0]
    assert len(series) == 5
    assert series.remarks == ("The slices have a gap; about 2 slices are missing.",)
    assert {left.path.name for left in found.broken} == {"broken.dcm", "05.dcm"}
    assert "same place as 01.dcm" in next(b.reason for b in found.broken if b.path.name == "05.dcm")
    assert [left.path.name for left in found.others] == ["scout.dcm"]
    with pytest.raises(Problem, match=r"2 DICOM files cannot be used: .*broken\.dcm"):
        found.require_whole()


def test_two_series_and_two_sizes_stay_apart(tmp_path: Path) -> None:
    write_series(tmp_path / "a", (0, 1, 2))
    write_series(tmp_path / "b", (0, 1), SeriesInstanceUID="1.2.3.5")
    write_series(tmp_path / "c", (0, 1), PixelSpacing=[1, 1])
    assert sorted(map(len, find_series(tmp_path).series)) == [2, 2, 3]


def test_rounding_of_directions_parts_nothing(tmp_path: Path) -> None:
    for number in range(6):
        angle = 0.0314 + 0.0001 * (number % 3)  # the cosines of one gantry, as a scanner rounds them
        along = [1, 0, 0, 0, float(np.cos(angle)), float(np.sin(angle))]
        place = [0.0, 0.0, 5.0 * number]
        dataset = ct_dataset(
            np.zeros((4, 6), np.int16), ImagePositionPatient=place, ImageOrientationPatient=along
        )
        write(tmp_path / f"{number}.dcm", dataset)
    assert [len(series) for series in find_series(tmp_path).series] == [6]


def test_without_positions_numbers_decide(tmp_path: Path) -> None:
    for number in (3, 1, 2):
        dataset = ct_dataset(
            np.zeros((4, 6), np.int16), InstanceNumber=number, ImagePositionPatient=None, SliceLocation=None
        )
        write(tmp_path / f"{'cab'[number - 1]}.dcm", dataset)
    series = find_series(tmp_path).series[0]
    assert [s.number for s in series.slices] == [1, 2, 3]
    assert "name no position" in series.remarks[0]


def test_a_location_that_is_missing_in_one_slice_loses_none(tmp_path: Path) -> None:
    for number, location in enumerate(("5", None, "0")):
        facts = {"ImagePositionPatient": None, "SliceLocation": location, "InstanceNumber": number + 1}
        write(tmp_path / f"{number}.dcm", ct_dataset(np.zeros((4, 6), np.int16), **facts))
    found = find_series(tmp_path)
    assert [len(series) for series in found.series] == [3]
    assert found.broken == ()


def test_neighbours_end_at_the_ends(tmp_path: Path) -> None:
    write_series(tmp_path, (0, 1, 2))
    series = find_series(tmp_path).series[0]
    assert [s.position for s in series.around(0, 1)] == [0, 0, 1]
    assert [s.position for s in series.around(1, 2)] == [0, 0, 1, 2, 2]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="is not there"):
        find_series(tmp_path / "nowhere")


@pytest.fixture(scope="module")
def one_slice(tmp_path_factory: pytest.TempPathFactory) -> CtSlice:
    path = tmp_path_factory.mktemp("one") / "a.dcm"
    return read_header(write(path, ct_dataset(np.zeros((2, 2), np.int16))))


@given(places=st.lists(st.integers(-40, 40), min_size=1, max_size=12), turned=st.booleans())
def test_every_slice_is_in_the_series_or_named(one_slice: CtSlice, places: list[int], turned: bool) -> None:
    from dataclasses import replace

    along = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0) if turned else (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    slices = [
        replace(
            one_slice,
            path=Path(f"{n}.dcm"),
            orientation=along,
            origin=(z, 3, 4) if turned else (3, 4, z),
        )
        for n, z in enumerate(places)
    ]
    series, twice = sort_slices(slices)
    assert len(series) + len(twice) == len(slices)
    assert [s.position for s in series.slices] == sorted(set(places))
