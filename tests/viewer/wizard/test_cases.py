"""Whose a picture is, and which are learned from."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ml.train.survey import Layout, Seen, Survey
from viewer.wizard.cases import cases_of, contradictory, patient_of, pattern_fault, write_cases
from viewer.wizard.found import obstacle_of, with_survey
from viewer.wizard.plan import DataPlan, Plan


@pytest.mark.parametrize(
    ("rule", "pattern", "patient"),
    [
        ("column", "", "P7"),
        ("before_first", "", "S"),
        ("before_last", "", "S-2006-005094_PAS"),
        ("pattern", r"^(S-\d+)", "S-2006"),
        ("pattern", r"nothing(.)", "S-2006-005094_PAS_1of2"),
        ("each", "", "a/S-2006-005094_PAS_1of2.png"),
    ],
)
def test_rules_about_patients(rule: str, pattern: str, patient: str) -> None:
    one = Seen(Path("x/a/S-2006-005094_PAS_1of2.png"), "a", "P7")
    assert patient_of(one, DataPlan(patients=rule, pattern=pattern)) == patient


def test_a_pattern_needs_brackets() -> None:
    assert pattern_fault(r"^(.*)_") == ""
    assert "brackets" in pattern_fault("^.*_")
    assert "cannot be read" in pattern_fault("(")


def seen(name: str, label: str, **more: object) -> Seen:
    return Seen(Path(name), label, width=10, height=8, **more)


SURVEY = Survey(
    Path(),
    Layout(),
    (),
    (
        seen("a1.png", "a"),
        seen("a2.png", "a", trouble="missing"),
        seen("b1.png", "b"),
        seen("b2.png", "a", same_as="b1.png"),
        seen("c1.png", "c"),
    ),
)


def test_what_cannot_be_learned_from_is_left_out(tmp_path: Path) -> None:
    cases = cases_of(SURVEY, DataPlan(classes=("a", "b")))
    assert [case.path.name for case in cases] == ["a1.png", "b1.png"]
    assert contradictory(SURVEY) == ("b2.png",)
    path = write_cases(cases, tmp_path)
    before = path.stat().st_mtime_ns
    write_cases(cases, tmp_path)
    assert path.stat().st_mtime_ns == before  # the same table is not written again
    with path.open(encoding="utf-8", newline="") as file:
        assert [line["label"] for line in csv.DictReader(file)] == ["a", "b"]


def test_classes_that_were_chosen_stay_chosen() -> None:
    plan = with_survey(Plan("pictures"), SURVEY)
    assert plan.data.classes == ("a", "b", "c")
    assert plan.data.edge == 8
    chosen = plan.with_data(classes=("c", "a"))
    assert with_survey(chosen, SURVEY).data.classes == ("c", "a")


def test_what_stands_in_the_way() -> None:
    plan = Plan("pictures", data=DataPlan(patients="each"))
    assert obstacle_of(plan, None).startswith("Choose the folder")
    plan = with_survey(plan.with_data(folder="f"), SURVEY)
    assert obstacle_of(plan, SURVEY) == ""
    assert obstacle_of(plan.with_data(classes=("a",)), SURVEY) == "Tick at least two classes."
    same = plan.with_data(titles={"a": "x", "b": "x"})
    assert obstacle_of(same, SURVEY) == "Two classes have the same name."
    assert "All pictures are of 2 patients" in obstacle_of(plan.with_data(classes=("a", "b")), SURVEY)
