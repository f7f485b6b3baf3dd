"""A plan is written down and read back, and becomes a recipe that the command line takes."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.train.study_recipe import Division, Fit, Vary, read_study_recipe
from viewer.wizard.expert import text_of, with_text
from viewer.wizard.plan import DataPlan, Plan, Texts, read_plan, write_plan
from viewer.wizard.plan_recipe import recipe_of, text_for_training, write_recipe
from viewer.wizard.starts import EXAMPLES, QUESTIONS, begun
from viewer.wizard.ways import Way, way_of, ways_for, with_way

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
PLANS = st.builds(
    Plan,
    kind=st.sampled_from([question.kind for question in QUESTIONS]),
    step=st.integers(0, 7),
    data=st.builds(
        DataPlan,
        folder=TEXT,
        table=TEXT,
        label=TEXT,
        patients=st.sampled_from(["column", "before_first", "pattern", "each"]),
        pattern=TEXT,
        found=st.lists(TEXT, max_size=3).map(tuple),
        classes=st.lists(TEXT, max_size=3).map(tuple),
        titles=st.dictionaries(TEXT, TEXT, max_size=3),
        spacing=st.floats(0, 10, allow_nan=False),
    ),
    fit=st.builds(Fit, epochs=st.integers(1, 99), rate=st.floats(1e-6, 1, allow_nan=False)),
    vary=st.builds(Vary, flip=st.booleans(), rotate=st.floats(0, 30, allow_nan=False)),
    division=st.builds(Division, folds=st.integers(3, 9), run=st.integers(0, 2)),
    texts=st.builds(Texts, title=TEXT, limits=TEXT),
)
DATA = DataPlan("folder", "labels.csv", "file", "label", "patient", found=("a", "b"), classes=("a", "b"))


@given(PLANS)
def test_what_was_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> None:
    folder = tmp_path_factory.mktemp("plan")
    write_plan(plan, folder)
    assert read_plan(folder) == plan
    json.dumps(asdict(plan))


@given(PLANS)
def test_the_expert_view_says_all_of_the_method(plan: Plan) -> None:
    assert with_text(Plan(plan.kind), text_of(plan)).fit == plan.fit
    assert with_text(plan, text_of(plan)) == plan


STARTS = [(question.kind, "") for question in QUESTIONS] + [(one.kind, one.recipe) for one in EXAMPLES]


@pytest.mark.parametrize(("kind", "example"), STARTS)
def test_every_start_becomes_a_recipe(kind: str, example: str, tmp_path: Path) -> None:
    plan = replace(begun(kind, example), data=DATA, texts=Texts("My own: Model 1"))
    path = write_recipe(plan, tmp_path)
    assert read_study_recipe(path) == recipe_of(plan)
    assert recipe_of(plan).name == "my-own-model-1"


@pytest.mark.parametrize("kind", [question.kind for question in QUESTIONS])
def test_every_way_becomes_a_recipe_and_is_known_again(kind: str, tmp_path: Path) -> None:
    for words in ways_for(kind):
        way: Way = words.way
        plan = replace(with_way(begun(kind), way), data=DATA)
        assert way_of(plan) == way
        write_recipe(plan, tmp_path)


def test_patches_are_scaled_and_their_spacing_with_them() -> None:
    """512 px at 0.25 µm/px are 224 px at 0.5714."""
    plan = Plan("patches", data=replace(DATA, spacing=0.25, edge=512))
    assert recipe_of(plan).network.spacing == pytest.approx(0.25 * 512 / 224, abs=1e-6)
    assert recipe_of(replace(plan, kind="pictures")).network.spacing == 0


def test_its_name_plays_no_part_in_what_is_learned_but_its_pictures_do() -> None:
    plan = Plan("pictures", data=DATA)
    assert text_for_training(replace(plan, texts=Texts("Another"))) == text_for_training(plan)
    other = plan.with_data(classes=("a", "b", "c"))
    assert text_for_training(other) != text_for_training(plan)
    more = replace(plan, division=replace(plan.division, run=1))
    assert text_for_training(more) == text_for_training(plan)


def test_a_file_of_another_version_is_no_plan(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text("kind = 'riddles'\n", encoding="utf-8")
    assert read_plan(tmp_path) is None
