"""The composed clots: what is true of them is found, and where labels are by chance nothing is."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from ml.progress import Progress
from ml.slide.opening import open_slide
from ml.train.study_recipe import Division, StudyRecipe, read_study_recipe
from ml.train.study_run import run_study
from ml.train.tile_rows import read_tile_rows

ROOT = Path(__file__).resolve().parents[3]


def recipe_with(table: str) -> StudyRecipe:
    recipe = read_study_recipe(ROOT / "resources" / "recipes" / "clot.toml")
    sources = tuple(replace(source, table=table) for source in recipe.labelled_slides)
    return replace(recipe, labelled_slides=sources)


@pytest.fixture(scope="module")
def cohort(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    clot = pytest.importorskip("tests.cohorts.clot")
    folder = tmp_path_factory.mktemp("cohort")
    clot.write_cohort(folder / "clot", patients=6, seed=1)
    assert real_data == clot.DATA
    return folder


def test_the_cohort_is_a_challenges(cohort: Path) -> None:
    with (cohort / "clot" / "train.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["label"] for row in rows} == {"CE", "LAA"}
    assert len({row["patient_id"] for row in rows}) == 6
    with open_slide(cohort / "clot" / f"{rows[0]['image_id']}.tif") as slide:
        assert len(slide.info.levels) == 4
        assert slide.info.spacing is not None
        assert slide.info.spacing.spacing.x == pytest.approx(0.5)
    assert "omposed" in (cohort / "clot" / "note.txt").read_text()
    found = read_tile_rows(recipe_with("train.csv"), cohort, Progress())
    assert len(found) == 16 * len(rows)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("table", "evidence"), [("train.csv", True), ("train-by-chance.csv", False)])
def test_what_is_true_is_found_and_what_is_not_is_not(
    real_data: Path, tmp_path: Path, table: str, evidence: bool
) -> None:
    from tests.cohorts.clot import write_cohort

    write_cohort(tmp_path / "data" / "clot")
    recipe = replace(recipe_with(table), division=Division(folds=5))
    facts = run_study(recipe, tmp_path / "data", tmp_path / "out", Progress()).facts["slide_level"]
    assert isinstance(facts, dict)
    for way in recipe.aggregation.ways:
        figures = facts[way]["patients"]
        assert figures["evidence"] is evidence
        assert figures["in_words"].startswith("No evidence") is not evidence
        assert (figures["balanced_log_loss"]["high"] < 0.6931) is evidence
    assert "omposed" in facts["note"]
