"""A training of boxes that goes on from a model: places of findings, learned from and never reported on."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.annotation.geojson import write_geojson
from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem
from ml.geometry import Rect
from ml.progress import Progress
from ml.train.corrected import CORRECTION, DRAWN, REJECTION, Said, SlideSaid
from ml.train.folds import fold_numbers, folds_of
from ml.train.pictures import read_pictures
from ml.train.study_recipe import Division, Fit, NetworkPlan, read_study_recipe
from ml.train.study_run import rows_for, run_study
from ml.zoo.bundle import load_card
from ml.zoo.card import ModelCard
from ml.zoo.lineage import Lineage
from ml.zoo.store import find
from tests.ml.train.test_box_study import write_slides
from viewer.wizard.desk import Desk, trainings_folder
from viewer.wizard.drawn import added_in_words
from viewer.wizard.plan import DataPlan, Plan, read_plan, write_plan
from viewer.wizard.retraining import begin_from, question_of
from viewer.work.told import Told

TINY = NetworkPlan("plain_resnet", {"first_hidden": 16, "stages": 3, "layers": 2}, size=(32, 32), spacing=0.5)


@pytest.fixture
def slides(tmp_path: Path) -> Path:
    folder = tmp_path / "graft"
    write_slides(folder)
    return folder


@pytest.fixture
def card(slides: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    """Of a model whose training lies here: twelve slides of six patients."""
    monkeypatch.setenv("PARFOCAL_HOME", str(tmp_path / "home"))
    data = DataPlan(
        str(slides),
        "boxes.csv",
        "file",
        "label",
        found=("lesion",),
        classes=("lesion",),
        patients="before_last",
    )
    fit = Fit(1, batch=16, rate=2e-3, balance="undersample", loss="bce")
    plan = Plan("boxes", several=True, data=data, network=TINY, fit=fit, division=Division(folds=3, run=1))
    plan = replace(plan, texts=replace(plan.texts, title="Graft"))
    write_plan(plan, trainings_folder() / "first")
    usual = load_card(find("cellularity").path)
    made = replace(usual, name="graft", title="Graft", class_names=("lesion",), output="sigmoid")
    return replace(made, lineage=Lineage(training="first"))


def told(slide: Path, case: str = "case 9") -> Told:
    """One finding accepted, one rejected."""
    by = {"by": "me", "at": "2026-01-01", "model": "graft", "run": "r1"}
    yes = Said(Shape.rectangle(Rect(32, 32, 64, 64)), "lesion", CORRECTION, **by)
    no = Said(Shape.rectangle(Rect(256, 256, 32, 32)), "", REJECTION, **by)
    return Told(SlideSaid(slide, case, (yes, no)))


def lines(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_accepted_and_rejected_places_are_learned_from_and_never_reported_on(
    card: ModelCard, slides: Path
) -> None:
    assert question_of(card).sought
    begun = begin_from(card, [told(slides / "g1_a.tif")], Progress())
    assert begun.added == 5
    origin = lines(begun.folder / "labels" / "added.csv")
    assert {(one["source"], one["label"], one["by"], one["run"]) for one in origin} == {
        ("corrected by person", "lesion", "me", "r1"),
        ("rejected by person", "", "me", "r1"),
    }
    assert {one["slide"] for one in origin} == {str(slides / "g1_a.tif")}
    plan = read_plan(begun.folder)
    assert plan is not None
    assert (plan.kind, plan.parent, plan.texts.title, plan.data.added) == ("boxes", "first", "Graft 2", 5)
    recipe = read_study_recipe(Desk(begun.folder).write_recipe())
    rows = rows_for(recipe, begun.folder, Progress())
    aside = [n for n, row in enumerate(rows) if row.only_fit]
    assert len(aside) == 5
    assert {rows[n].group for n in aside} == {"cases: g1"}  # as the parent's rule names its slides
    assert sorted(float(rows[n].labels[0]) for n in aside) == [0, 1, 1, 1, 1]
    pictures = read_pictures(rows, recipe.network, Progress())
    numbers = fold_numbers(pictures, recipe.task, recipe.division)
    for fold in folds_of(numbers, recipe.division, rows):
        assert not {*fold.report, *fold.choose} & set(aside)
        tested = {rows[n].group for n in (*fold.report, *fold.choose)}
        assert (set(aside) <= set(fold.fit)) == ("cases: g1" not in tested)
    same = [
        n for n, row in enumerate(rows) if row.rect == Rect(32, 32, 32, 32) and row.path.name == "g1_a.tif"
    ]
    if same:  # a patch of its own is cut as the slide's are
        at = next(n for n in aside if rows[n].path.name.endswith("_32_32_32.png"))
        assert np.array_equal(pictures.pixels[same[0]], pictures.pixels[at])


def test_what_the_parent_was_told_is_kept_where_it_is_not_told_anew(card: ModelCard, slides: Path) -> None:
    first = begin_from(card, [told(slides / "g1_a.tif"), told(slides / "g2_a.tif")], Progress())
    again = replace(card, lineage=Lineage(training=first.folder.name))
    second = begin_from(again, [told(slides / "g2_a.tif")], Progress())
    assert len(lines(second.folder / "labels" / "cases.csv")) == 10
    assert {one["patient"] for one in lines(second.folder / "labels" / "cases.csv")} == {"g1", "g2"}
    plan = read_plan(second.folder)
    assert plan is not None
    assert (plan.data.added, plan.texts.title) == (10, "Graft 3")


def test_the_next_training_runs_and_says_how_many_were_only_learned_from(
    card: ModelCard, slides: Path
) -> None:
    begun = begin_from(card, [told(slides / "g1_a.tif")], Progress())
    recipe = read_study_recipe(Desk(begun.folder).write_recipe())
    studied = run_study(recipe, begun.folder, begun.folder / "out", Progress())
    assert studied.facts["boxes"]["lesion"]["slides"] == 4
    assert "5 of them only learned from" in studied.bundle.card.training_data


def drawn(slide: Path, *outlines: Annotation) -> Told:
    """Lesions that were drawn by hand, an evening apart."""
    said = tuple(
        Said(one.shape, "lesion", DRAWN, "Dr. A", f"2026-11-2{5 + n}T20:00", drawn=one.id)
        for n, one in enumerate(outlines)
    )
    return Told(SlideSaid(slide, "case 9", said))


def at(x: float) -> Annotation:
    return Annotation(Shape.rectangle(Rect(x, 32, 32, 32)), class_name="lesion")


def test_what_was_drawn_is_learned_from_with_who_drew_it(card: ModelCard, slides: Path) -> None:
    by_hand = drawn(slides / "g2_a.tif", at(32), at(96))
    begun = begin_from(card, [told(slides / "g1_a.tif"), by_hand], Progress())
    assert begun.added == 7
    origin = [
        one for one in lines(begun.folder / "labels" / "added.csv") if one["source"] == "drawn by person"
    ]
    assert [(one["label"], one["by"], one["at"][:10]) for one in origin] == [
        ("lesion", "Dr. A", "2026-11-25"),
        ("lesion", "Dr. A", "2026-11-26"),
    ]
    plan = read_plan(begun.folder)
    assert plan is not None
    assert added_in_words(plan) == (
        "7 labels that people gave since, beside them. 2 of these lie in what was drawn by hand, "
        "by Dr. A on 2026-11-25 to 2026-11-26."
    )
    again = replace(card, lineage=Lineage(training=begun.folder.name))
    after = read_plan(begin_from(again, [told(slides / "g3_a.tif")], Progress()).folder)
    assert after is not None
    assert (after.data.added, after.data.drawn) == (12, 2)  # those of before are still told apart


def test_an_outline_that_the_model_learned_from_is_not_given_since(card: ModelCard, slides: Path) -> None:
    parent = trainings_folder() / "first"
    plan = read_plan(parent)
    assert plan is not None
    library = parent / "library"
    library.mkdir()
    known, missed = at(32), at(96)
    write_geojson([known], library / "1.geojson")
    slide = slides / "g1_a.tif"
    (library / "slides.csv").write_text(
        f"file,label,patient,outlines\n{slide},lesion,One,1.geojson\n", encoding="utf-8"
    )
    write_plan(plan.with_data(folder=str(library), table="slides.csv", cases=(1,), outlines=True), parent)
    begun = begin_from(card, [drawn(slide, known, missed)], Progress())
    assert [line["x"] for line in lines(begun.folder / "labels" / "added.csv")] == ["96"]
    with pytest.raises(Problem, match="nothing new"):
        begin_from(card, [drawn(slide, known)], Progress())


def test_without_the_slides_of_the_parent_there_is_nothing_to_go_on_from(
    card: ModelCard, slides: Path
) -> None:
    (trainings_folder() / "first" / "plan.toml").unlink()
    with pytest.raises(Problem, match="learned from are not on this computer"):
        begin_from(replace(card, name="lung-graft"), [told(slides / "g1_a.tif")], Progress())
