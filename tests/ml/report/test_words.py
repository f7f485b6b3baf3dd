"""Numbers and facts as a person reads them, and no folders among them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.report.words import (
    SPACE,
    area,
    between,
    count,
    duration,
    file_name,
    length,
    number,
    percent,
    without_folders,
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("/home/jane/slide.svs", "slide.svs"),
        ("/home/Doe, Jane (1950)/m.safetensors", "m.safetensors"),
        ("/home/O'Brien/Dr. Who/a b.svs", "a b.svs"),
        (r"C:\Users\Doe Jane\slide.svs", "slide.svs"),
        (r"\\server\share\Doe\slide.svs is gone", "slide.svs is gone"),
        ("~/cases/Doe/slide.svs", "slide.svs"),
        ("Kept in “/home/Doe, Jane/x.log”.", "Kept in “x.log”."),
        ("Kept in '/home/Doe, Jane/x.log' now.", "Kept in 'x.log' now."),
        ("Read /a/b/c.svs at 5 patches/s.", "Read c.svs at 5 patches/s."),
        ("Moved /a/Doe/c.svs to D:/e/Doe/f.svs.", "Moved c.svs to f.svs."),
        ("0.5 µm/px, and/or 1/2", "0.5 µm/px, and/or 1/2"),
        ("https://example.org/a", "https://example.org/a"),
        ("weights=/a/Doe/m.bin", "weights=m.bin"),
        ("", ""),
    ],
)
def test_folders_are_left_out(text: str, wanted: str) -> None:
    assert without_folders(text) == wanted


names = st.text(st.characters(categories=["L", "N"], include_characters=" ,-()"), min_size=1, max_size=9)


@given(st.lists(names, min_size=1, max_size=4), names, st.sampled_from(["/", "C:\\", "~/", "\\\\"]))
def test_no_folder_survives(folders: list[str], name: str, root: str) -> None:
    between = "\\" if "\\" in root else "/"
    path = root + between.join(["SECRET" + folder for folder in folders] + [name + ".svs"])
    assert without_folders(path) == name + ".svs"
    assert without_folders(f"Read {path} well.") == f"Read {name}.svs well."
    assert file_name(path) == name + ".svs"


def test_numbers() -> None:
    assert number(1234.5) == "1,234.50"
    assert number(float("nan")) == "–"
    assert [count(1, "box", "boxes"), count(1204, "box", "boxes")] == ["1 box", "1,204 boxes"]
    shares = [0, 0.0004, 0.012, 0.0994, 0.41, 1, float("nan")]
    wanted = ["0_%", "<_0.1_%", "1.2_%", "9.9_%", "41_%", "100_%", "–"]
    assert [percent(share).replace(SPACE, "_") for share in shares] == wanted
    assert [length(um).replace(SPACE, "_") for um in (250, 1250)] == ["250_µm", "1.25_mm"]
    areas = [area(mm2).replace(SPACE, "_") for mm2 in (0.01234, 4.206, 152.4, 0)]
    assert areas == ["0.0123_mm²", "4.21_mm²", "152_mm²", "0_mm²"]
    times = [duration(seconds).replace(SPACE, "_") for seconds in (0.42, 41.7, 185, 7800)]
    assert times == ["0.4_s", "42_s", "3_min 5_s", "2_h 10_min"]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (41, 52, "40 to 55_s"),
        (2, 9, "up to 10_s"),
        (90, 110, "1 to 2_min"),
        (541, 840, "9 to 14_min"),
        (30, 125, "up to 3_min"),
        (6000, 9000, "1.5 to 2.5_h"),
        (60, 60, "up to 60_s"),
    ],
)
def test_a_span_is_rounded_outwards(low: float, high: float, words: str) -> None:
    assert between(low, high).replace(SPACE, "_") == words
