"""A model of one label a slide answers slides as a whole: in an analysis, a cohort, a report, by patients."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy.special import softmax
from typer.testing import CliRunner

from ml.__main__ import app
from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Rect
from ml.progress import Progress
from ml.report.held_out import held_out_in_words
from ml.report.model_units import units_in_words
from ml.results.analysis import Analysis
from ml.results.joined import joined
from ml.results.kept import read, written
from ml.slide.opening import open_slide
from ml.train.slide_plan import TileRule
from ml.train.study_recipe import NetworkPlan
from ml.train.study_run import run_study
from ml.train.tile_choice import choose_tiles
from ml.verbs.analyze import AnalyzeRequest, analyze, answered
from ml.verbs.loaded import ready_model
from ml.verbs.predict_patients import patients_of
from tests.ml.train.test_slide_study import clot_recipe, write_slides


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with slides in `clot`, and what was trained on them in `out`."""
    folder = tmp_path_factory.mktemp("slides")
    write_slides(folder / "clot")
    studied = run_study(clot_recipe(name="clot"), folder, folder / "out", Progress())
    assert studied.bundle.path == folder / "out" / "clot"
    return folder


@pytest.fixture(scope="module")
def request_(place: Path) -> AnalyzeRequest:
    return AnalyzeRequest(place / "clot" / "p0_0.tif", str(place / "out" / "clot"), device="cpu", cam="none")


@pytest.fixture(scope="module")
def analysis(request_: AnalyzeRequest) -> Analysis:
    return analyze(request_, Progress())


def test_a_whole_slide_is_answered_as_the_card_says(request_: AnalyzeRequest, analysis: Analysis) -> None:
    """The rule takes 8 of 24 tiles; their mean, scaled, by hand."""
    answer = analysis.slide_answer
    assert answer is not None
    assert (answer.class_names, answer.tiles) == (("CE", "LAA"), 8)
    assert answer.likeliest == "LAA"  # its label
    network = ready_model(request_.model, "cpu").network
    facts = network.card.metrics["slide_level"]
    assert isinstance(facts, dict)
    pixels = tifffile.imread(request_.slide)
    with open_slide(request_.slide) as slide:
        assert slide.info.spacing is not None
        plan = NetworkPlan("plain_resnet", size=(32, 32), spacing=0.5)
        grid = choose_tiles(slide, TileRule(**facts["rule"]), plan, slide.info.spacing.spacing, Progress())
    tiles = np.stack([pixels[32 * r : 32 * r + 32, 32 * c : 32 * c + 32] for r, c in np.argwhere(grid.kept)])
    mean = network.probabilities(tiles).astype(np.float64).mean(axis=0)
    expected = softmax(facts["scale"]["slope"] * np.log(mean) + np.array(facts["scale"]["bias"]))
    np.testing.assert_allclose(answer.probabilities, expected, atol=1e-6)


def test_a_part_of_a_slide_is_not_answered(request_: AnalyzeRequest, analysis: Analysis) -> None:
    region = Shape.rectangle(Rect(0, 0, 96, 64))
    assert analyze(replace(request_, region=region), Progress()).slide_answer is None
    parts = [analyze(replace(request_, rows=rows), Progress()) for rows in ((0, 2), (2, 4))]
    assert [part.slide_answer for part in parts] == [None, None]
    whole = joined(parts)
    assert answered(whole, request_, Progress()).slide_answer == analysis.slide_answer


def test_why_there_is_no_answer_is_noted(
    request_: AnalyzeRequest, analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = ready_model(request_.model, "cpu").network.card
    facts = card.metrics["slide_level"]
    assert isinstance(facts, dict)
    strict = facts | {"rule": facts["rule"] | {"mean": 1.0, "least": 0, "choose": "dark"}}
    strict_card = replace(card, metrics=dict(card.metrics) | {"slide_level": strict})
    monkeypatch.setattr(ready_model(request_.model, "cpu").network, "card", strict_card)
    again = analyze(request_, Progress())
    assert again.slide_answer is None
    assert again.notes[-1].startswith("The slide as a whole was not answered: No tile of p0_0.tif")
    np.testing.assert_array_equal(again.scores.values, analysis.scores.values)


def test_it_is_kept_with_the_analysis(analysis: Analysis) -> None:
    back = read("slide", *written(analysis))
    assert isinstance(back, Analysis)
    assert back.slide_answer == analysis.slide_answer


def test_the_command_says_it_and_a_report_of_it_can_be_repeated(
    request_: AnalyzeRequest, analysis: Analysis, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ["analyze", str(request_.slide), "--model", request_.model, "--device", "cpu", "--out", str(out)]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert analysis.slide_answer is not None
    assert told["slide"] == "LAA"
    assert told["slide_in_words"] == analysis.slide_answer.in_words()
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["headline"].startswith("The slide as a whole: LAA ")
    assert report["slide_answer"]["probabilities"] == list(analysis.slide_answer.probabilities)
    again = CliRunner().invoke(app, ["rerun", str(out), "--slide", str(request_.slide), "--json"])
    assert again.exit_code == 0, again.output
    assert "The slide as a whole: 2 compared, no difference" in again.stdout


def test_a_cohort_has_a_column_for_it(place: Path, request_: AnalyzeRequest, tmp_path: Path) -> None:
    out = tmp_path / "cohort"
    slides = [str(place / "clot" / name) for name in ("p0_0.tif", "p1_0.tif")]
    words = ["batch", *slides, "--model", request_.model, "--device", "cpu", "--out", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    with (out / "cohort.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["slide"] for row in rows] == ["LAA", "CE"]
    assert all(float(row["slide_CE"]) + float(row["slide_LAA"]) == pytest.approx(1) for row in rows)


def test_a_row_a_patient(place: Path, request_: AnalyzeRequest, tmp_path: Path) -> None:
    out = tmp_path / "patients.csv"
    table = place / "clot" / "train.csv"
    words = ["predict", str(table), "--model", request_.model, "--out", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    with table.open(encoding="utf-8", newline="") as file:
        labels = {row["patient_id"]: row["label"] for row in csv.DictReader(file)}
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["patient"]: row["prediction"] for row in rows} == labels
    assert [row["slides"] for row in rows][:2] == ["2", "1"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("name\nx\n", "no column of slides"), ("file\nx.tif\ny\n", "2 of 2 slides are not beside")],
)
def test_bad_tables_of_slides(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "slides.csv").write_text(text)
    with pytest.raises(Problem, match=words):
        patients_of(tmp_path / "slides.csv")


def test_what_it_is_worth_on_slides_comes_first(place: Path, request_: AnalyzeRequest) -> None:
    facts = json.loads((place / "out" / "report.json").read_text(encoding="utf-8"))
    patients, slides = units_in_words(facts)
    made = facts["slide_level"]["mean"]["patients"]
    right = f"{100 * made['balanced_accuracy']['value']:.0f}"
    assert patients.startswith(f"12 patients as a whole: right, each class counted alike, {right}")
    assert "Telling “LAA” from the others: AUROC " in patients
    assert slides.startswith("15 slides as a whole: ")
    page = next((place / "out").glob("*.html")).read_text(encoding="utf-8")
    assert "Of 12 patients, none of whom it had learned from, it answered " in page
    assert "Slides and patients" in page
    said = held_out_in_words(ready_model(request_.model, "cpu").network.card.metrics)
    assert said.startswith(
        "each of its networks, on 12 patients new to it, by their slides as a whole: AUROC "
    )
