"""A training that goes on from a model: its pictures, what people said since, and what nobody said, apart."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Rect
from ml.progress import Progress
from ml.train.corrected import DRAWN, PSEUDO, QUEUE, Said, SlideSaid
from ml.train.folds import fold_numbers, folds_of
from ml.train.pictures import read_pictures
from ml.train.study_recipe import read_study_recipe
from ml.train.table import read_rows
from ml.zoo.bundle import load_card
from ml.zoo.card import ModelCard
from ml.zoo.lineage import Lineage
from ml.zoo.store import find
from viewer.wizard.desk import Desk, trainings_folder
from viewer.wizard.drawn import added_in_words
from viewer.wizard.mending import lineage_of
from viewer.wizard.origin_words import origin_in_words
from viewer.wizard.plan import DataPlan, Kind, Plan, read_plan, write_plan
from viewer.wizard.retraining import begin_from
from viewer.work.told import Told


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    """Of a model whose training lies here: 8 pictures of 4 patients, called by the word before the hyphen."""
    monkeypatch.setenv("PARFOCAL_HOME", str(tmp_path / "home"))
    folder = trainings_folder() / "first"
    data = DataPlan(
        folder=str(tmp_path),
        found=("a", "b"),
        classes=("a", "b"),
        titles={"a": "Alpha", "b": "Beta"},
        patients="before_first",
        spacing=0.5,
        edge=64,
    )
    plan = Plan("patches", data=data)
    plan = replace(plan, texts=replace(plan.texts, title="Greek"), division=replace(plan.division, folds=3))
    write_plan(plan, folder)
    chance = np.random.default_rng(0)
    with (folder / "cases.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "label", "patient", "site"])
        for n in range(8):
            path = tmp_path / f"P{n % 4}-{n}.png"
            tifffile_png(path, chance)
            table.writerow([str(path), "ab"[n // 4], f"P{n % 4}", ""])
    usual = load_card(find("cellularity").path)
    return replace(
        usual, name="greek", title="Greek", class_names=("Alpha", "Beta"), lineage=Lineage(training="first")
    )


def tifffile_png(path: Path, chance: np.random.Generator) -> None:
    from PIL import Image

    Image.fromarray(chance.integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(path)


def slide_at(folder: Path, name: str) -> Path:
    path = folder / name
    pixels = np.random.default_rng(len(name)).integers(0, 255, (512, 512, 3), dtype=np.uint8)
    tifffile.imwrite(
        path, pixels, photometric="rgb", tile=(128, 128), resolution=(20_000, 20_000), resolutionunit=3
    )
    return path


def test_what_was_drawn_stands_among_the_pictures_and_is_told_of(card: ModelCard, tmp_path: Path) -> None:
    outline = Shape.ellipse_in(Rect(0, 0, 200, 200))
    by_hand = Said(outline, "Beta", DRAWN, "Dr. A", "2026-11-26T20:00", drawn="1")
    begun = begin_from(
        card, [Told(SlideSaid(slide_at(tmp_path, "P1-slide.tif"), "case 9", (by_hand,)))], Progress()
    )
    origin = lines(begun.folder / "labels" / "added.csv")
    assert begun.added == len(origin) > 1
    assert {(one["source"], one["by"], one["at"]) for one in origin} == {
        ("drawn by person", "Dr. A", "2026-11-26T20:00")
    }
    assert {one["label"] for one in lines(begun.folder / "labels" / "cases.csv")[8:]} == {"b"}
    plan = read_plan(begun.folder)
    assert plan is not None
    words = f"{begun.added} labels that people gave since, among them. {begun.added} of these lie in what was"
    assert added_in_words(plan) == f"{words} drawn by hand, by Dr. A on 2026-11-26."
    assert added_in_words(plan.with_data(folder=str(tmp_path))) == ""  # other pictures were chosen since


def said(x: int, label: str, source: str = QUEUE) -> Said:
    return Said(Shape.rectangle(Rect(x, 64, 64, 64)), label, source, by="me", model="greek")


def told(slide: Path, *labels: str, made_up: str = "") -> Told:
    given = tuple(said(64 * n, label) for n, label in enumerate(labels))
    extra = (said(384, made_up, PSEUDO),) if made_up else ()
    return Told(SlideSaid(slide, "case 9", given), extra)


def lines(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_parents_pictures_and_the_new_ones_stand_in_one_table(card: ModelCard, tmp_path: Path) -> None:
    begun = begin_from(card, [told(slide_at(tmp_path, "P1-slide.tif"), "Alpha", "Beta")], Progress())
    assert (begun.added, begun.before, begun.made_up) == (2, 8, 0)
    found = lines(begun.folder / "labels" / "cases.csv")
    assert len(found) == 10
    new = found[-2:]
    assert [one["label"] for one in new] == ["a", "b"]  # as the parent's data call them
    assert {one["patient"] for one in new} == {"P1"}  # by the parent's rule: they stay with their patient
    origin = lines(begun.folder / "labels" / "added.csv")
    assert {one["source"] for one in origin} == {"labelled in queue"}
    assert {one["by"] for one in origin} == {"me"}
    plan = read_plan(begun.folder)
    assert plan is not None
    parent = read_plan(trainings_folder() / "first")
    assert parent is not None
    assert (plan.parent, plan.texts.title, plan.step) == ("first", "Greek 2", 1)
    assert (plan.network, plan.fit, plan.division, plan.seed) == (
        parent.network,
        parent.fit,
        parent.division,
        parent.seed,
    )
    assert plan.data.patients == "column"


def test_what_nobody_said_is_learned_from_and_never_reported_on(card: ModelCard, tmp_path: Path) -> None:
    slide = slide_at(tmp_path, "P1-slide.tif")
    begun = begin_from(card, [told(slide, "Alpha", "Beta", made_up="Alpha")], Progress())
    assert begun.made_up == 1
    desk = Desk(begun.folder)
    (begun.folder / "cases.csv").write_bytes((begun.folder / "labels" / "cases.csv").read_bytes())
    recipe = read_study_recipe(desk.write_recipe())
    rows = read_rows(recipe.sources, recipe.task, begun.folder)
    assert [row.only_fit for row in rows] == [False] * 10 + [True]
    pictures = read_pictures(rows, recipe.network, Progress())
    numbers = fold_numbers(pictures, recipe.task, recipe.division)
    for fold in folds_of(numbers, recipe.division, rows):
        assert 10 not in fold.report
        assert 10 not in fold.choose
        groups = [rows[n].group for n in (*fold.report, *fold.choose)]
        if rows[10].group in groups:
            assert 10 not in fold.fit  # its patient is tested or chosen by: it stays out altogether


def test_an_answer_that_was_changed_counts_as_it_is_now(card: ModelCard, tmp_path: Path) -> None:
    slide = slide_at(tmp_path, "P9-slide.tif")
    first = begin_from(card, [told(slide, "Alpha", "Beta", "Beta")], Progress())
    (first.folder / "cases.csv").write_bytes((first.folder / "labels" / "cases.csv").read_bytes())
    second_card = replace(card, lineage=Lineage(training=first.folder.name))
    second = begin_from(second_card, [told(slide, "Beta", "Beta")], Progress())  # one is taken back
    found = lines(second.folder / "labels" / "cases.csv")
    assert [one["label"] for one in found[8:]] == ["b", "b"]
    plan = read_plan(second.folder)
    assert plan is not None
    assert plan.data.added == 2


def test_the_card_tells_where_it_comes_from(card: ModelCard, tmp_path: Path) -> None:
    begun = begin_from(card, [told(slide_at(tmp_path, "P1.tif"), "Alpha", made_up="Beta")], Progress())
    plan = read_plan(begun.folder)
    assert plan is not None
    lineage = lineage_of(plan, begun.folder)
    assert (lineage.added_labels, lineage.made_up_labels) == (1, 1)
    assert [one.title for one in lineage.parents] == ["Greek"]
    words = dict(origin_in_words(replace(card, lineage=lineage)))
    assert words["Made from"] == "“Greek”"
    assert words["Added"].startswith("1 label given")
    assert words["Made up"].startswith("1 label that nobody gave")


def test_without_anything_new_nothing_begins(card: ModelCard, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="nothing new"):
        begin_from(card, [told(slide_at(tmp_path, "P1.tif"))], Progress())


def test_a_model_that_was_not_trained_here_is_gone_on_from_by_its_recipe(
    tmp_path: Path, card: ModelCard
) -> None:
    shipped = load_card(find("lung-colon").path)
    name = shipped.class_names[0]
    begun = begin_from(shipped, [told(slide_at(tmp_path, "P1.tif"), name)], Progress())
    plan = read_plan(begun.folder)
    assert plan is not None
    assert (plan.parent, plan.parent_model) == ("", "lung-colon")
    assert plan.network.architecture == shipped.architecture or plan.network.pretrained
    assert [one.name for one in lineage_of(plan, begun.folder).parents] == ["lung-colon"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [("pictures", "looks at whole pictures"), ("labelled_slides", "one answer for a whole slide")],
)
def test_where_nothing_can_be_corrected_that_is_said(
    card: ModelCard, tmp_path: Path, kind: Kind, words: str
) -> None:
    plan = read_plan(trainings_folder() / "first")
    assert plan is not None
    write_plan(replace(plan, kind=kind), trainings_folder() / "first")
    with pytest.raises(Problem, match=words) as refused:
        begin_from(card, [told(slide_at(tmp_path, "P1.tif"), "Alpha")], Progress())
    assert "no findings that a person could correct" in str(refused.value)
