"""`parfocal-ml dataset` on real pictures: sound ones, and with everything wrong that can be."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ml.__main__ import main
from tests.ml.verbs.conftest import Said

Program = Callable[..., Said]


def labels(study: Path) -> list[dict[str, str]]:
    with (study.parent / "pictures" / "labels.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def rewrite(study: Path, lines: list[dict[str, str]]) -> None:
    with (study.parent / "pictures" / "labels.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(lines[0]))
        table.writeheader()
        table.writerows(lines)


def test_sound_data_are_counted(as_program: Program, small_study: Path, tmp_path: Path) -> None:
    code, events, _ = as_program(
        "dataset", small_study, "--data", small_study.parent, "--out", tmp_path / "o"
    )
    found = next(event for event in events if event["event"] == "dataset")
    assert (code, events[-1]["event"], events[-1]["sound"]) == (0, "done", True)
    lines = labels(small_study)
    for name, count in Counter(line["label"] for line in lines).items():
        patients = {line["patient"] for line in lines if line["label"] == name}
        told = found["classes"][name]
        assert (told["pictures"], told["patients"], sum(told["folds"])) == (count, len(patients), count)
    assert (found["missing"], found["broken"], found["faults"]) == ([], [], [])
    with (tmp_path / "o" / "files.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == [line["file"] for line in lines]
    folds: dict[str, set[str]] = {}
    for row in rows:
        folds.setdefault(row["patient"], set()).add(row["fold"])
    assert all(len(found) == 1 for found in folds.values())
    written = json.loads((tmp_path / "o" / "dataset.json").read_text())
    assert written["classes"] == found["classes"]


def test_all_that_is_wrong_is_listed_and_the_exit_code_is_1(as_program: Program, small_study: Path) -> None:
    """A missing and a broken file, and one picture under the names of two patients."""
    lines, pictures = labels(small_study), small_study.parent / "pictures"
    (pictures / lines[0]["file"]).unlink()
    (pictures / lines[5]["file"]).write_bytes(b"\xff\xd8\xff\xe0 and no more")
    owner = next(line for line in lines if line["label"] == "malignant")
    others = {line["patient"] for line in lines} - {owner["patient"]}
    for number, other in enumerate(sorted(others)):
        name = f"again{number}.jpg"
        (pictures / name).write_bytes((pictures / owner["file"]).read_bytes())
        lines.append({"file": name, "label": "malignant", "patient": other})
    rewrite(small_study, lines)
    code, events, _ = as_program("dataset", small_study, "--data", small_study.parent)
    found = next(event for event in events if event["event"] == "dataset")
    assert (code, events[-1]["sound"]) == (1, False)
    assert found["missing"] == [lines[0]["file"]]
    assert [text.split(":")[0] for text in found["broken"]] == [lines[5]["file"]]
    assert found["pictures"] == len(lines) - 2
    assert found["leakage"]["same_files_count"] > 0
    words = " ".join(found["faults"])
    assert "1 pictures are missing" in words
    assert "1 pictures cannot be read" in words
    assert "files stand on two sides" in words


def test_too_few_patients_are_a_finding(as_program: Program, small_study: Path) -> None:
    lines = [{**line, "patient": line["label"]} for line in labels(small_study)]
    rewrite(small_study, lines)
    code, events, _ = as_program("dataset", small_study, "--data", small_study.parent)
    found = next(event for event in events if event["event"] == "dataset")
    assert (code, found["classes"]["benign"]["folds"]) == (1, [])
    assert "fewer than the 3 folds" in found["faults"][0]


def test_a_person_reads_lines(
    small_study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["parfocal-ml", "dataset", str(small_study), "--data", str(small_study.parent)]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert (ended.value.code or 0, said.out) == (0, "")
    assert "48 pictures of 12 patients" in said.err
    assert "No patient or group, and no picture that looks the same, stands on two sides." in said.err


@pytest.mark.parametrize("fault", ["no data", "no recipe", "no task", "no column", "no label"])
def test_what_cannot_be_checked_is_exit_code_2(as_program: Program, small_study: Path, fault: str) -> None:
    data, text = small_study.parent, small_study.read_text()
    if fault == "no data":
        data = data / "nowhere"
    elif fault == "no recipe":
        small_study.unlink()
    elif fault == "no task":
        small_study.write_text('name = "cells"\n')
    elif fault == "no column":
        small_study.write_text(text.replace('"patient"', '"owner"'))
    else:
        small_study.write_text(text.replace('"malignant"]', '"cancer"]'))
    code, events, _ = as_program("dataset", small_study, "--data", data)
    assert (code, events[-1]["event"]) == (2, "failed")
    assert events[-1]["what"]
    assert events[-1]["remedy"]


def test_a_store_is_written_once_and_read_by_a_recipe(
    as_program: Program, small_study: Path, tmp_path: Path
) -> None:
    store = small_study.parent / "store"
    words = ("dataset", small_study, "--data", small_study.parent)
    code, events, _ = as_program(*words, "--store", store)
    first = next(event for event in events if event["event"] == "dataset")
    assert (code, events[-1]["files"]) == (0, [str(store / "manifest.json")])
    text = small_study.read_text().replace('path = "pictures"', 'path = "store"\ntable = "manifest.json"')
    small_study.write_text(text)
    code, events, _ = as_program(*words)
    again = next(event for event in events if event["event"] == "dataset")
    assert (code, again["pictures"], again["patients"]) == (0, 48, 12)
    assert again["classes"] == first["classes"]
    (small_study.parent / "store" / "patches-000000.tar").write_bytes(b"")
    code, events, _ = as_program(*words)
    assert (code, "is not whole" in events[-1]["what"]) == (2, True)
