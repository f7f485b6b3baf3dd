"""A training as a job: exported by a click, run in a folder that was moved, its result imported."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.errors import Problem
from ml.progress import Progress
from ml.train.study_recipe import Division, Fit, NetworkPlan, read_study_recipe
from ml.train.study_run import rows_for
from ml.volume.series import find_series
from tests.gui.small_plans import desk_of, write_heads
from tests.gui.wizard_hands import LONG, a_picture
from viewer.wizard.answers import read_answers
from viewer.wizard.cases import Case, write_cases
from viewer.wizard.desk import Desk
from viewer.wizard.job import COMMAND, export_job
from viewer.wizard.job_part import JobPart
from viewer.wizard.mending import lineage_of
from viewer.wizard.plan import Kind, Plan
from viewer.wizard.training_run import TrainingRun

TINY = NetworkPlan(
    "plain_resnet", {"first_hidden": 16, "stages": 3, "layers": 2}, size=(32, 32), fitting="cover"
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A plan of 12 patients with two pictures each."""
    desk = Desk(tmp_path / "training")
    plan = Plan(
        "pictures", network=TINY, fit=Fit(1, batch=4), division=Division(folds=3, run=1, duplicates="join")
    )
    labels = ("a", "b")
    desk.change(
        plan.with_data(folder=str(tmp_path / "p"), found=labels, classes=labels, patients="before_first")
    )
    cases = []
    for patient in range(12):
        label = labels[patient % 2]
        for number in range(2):
            path = tmp_path / "p" / label / f"p{patient}_{number}.png"
            a_picture(path, (30 if label == "a" else 150) + 7 * patient + number)
            cases.append(Case(path, label, f"p{patient}", ""))
    write_cases(cases, desk.folder)
    return desk


@pytest.fixture
def part(qtbot: QtBot, desk: Desk) -> Iterator[JobPart]:
    run = TrainingRun(desk, desk)
    part = JobPart(desk, run)
    qtbot.addWidget(part)
    part.fold.unfold()
    part.show()
    yield part
    part.close_work()
    run.close()


def exported(part: JobPart, qtbot: QtBot, folder: Path) -> Path:
    qtbot.mouseClick(part.copies, Qt.MouseButton.LeftButton)
    part.copies.setChecked(True)
    part.export(folder)
    qtbot.waitUntil(part.notice.isVisible, timeout=LONG)
    assert part.notice.text.text().startswith("Written"), part.notice.text.text()
    return folder


def test_the_folder_holds_all_that_is_needed(part: JobPart, qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    job = exported(part, qtbot, tmp_path / "job")
    with (job / "files.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 24
    assert len({line["sha256"] for line in lines}) == 24
    assert all((job / line["file"]).read_bytes() == Path(line["original"]).read_bytes() for line in lines)
    assert str(tmp_path) not in (job / "recipe.toml").read_text(encoding="utf-8")
    assert str(tmp_path) not in (job / "cases.csv").read_text(encoding="utf-8")
    assert read_study_recipe(job / "recipe.toml").task.classes == ("a", "b")
    assert COMMAND in (job / "run.sh").read_text(encoding="utf-8")
    assert COMMAND in (job / "run.cmd").read_text(encoding="utf-8")


def test_what_cannot_be_done_is_said(part: JobPart, qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    job = exported(part, qtbot, tmp_path / "job")
    part.export(job)
    qtbot.waitUntil(lambda: "not empty" in part.notice.text.text(), timeout=LONG)
    part.take(job)
    qtbot.waitUntil(lambda: "not come to its end" in part.notice.text.text(), timeout=LONG)
    part.take(tmp_path)
    qtbot.waitUntil(lambda: "is no job" in part.notice.text.text(), timeout=LONG)
    desk.change(replace(desk.plan, seed=5))
    part.take(job)
    qtbot.waitUntil(lambda: "other choices" in part.notice.text.text(), timeout=LONG)
    (tmp_path / "p" / "a" / "p0_0.png").unlink()
    with pytest.raises(Problem, match="1 files are missing: p0_0"):
        export_job(desk.plan, desk.folder, "", tmp_path / "other", Progress(), copies=True)
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_it_runs_where_it_was_moved_to_and_comes_back(
    part: JobPart, qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    moved = tmp_path / "another computer" / "job"
    moved.parent.mkdir()
    shutil.move(exported(part, qtbot, tmp_path / "job"), moved)
    shutil.move(tmp_path / "p", tmp_path / "away")  # the copies are enough
    words = COMMAND.split()[1:]
    subprocess.run(
        [sys.executable, "-m", "ml", *words], cwd=moved, check=True, capture_output=True, timeout=600
    )
    shutil.move(tmp_path / "away", tmp_path / "p")
    with qtbot.waitSignal(part.imported, timeout=LONG):
        part.take(moved)
    run = part._run
    assert run.state == "done"
    there = json.loads((moved / "out" / "report.json").read_text(encoding="utf-8"))
    assert run.report()["figures"] == there["figures"]
    assert len(run.story.curves("loss")["part 1"]) == 1
    assert desk.bundle.is_dir()
    assert lineage_of(desk.plan, desk.folder).training == desk.folder.name
    answers = read_answers(desk.out)
    assert len(answers) == there["figures"]["pictures"]
    assert all(one.path.is_file() and one.path.is_relative_to(tmp_path / "p") for one in answers)
    recipe = moved / "recipe.toml"
    recipe.write_text(f"{recipe.read_text(encoding='utf-8')}# changed\n", encoding="utf-8")
    part.take(moved)
    qtbot.waitUntil(lambda: "was changed" in part.notice.text.text(), timeout=LONG)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["labelled_slides", "boxes", "scans"])
def test_slides_and_series_travel_too(kind: Kind, qtbot: QtBot, tmp_path: Path) -> None:
    desk = desk_of(kind, tmp_path)
    run = TrainingRun(desk, desk)
    part = JobPart(desk, run)
    qtbot.addWidget(part)
    part.fold.unfold()
    part.show()
    job = exported(part, qtbot, tmp_path / "job")
    assert str(tmp_path) not in (job / "recipe.toml").read_text(encoding="utf-8")
    moved = tmp_path / "another computer" / "job"
    moved.parent.mkdir()
    shutil.move(job, moved)
    shutil.move(tmp_path / "data", tmp_path / "away")  # the copies are enough
    command = [sys.executable, "-m", "ml", *COMMAND.split()[1:]]
    subprocess.run(command, cwd=moved, check=True, capture_output=True, timeout=600)
    shutil.move(tmp_path / "away", tmp_path / "data")
    with qtbot.waitSignal(part.imported, timeout=LONG):
        part.take(moved)
    assert run.state == "done"
    there = json.loads((moved / "out" / "report.json").read_text(encoding="utf-8"))
    assert run.report() == there
    answers = read_answers(desk.out)
    assert len(answers) == there["figures"]["pictures"] > 0
    patients = {(one.path, one.patient.removeprefix("cases: ")) for one in answers}
    assert all(path.is_file() and path.is_relative_to(tmp_path / "data") for path, _ in patients)
    if kind == "scans":  # slices are called alike: each comes back to its own patient
        assert all(path.parent.name == patient for path, patient in patients)
    if kind == "labelled_slides":
        assert (desk.out / "patients.csv").read_bytes() == (moved / "out" / "patients.csv").read_bytes()
    part.close_work()
    run.close()


def test_what_people_corrected_travels_with_boxes(tmp_path: Path) -> None:
    desk = desk_of("boxes", tmp_path)
    labels = desk.folder / "labels"
    a_picture(labels / "0_1.png", 90)
    (labels / "cases.csv").write_text(
        f"file,label,patient,site\n{labels / '0_1.png'},,g1,\n", encoding="utf-8"
    )
    desk.change(desk.plan.with_data(added=1))
    export_job(desk.plan, desk.folder, "", tmp_path / "job", Progress(), copies=True)
    shutil.move(labels, tmp_path / "away")
    recipe = read_study_recipe(tmp_path / "job" / "recipe.toml")
    rows = rows_for(recipe, tmp_path / "job", Progress())
    aside = [row for row in rows if row.only_fit]
    assert [(row.path, row.group) for row in aside] == [
        (tmp_path / "job" / "labels" / "0_1.png", "cases: g1")
    ]
    assert len({row.path.name for row in rows}) == 12 + 1  # it is no slide of its own


@pytest.mark.parametrize("copies", [True, False])
def test_what_people_said_of_series_travels_with_them(copies: bool, tmp_path: Path) -> None:
    desk = desk_of("scans", tmp_path)
    write_heads(tmp_path / "more", patients=1)
    tables = {}
    for number, folder in enumerate((tmp_path / "data" / "p0", tmp_path / "more" / "p0"), 1):
        table = desk.folder / "labels" / f"series_{number}.csv"
        table.parent.mkdir(exist_ok=True)
        uid = find_series(folder).series[0].slices[2].uid
        table.write_text(f"uid,left,right\n{uid},1,1\n", encoding="utf-8")
        tables[str(folder)] = str(table)
    desk.change(desk.plan.with_data(added=2, series=tables))
    export_job(desk.plan, desk.folder, "", tmp_path / "job", Progress(), copies=copies)
    if copies:
        for gone in (tmp_path / "data", tmp_path / "more", desk.folder):
            shutil.rmtree(gone)
    recipe = read_study_recipe(tmp_path / "job" / "recipe.toml")
    rows = rows_for(recipe, tmp_path / "job", Progress())
    assert len(rows) == 48 + 1
    assert sum(row.labels.tolist() == [1, 1] for row in rows) == 2
