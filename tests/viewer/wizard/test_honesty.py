"""What is said of data before anything is learned, and what mends it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from viewer.wizard.honesty import forbids, remarks_of
from viewer.wizard.plan import DataPlan, Plan

PLAN = Plan("pictures", data=DataPlan("f", found=("a", "b"), classes=("a", "b"), patients="column"))


def facts(**changes: Any) -> dict[str, Any]:
    leakage = {
        "groups_on_two_sides_count": 0,
        "groups_on_two_sides": [],
        "same_files_count": 0,
        "same_files": [],
        "near_duplicates_count": 0,
        "near_duplicates": [],
        "confounding": [],
        "in_words": [],
    }
    classes = {name: {"pictures": 400, "patients": 300, "folds": [80] * 5} for name in "ab"}
    made = {"patients": 600, "pictures": 800, "pictures_each": [1, 1, 3], "classes": classes, "faults": []}
    return (
        made
        | {key: value for key, value in changes.items() if key not in leakage}
        | {"leakage": leakage | {key: value for key, value in changes.items() if key in leakage}}
    )


def test_sound_data_raise_no_doubt() -> None:
    remarks = remarks_of(facts(), PLAN)
    assert {remark.weight for remark in remarks} == {"done"}
    assert forbids(remarks) == ""


def test_a_patient_on_both_sides_forbids_to_begin() -> None:
    remarks = remarks_of(facts(groups_on_two_sides_count=2, groups_on_two_sides=["p1", "p2"]), PLAN)
    assert remarks[0].weight == "refusal"
    assert forbids(remarks) == "2 patients on both sides."
    assert remarks[0].names == ("p1", "p2")


def test_look_alikes_forbid_until_they_stay_together_or_are_accepted() -> None:
    pair = {"one": "x.png", "other": "y.png", "why": ""}
    found = facts(near_duplicates_count=1, near_duplicates=[pair])
    worst = remarks_of(found, PLAN)[0]
    assert worst.weight == "refusal"
    join, accept = worst.mends
    assert join.plan.division.duplicates == "join"
    assert remarks_of(found, accept.plan)[0].weight == "warning"


def test_rare_classes_are_said_with_a_remedy_that_settles_it() -> None:
    rare = {"a": {"pictures": 900, "patients": 300}, "b": {"pictures": 90, "patients": 300}}
    worst = remarks_of(facts(classes=rare), PLAN)[0]
    assert worst.weight == "warning"
    assert "10 times" in worst.what
    (mend,) = worst.mends
    assert mend.plan.fit.balance == "sampler"
    assert all(remark.weight == "done" for remark in remarks_of(facts(classes=rare), mend.plan))


def test_few_patients_are_told_what_they_allow_to_claim() -> None:
    few = {"a": {"pictures": 40, "patients": 9}, "b": {"pictures": 40, "patients": 40}}
    worst = remarks_of(facts(classes=few), PLAN)[0]
    assert worst.what.startswith("Few patients. “a” has 9 patients")
    assert "141 patients" in worst.why


def test_a_label_that_goes_with_the_hospital_can_be_tested_on_others() -> None:
    found = [
        {"what": "site", "strength": 0.9, "chance": 0.2},
        {"what": "source", "strength": 0.2, "chance": 0.3},
    ]
    (worst, *_) = remarks_of(facts(confounding=found), PLAN)
    assert worst.weight == "warning"
    assert worst.mends[0].plan.division.by == "site"


def test_too_few_for_the_parts_can_be_mended_by_fewer_parts() -> None:
    fault = "“a” is there in 4 patients only, fewer than the 5 folds."
    worst = remarks_of(facts(faults=[fault]), PLAN)[0]
    assert (worst.weight, worst.what) == ("refusal", fault.replace("folds", "parts"))  # as all of step 3 says
    assert worst.mends[0].plan.division.folds == 3
    joined = replace(PLAN, division=replace(PLAN.division, duplicates="join"))
    worst = remarks_of(facts(faults=[fault]), joined)[0]
    assert "look the same were counted as one" in worst.why
    assert [mend.plan.division.duplicates for mend in worst.mends] == ["join", "warn"]


@pytest.mark.parametrize("rule", ["each", "column"])
def test_nobody_knows_whose_pictures_they_are(rule: str) -> None:
    said = remarks_of(facts(), PLAN.with_data(patients=rule))
    assert any("Nobody has said whose" in remark.what for remark in said) == (rule == "each")
