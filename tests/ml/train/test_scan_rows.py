"""DICOM folders joined with their tables: both forms, whose each slice is, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.train.scan_rows import read_scans
from ml.train.study_recipe import Scans, Task
from ml.train.table import Row
from tests.ml.volume.scans import write_series

TASK = Task(("any", "epidural", "subdural"), "sigmoid")
COLUMNS = "file,any,epidural,subdural\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two patients of three slices; the second has no PatientID."""
    write_series(tmp_path / "ct" / "one", (5, 0, 10))
    write_series(tmp_path / "ct" / "two", (0, 5, 10), PatientID="", StudyInstanceUID="9.8.7")
    return tmp_path


def read(data: Path, text: str, notes: list[str] | None = None, **changes: object) -> tuple[Row, ...]:
    (data / "ct" / "labels.csv").write_text(text)
    scan = Scans("scan", "ct", **({"any_class": "any"} | changes))  # type: ignore[arg-type]

    def note(step: Step) -> None:
        if notes is not None and step.note:
            notes.append(step.note)

    return read_scans([scan], TASK, 1, data, Progress(note))


def columns(line: Callable[[str], str] = lambda name: f"{name},1,0,1") -> str:
    names = [f"{who}/0{n}.dcm" for who in ("one", "two") for n in range(3)]
    return COLUMNS + "\n".join(line(name) for name in names)


def test_a_row_a_slice_in_the_order_of_the_series(folder: Path) -> None:
    rows = read(folder, columns())
    assert [row.path.name for row in rows] == ["01.dcm", "00.dcm", "02.dcm", "00.dcm", "01.dcm", "02.dcm"]
    assert [row.group for row in rows] == ["scan: p1"] * 3 + ["scan: 9.8.7"] * 3
    assert [path.name for path in rows[0].slices] == ["01.dcm", "01.dcm", "00.dcm"]
    assert [path.name for path in rows[1].slices] == ["01.dcm", "00.dcm", "02.dcm"]
    assert rows[0].labels.tolist() == [1, 0, 1]


def test_a_slice_may_be_called_by_its_uid(folder: Path) -> None:
    from ml.volume.slice import read_header

    files = sorted((folder / "ct").rglob("*.dcm"))
    lines = [f"{read_header(path).uid},0,0,0" for path in files]
    assert len(read(folder, COLUMNS + "\n".join(lines))) == 6


@pytest.mark.parametrize("heading", ["", "ID,Label\n"])
@pytest.mark.parametrize("kinds", [("epidural", "subdural"), ("epidural", "subdural", "any")])
def test_the_long_form_with_and_without_any(tmp_path: Path, heading: str, kinds: tuple[str, ...]) -> None:
    """Six rows a slice at the RSNA, five at the study: any is made where it is not told."""
    write_series(tmp_path / "ct", (0, 5, 10))
    for number, path in enumerate(sorted((tmp_path / "ct").glob("*.dcm"))):
        path.rename(path.with_name(f"ID_abc{number}.dcm"))
    lines = [f"ID_abc{n}_{kind},{int(n == 1 and kind != 'epidural')}" for n in range(3) for kind in kinds]
    rows = read(tmp_path, heading + "\n".join(lines), form="rsna")
    assert [row.labels.tolist() for row in rows] == [[0, 0, 0], [1, 0, 1], [0, 0, 0]]


def test_the_long_form_in_three_columns(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", (0,))
    text = "name,subtype,label\n00.dcm,EDH,1\n00.dcm,SDH,0\n"
    rows = read(tmp_path, text, form="rsna", rename={"EDH": "epidural", "SDH": "subdural"})
    assert rows[0].labels.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (columns(lambda name: f"{name},0,0,1"), "any is 0, its kinds say 1"),
        (columns(lambda name: f"{name},1,0,2"), "Line 2 of labels.csv holds “2”, neither 0 nor 1"),
        (columns(lambda name: f"{name},1,0"), "Line 2 of labels.csv is too short"),
        (columns() + "\none/00.dcm,1,0,1", "one/00.dcm is in labels.csv twice"),
        (columns() + "\nthree/00.dcm,1,0,1", "1 labels have no slice: three/00.dcm"),
        (COLUMNS + "one/00.dcm,1,0,1", "5 slices have no label"),
        ("file,any,epidural\n", "has no column subdural"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, text: str, words: str) -> None:
    with pytest.raises(Problem, match=words):
        read(folder, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ID_a_epidural,1\nID_a_subdural,1\nID_a_subdural,0", r"ID_a \(subdural\) is in labels.csv twice"),
        ("ID_a_epidural,1", "ID_a has no label subdural"),
        ("ID_a_epidurl,1", "names none of the classes"),
    ],
)
def test_what_is_wrong_in_the_long_form(folder: Path, text: str, words: str) -> None:
    with pytest.raises(Problem, match=words):
        read(folder, text, form="rsna")


def test_no_table_is_said(folder: Path) -> None:
    with pytest.raises(Problem, match=r"ct holds no labels\.csv"):
        read_scans([Scans("scan", "ct")], TASK, 0, folder, Progress())


def test_broken_files_stop_it_or_are_named(folder: Path) -> None:
    (folder / "ct" / "one" / "broken.dcm").write_bytes(b"\0" * 300)
    with pytest.raises(Problem, match=r"1 DICOM files cannot be used: broken\.dcm"):
        read(folder, columns())
    notes: list[str] = []
    text = COLUMNS + "one/00.dcm,1,0,1\none/broken.dcm,0,0,0"
    rows = read(folder, text, notes, broken="leave_out", unlabelled="leave_out")
    assert [row.path.name for row in rows] == ["00.dcm"]
    assert any("broken.dcm" in note for note in notes)
    assert "Left out: 1 labels without a slice." in notes
    assert "Left out: 5 slices without a label." in notes
