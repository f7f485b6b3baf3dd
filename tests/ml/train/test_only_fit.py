"""Rows that are only learned from: never chosen or reported on, and no way round the patients."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import Problem
from ml.progress import Progress
from ml.train.folds import ALWAYS, Fold, fold_numbers, folds_of
from ml.train.leakage import inspect, refuse
from ml.train.pictures import Pictures, read_pictures
from ml.train.study_recipe import Division, NetworkPlan, Source, Task, read_study_recipe
from ml.train.study_run import run_study
from ml.train.table import GIVEN, read_rows
from tests.ml.train.studies import tiny_recipe, write_pictures

TASK = Task(("a", "b"))
GIVEN_SOURCE = Source("noise", "pictures", group="patient", cohort="clinic")
MORE_SOURCE = Source(
    "more", "more", group="patient", cohort="clinic", origin="origin", fold="fold", licence="none"
)


def write_more(data: Path, lines: list[tuple[str, str, str, str]]) -> None:
    """Other noise under `more`: label, patient, origin, fold of each picture."""
    write_pictures(data / "scratch", patients=len(lines), each=1, seed=9)
    (data / "more").mkdir()
    with (data / "more" / "labels.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "label", "patient", "origin", "fold"])
        for picture, line in zip(sorted((data / "scratch").glob("*.png")), lines, strict=True):
            shutil.copy(picture, data / "more" / picture.name)
            table.writerow([picture.name, *line])


LINES = [
    ("a", "p0", "spread", ""),  # a patient who also has labelled pictures
    ("b", "p1", "spread", ""),
    ("a", "q1", "spread", ""),
    ("b", "q2", "spread", "1"),
    ("b", "q3", "given", ""),
    ("a", "q4", "", ""),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("only_fit")
    write_pictures(folder / "pictures")
    write_more(folder, LINES)
    return folder


@pytest.fixture(scope="module")
def pictures(data: Path) -> Pictures:
    rows = read_rows((GIVEN_SOURCE, MORE_SOURCE), TASK, data)
    return read_pictures(rows, NetworkPlan("resnet18", size=(32, 32)), Progress())


def folds(pictures: Pictures, division: Division) -> list[Fold]:
    return folds_of(fold_numbers(pictures, TASK, division), division, pictures.rows)


def test_origin_tells_made_up_labels_apart(pictures: Pictures) -> None:
    more = [row for row in pictures.rows if row.source == "more"]
    assert [row.only_fit for row in more] == [True, True, True, True, False, False]
    assert [row.origin for row in more] == ["spread"] * 4 + [GIVEN] * 2
    assert [row.fold for row in more] == [None, None, None, 1, None, None]
    assert more[0].group == pictures.rows[0].group == "clinic: p0"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([3, 4, 5]))
def test_they_never_choose_or_are_reported_on(pictures: Pictures, seed: int, count: int) -> None:
    seen = np.zeros(len(pictures), dtype=int)
    for fold in folds(pictures, Division(folds=count, seed=seed)):
        groups = [{pictures.groups[row] for row in rows} for rows in (fold.fit, fold.choose, fold.report)]
        assert groups[0].isdisjoint(groups[1] | groups[2])
        assert groups[1].isdisjoint(groups[2])
        for row in (*fold.choose, *fold.report):
            assert not pictures.rows[row].only_fit
        seen[fold.report] += 1
        learned = {n for n in fold.fit if pictures.rows[n].only_fit}
        for n in learned:
            assert pictures.rows[n].fold in {None, fold.number}
        free = [n for n, row in enumerate(pictures.rows) if row.group == "clinic: q1"]
        assert learned.issuperset(free)  # nobody else's patient: every fold learns from it
    assert seen.tolist() == [0 if row.only_fit else 1 for row in pictures.rows]


def test_a_patient_of_theirs_in_every_fold_is_refused(pictures: Pictures) -> None:
    numbers = fold_numbers(pictures, TASK, Division(folds=3))
    assert sorted(set(numbers)) == [ALWAYS, 0, 1, 2]
    refuse(inspect(pictures, numbers), duplicates_too=True)
    theirs = next(n for n, row in enumerate(pictures.rows) if row.only_fit and row.group == "clinic: p0")
    numbers[theirs] = ALWAYS
    with pytest.raises(Problem, match="1 groups stand on two sides"):
        refuse(inspect(pictures, numbers), duplicates_too=True)


def test_the_same_file_under_another_patient_is_refused(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    write_more(tmp_path, [("a", "q1", "spread", "")])
    first = next((tmp_path / "more").glob("*.png"))
    shutil.copy(tmp_path / "pictures" / "a0_0.png", first)
    rows = read_rows((GIVEN_SOURCE, MORE_SOURCE), TASK, tmp_path)
    found = read_pictures(rows, NetworkPlan("resnet18", size=(32, 32)), Progress())
    with pytest.raises(Problem, match="files stand on two sides"):
        refuse(inspect(found, fold_numbers(found, TASK, Division(folds=3))), duplicates_too=True)


def test_a_source_may_be_marked_as_a_whole(data: Path) -> None:
    rows = read_rows((Source("noise", "pictures", group="patient", only_fit=True),), TASK, data)
    assert all(row.only_fit and row.origin == GIVEN for row in rows)


def test_a_given_label_names_no_fold(tmp_path: Path) -> None:
    write_more(tmp_path, [("a", "q1", "given", "0")])
    with pytest.raises(Problem, match="names a fold"):
        read_rows((MORE_SOURCE,), TASK, tmp_path)


def test_a_recipe_with_nothing_to_report_on_contradicts_itself(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "resources" / "recipes" / "breast.toml").read_text()
    file = tmp_path / "breast.toml"
    file.write_text(text.replace('group = "patient"', 'group = "patient"\nonly_fit = true', 1))
    with pytest.raises(Problem, match="nothing is left to report on"):
        read_study_recipe(file)


def test_a_study_with_pseudo_labels_reports_people_alone(data: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe(sources=(GIVEN_SOURCE, MORE_SOURCE))
    studied = run_study(recipe, data, tmp_path, Progress())
    figures = studied.facts["figures"]
    assert isinstance(figures, dict)
    assert figures["pictures"] == 38
    assert "more (6 pictures of 6 patients or groups, 4 of them only learned from)" in (
        studied.bundle.card.training_data
    )
