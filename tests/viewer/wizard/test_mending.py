"""Labels mended after the verdict go into the table of the next training, and into the model's origin."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from ml.train.survey import Layout, Seen, Survey
from ml.zoo.card import ModelCard
from ml.zoo.lineage import Ancestor, Lineage
from ml.zoo.store import ModelEntry
from viewer.wizard.answers import Answer
from viewer.wizard.cases import cases_of, write_cases
from viewer.wizard.mending import can_mend, choices_of, lineage_of, mended, next_plan
from viewer.wizard.origin_words import loss_in_words, origin_in_words
from viewer.wizard.plan import LEFT_OUT, DataPlan, Plan, Texts, read_plan, write_plan

DATA = DataPlan("f", found=("lung_n", "lung_aca"), classes=("lung_n", "lung_aca"), patients="column")
PLAN = Plan("pictures", data=DATA, texts=Texts("First"))


def answer(name: str, label: str) -> Answer:
    return Answer(Path(f"/f/{name}"), None, label, "p", {"lung n": 0.9, "lung aca": 0.1})


def test_a_label_is_mended_taken_back_and_kept_with_the_plan(tmp_path: Path) -> None:
    assert choices_of(PLAN) == (("lung_n", "lung n"), ("lung_aca", "lung aca"), (LEFT_OUT, "Leave it out"))
    one = answer("a b='1'.png", "lung n")
    plan = mended(PLAN, one, "lung_aca")
    assert plan.mended == {str(one.path): "lung_aca"}
    write_plan(plan, tmp_path)
    assert read_plan(tmp_path) == plan
    assert mended(plan, one, None).mended == {}
    assert mended(plan, one, "lung_n").mended == {}  # as it is anyway


def test_the_next_training_learns_from_them(tmp_path: Path) -> None:
    seen = tuple(Seen(Path(f"/f/{n}.png"), "lung_n", "p") for n in range(3))
    survey = Survey(Path("/f"), Layout(), (), seen)
    before = cases_of(survey, PLAN.data)
    plan = mended(PLAN, answer("0.png", "lung n"), "lung_aca")
    plan = mended(plan, answer("1.png", "lung n"), LEFT_OUT)
    assert cases_of(survey, plan.data) == before  # this training stays what it was
    following = next_plan(plan, tmp_path / "2026-01-01_10.00")
    assert following.mended == {}
    assert following.parent == "2026-01-01_10.00"
    assert following.texts.title == "First 2"  # else it would take the place of the first
    assert next_plan(following, tmp_path).texts.title == "First 3"
    with write_cases(cases_of(survey, following.data), tmp_path).open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["file"], line["label"]) for line in lines] == [
        ("/f/0.png", "lung_aca"),
        ("/f/2.png", "lung_n"),
    ]
    assert next_plan(
        mended(following, answer("2.png", "lung n"), LEFT_OUT), tmp_path
    ).data.relabelled.keys() == {
        "/f/0.png",
        "/f/1.png",
        "/f/2.png",
    }


def test_labels_of_slides_are_mended_on_the_slide() -> None:
    assert can_mend(PLAN)
    assert not can_mend(replace(PLAN, kind="boxes"))


def test_origin_names_the_training_before(tmp_path: Path) -> None:
    write_plan(PLAN, tmp_path / "one")
    plan = next_plan(mended(PLAN, answer("0.png", "lung n"), "lung_aca"), tmp_path / "one")
    folder = tmp_path / "two"
    write_plan(plan, folder)
    (folder / "recipe.toml").write_text("x = 1\n", encoding="utf-8")
    found = lineage_of(plan, folder)
    assert found.parents == (Ancestor("", "First"),)
    assert (found.changed_labels, found.training, found.recipe) == (1, "two", "x = 1\n")


def test_origin_and_loss_in_words() -> None:
    lineage = Lineage((Ancestor("first", "First"),), "ab" * 32, 2, "x", "2026-01-01_10.00")
    card = ModelCard("m", "M", "1", "r", ("a",), 8, 1.0, (0.5,), (0.5,), "", lineage=lineage)
    told = dict(origin_in_words(card, (ModelEntry(card, Path("m"), False),)))
    assert told["Made from"] == "“First”, which is not here any more"
    assert told["Mended"] == "2 labels changed by a person"
    first = replace(card, name="first", lineage=Lineage())
    told = dict(origin_in_words(card, (ModelEntry(first, Path("f"), False),)))
    assert told["Made from"] == "“First”"
    assert "No other model and no analysis depends on it" in loss_in_words("M", (), ())
    words = loss_in_words("M", ("Second",), tuple(f"{n}.svs" for n in range(7)))
    assert "“Second”" in words
    assert "7 files" in words
    assert "and 2 more" in words
