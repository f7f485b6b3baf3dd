"""Where a class names a side, pictures in which it is seen are not mirrored, and that is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ml.train.study_recipe import Vary
from viewer.wizard.desk import Desk
from viewer.wizard.method_step import MethodStep
from viewer.wizard.plan import Kind, Plan
from viewer.wizard.plan_recipe import recipe_of
from viewer.wizard.rehearsing import Rehearsing
from viewer.wizard.sides import mirror_in_words, mirrors, sided
from viewer.wizard.starts import begun
from viewer.wizard.ways import with_way


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("PARFOCAL_HOME", str(tmp_path / "home"))
    return Desk(tmp_path / "training")


def with_classes(plan: Plan, *names: str, **titles: str) -> Plan:
    return plan.with_data(classes=names, found=names, titles=titles)


@pytest.mark.parametrize(
    ("name", "is_side"),
    [
        ("left", True),
        ("Right_eye", True),
        ("bleed-LEFT", True),
        ("kidney right", True),
        ("bright", False),
        ("leftover", False),
        ("upright", False),
        ("bleeding", False),
    ],
)
def test_which_names_are_of_a_side(name: str, is_side: bool) -> None:
    assert bool(sided(with_classes(Plan("scans"), "other", name))) is is_side


@pytest.mark.parametrize("kind", ["scans", "pictures"])
def test_with_such_classes_mirroring_is_off_and_with_others_on_again(desk: Desk, kind: Kind) -> None:
    plan = with_way(begun(kind), "all")
    desk.change(with_classes(plan, "any", "bleeding"))
    assert recipe_of(desk.plan).vary.flip
    assert mirror_in_words(desk.plan) == ""
    desk.change(with_classes(desk.plan, "left", "right"))
    assert not recipe_of(desk.plan).vary.flip
    assert desk.plan.vary == replace(plan.vary, flip=False)  # all else is varied as before
    assert "“left” names a side, and in a mirror left becomes right" in mirror_in_words(desk.plan)
    assert not with_way(desk.plan, "little").vary.flip
    desk.change(with_classes(desk.plan, "any", "bleeding"))
    assert recipe_of(desk.plan).vary.flip


def test_a_class_that_is_renamed_counts_and_one_left_out_does_not(desk: Desk) -> None:
    desk.change(with_classes(begun("scans"), "a", "b"))
    desk.change(with_classes(desk.plan, "a", "b", a="Left side"))
    assert not desk.plan.vary.flip
    assert "“Left side” names a side" in mirror_in_words(desk.plan)
    desk.change(with_classes(desk.plan, "b", a="Left side"))
    assert desk.plan.vary.flip


def test_what_somebody_chooses_stays_and_is_warned_of(desk: Desk) -> None:
    desk.change(with_classes(begun("scans"), "left", "right"))
    desk.change(replace(desk.plan, vary=replace(desk.plan.vary, flip=True)))
    assert desk.plan.vary.flip
    assert mirror_in_words(desk.plan).startswith("They are mirrored, though “left” names a side")
    desk.change(with_classes(desk.plan, "left", "right", "both"))
    assert desk.plan.vary.flip


def test_tissue_lies_on_the_glass_either_way(desk: Desk) -> None:
    desk.change(with_way(with_classes(begun("patches"), "left colon", "right colon"), "all"))
    assert mirrors(desk.plan)
    assert "tissue lies on the glass either way" in mirror_in_words(desk.plan)
    desk.change(replace(desk.plan, vary=Vary()))
    assert mirror_in_words(desk.plan) == ""


def test_step_5_says_so_and_its_tick_does_not_bring_it_back(
    qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsing = Rehearsing(desk, desk)
    monkeypatch.setattr(rehearsing, "begin", lambda **_: None)
    step = MethodStep(desk, rehearsing)
    qtbot.addWidget(step)
    step.show()
    desk.change(with_classes(begun("scans"), "any", "bleeding"))
    step.show_plan()
    assert "mirrored" in step.vary.text()
    assert not step.mirror.isVisible()
    desk.change(with_classes(desk.plan, "left", "right"))
    step.show_plan()
    assert "mirrored" not in step.vary.text()
    assert step.mirror.isVisible()
    assert "in a mirror left becomes right" in step.mirror.text()
    step.vary.click()
    assert desk.plan.vary == Vary()
    assert not step.mirror.isVisible()
    step.vary.click()
    assert desk.plan.vary == Vary(rotate=12.0, scale=0.1, shift=0.05, light=0.05)
    assert step.mirror.isVisible()
    step.close_work()
