"""Every kind of question, from a folder to a recipe that the check of the command line finds sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ml.progress import Progress
from ml.train.census import count
from ml.train.study_recipe import read_study_recipe
from ml.train.survey import Layout, guessed, survey, tables_in
from tests.ml.train import test_box_study, test_scan_study, test_slide_study
from tests.ml.train.labelled_heads import widen
from viewer.wizard.cases import cases_of, layout_of, patient_of, write_cases
from viewer.wizard.found import obstacle_of, told_of, with_layout, with_survey
from viewer.wizard.plan import Kind, Plan
from viewer.wizard.plan_recipe import write_recipe
from viewer.wizard.starts import begun


def planned(kind: Kind, folder: Path) -> Plan:
    """As step 2 does it: tables, columns, files, labels."""
    plan = begun(kind)
    layout = guessed(tables_in(folder), layout_of(plan).holds)
    plan = with_layout(plan, str(folder), layout)
    if kind == "labelled_slides":
        plan = plan.with_data(ending=".tif")
    found = survey(folder, layout_of(plan), Progress())
    plan = with_survey(plan, found)
    assert obstacle_of(plan, found) == ""
    assert told_of(plan, found)
    return plan


def test_boxes_on_slides(tmp_path: Path) -> None:
    folder = tmp_path / "slides"
    test_box_study.write_slides(folder)
    plan = planned("boxes", folder)
    assert plan.data.classes == ("lesion",)
    plan = replace(plan, division=replace(plan.division, duplicates="warn"))  # noise looks like noise
    census = count(read_study_recipe(write_recipe(plan, tmp_path)), tmp_path, Progress()).census
    assert census.patients == 6
    assert census.classes["lesion"].pictures > 0


def test_slides_with_a_label_each(tmp_path: Path) -> None:
    folder = tmp_path / "slides"
    test_slide_study.write_slides(folder)
    plan = planned("labelled_slides", folder)
    assert plan.data.patient == "patient_id"
    assert plan.data.site == "center_id"
    plan = replace(plan, network=replace(plan.network, size=(32, 32)))
    recipe = read_study_recipe(write_recipe(plan, tmp_path))
    census = count(recipe, tmp_path, Progress()).census
    assert census.patients == 12
    assert set(census.classes) == {"CE", "LAA"}


def test_slices_of_ct(tmp_path: Path) -> None:
    folder = tmp_path / "heads"
    test_scan_study.write_heads(folder)
    widen(folder / "labels.csv")
    plan = planned("scans", folder)
    assert set(plan.data.classes) == {"left", "right"}
    found = survey(folder, layout_of(plan), Progress())
    whose = {patient_of(one, plan.data) for one in found.seen}
    assert whose == {f"p{number}" for number in range(12)}, "as the headers say, not a patient a slice"
    assert told_of(plan, found)[0] == "The table names 48 slices of 12 patients, as their headers say."
    plan = replace(plan, network=replace(plan.network, size=(32, 32)))
    census = count(read_study_recipe(write_recipe(plan, tmp_path)), tmp_path, Progress()).census
    assert census.patients == 12
    assert census.classes["left"].pictures > 0


@pytest.mark.parametrize("several", [False, True])
def test_pictures_with_one_label_or_several(several: bool, tmp_path: Path) -> None:
    from PIL import Image

    lines = ["file,label,patient"]
    for number in range(18):
        Image.new("RGB", (40, 30), (14 * number, 255 - 14 * number, 90)).save(tmp_path / f"{number}.png")
        label = ("a", "b", "a;b")[number % 3] if several else "ab"[number % 2]
        lines.append(f"{number}.png,{label},p{number}")
    (tmp_path / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    plan = replace(Plan("pictures"), several=several)
    plan = with_layout(plan, str(tmp_path), guessed(tables_in(tmp_path), "pictures"))
    found = survey(tmp_path, layout_of(plan), Progress())
    plan = with_survey(plan, found)
    assert plan.data.classes == ("a", "b")
    assert Layout("pictures", "labels.csv", "file", "label", "patient") == found.layout
    made = tmp_path / "made"
    made.mkdir()
    write_cases(cases_of(found, plan.data), made)
    recipe = read_study_recipe(write_recipe(plan, made))
    census = count(recipe, made, Progress()).census
    assert census.pictures == 18
    assert census.classes["a"].pictures == (12 if several else 9)
