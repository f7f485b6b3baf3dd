"""Slides with one label: from the challenge's table to a figure a patient, tiles and slides kept apart."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from sklearn import metrics

from ml.errors import Problem
from ml.model.device import choose_device
from ml.model.network import load_network
from ml.progress import Progress
from ml.train.attend import Bags, attend
from ml.train.embed import PictureMap
from ml.train.folds import fold_numbers, folds_of
from ml.train.map_figure import draw_map
from ml.train.new_network import network_for
from ml.train.pictures import read_pictures
from ml.train.pretrain import BACKBONE, PretrainedEpoch, pretrain_once
from ml.train.search_plan import Range, Search
from ml.train.slide_answer import predict_patients
from ml.train.slide_plan import Aggregation, Contrast, LabelledSlides, TileRule
from ml.train.slide_study import Units
from ml.train.study_recipe import Division, Fit, NetworkPlan, StudyRecipe, Task
from ml.train.study_run import Studied, run_study
from ml.train.tile_rows import list_slides, read_tile_rows
from ml.train.trial import trial_on
from ml.train.tune import tune
from tests.ml.train.studies import tiny_recipe

SMALL = {"first_hidden": 16, "stages": 3, "layers": 2}
SOURCE = LabelledSlides("clot", "clot", licence="none")


def write_slides(folder: Path, patients: int = 12, seed: int = 0) -> None:
    """Dark pink noise of 6 × 4 tiles of 32 px; those of LAA are in part bluer. Every third has two slides."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(seed)
    lines = [["image_id", "center_id", "patient_id", "image_num", "label"]]
    for patient in range(patients):
        label = "LAA" if patient % 3 == 0 else "CE"
        for number in range(2 if patient % 4 == 0 else 1):
            pixels = chance.integers(20, 250, (128, 192, 3), dtype=np.uint8)
            pixels[..., 1] //= 2
            if label == "LAA":
                pixels[:, 64:, 0] //= 3
            name = f"p{patient}_{number}"
            lines.append([name, str(patient // 3 % 4), f"p{patient}", str(number), label])
            tifffile.imwrite(
                folder / f"{name}.tif",
                pixels,
                tile=(64, 64),
                photometric="rgb",
                resolution=(20_000, 20_000),
                resolutionunit="CENTIMETER",
            )
    with (folder / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows(lines)


def clot_recipe(**changes: object) -> StudyRecipe:
    parts: dict[str, object] = {
        "task": Task(("CE", "LAA"), shown=1),
        "sources": (),
        "labelled_slides": (SOURCE,),
        "tiles": TileRule(most=8, deviation=20.0),
        "network": NetworkPlan("plain_resnet", SMALL, size=(32, 32), spacing=0.5),
        "aggregation": Aggregation(epochs=10, hidden=8),
        "fit": Fit(epochs=2, batch=16, rate=3e-3, balance="sampler"),
        "division": Division(folds=3),
    }
    return tiny_recipe(**(parts | changes))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slides")
    write_slides(folder / "clot")
    return folder


def test_the_challenges_table_is_read(data: Path) -> None:
    rows = read_tile_rows(clot_recipe(), data, Progress())
    assert len(rows) == 15 * 8
    first = rows[0]
    assert first.path.name == "p0_0.tif"
    assert (first.group, first.site, first.label) == ("clot: p0", "0", 1)
    assert {row.group for row in rows} == {f"clot: p{n}" for n in range(12)}
    pictures = read_pictures(rows[:9], clot_recipe().network, Progress())
    whole = tifffile.imread(data / "clot" / "p0_0.tif")
    assert first.rect is not None
    x, y = int(first.rect.x), int(first.rect.y)
    np.testing.assert_array_equal(pictures.pixels[0], whole[y : y + 32, x : x + 32])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("image_id,center_id,patient_id,label\nother,1,p0,CE\n", "1 of 1 slides are missing: other.tif"),
        ("image_id,center_id,patient_id,label\np0_0,1,p0,XY\n", "“XY” in line 2 of bad.csv"),
        ("image_id,patient_id,label\np0_0,p0,CE\n", "no column center_id"),
        ("image_id,center_id,patient_id,label\np0_0,1,p,CE\np1_0,1,p,LAA\n", "slides of two labels"),
        ("image_id,center_id,patient_id,label\np0_0,1,p0,Unknown\n", "no slides"),
    ],
)
def test_bad_tables_are_named(data: Path, text: str, words: str) -> None:
    (data / "clot" / "bad.csv").write_text(text)
    source = replace(SOURCE, table="bad.csv", leave_out=("Unknown",))
    with pytest.raises(Problem, match=words):
        read_tile_rows(clot_recipe(labelled_slides=(source,)), data, Progress())


def test_a_plain_table_and_other_names_for_labels(data: Path) -> None:
    (data / "clot" / "plain.csv").write_text("file;group;kind\np0_0.tif;a;Other\np1_0.tif;b;CE\n")
    source = LabelledSlides(
        "s", "clot", "plain.csv", "file", label="kind", group="group", site="", rename={"Other": "LAA"}
    )
    found = list(list_slides(source, Task(("CE", "LAA")), data))
    assert [(slide.group, int(slide.labels.argmax())) for slide in found] == [("s: a", 1), ("s: b", 0)]


@pytest.fixture(scope="module")
def studied(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Studied]:
    out = tmp_path_factory.mktemp("out")
    (data / "clot" / "note.txt").write_text("Composed of noise.")
    recipe = clot_recipe(pretrain=Contrast(epochs=1, batch=16, width=8))
    return out, run_study(recipe, data, out, Progress())


def test_a_study_reports_tiles_slides_and_patients_apart(data: Path, studied: tuple[Path, Studied]) -> None:
    tmp_path, done = studied
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["figures"]["pictures"] == 120  # tiles
    assert told["slide_level"]["handed_in"] == "mean"
    assert told["slide_level"]["note"] == "Composed of noise."
    assert done.bundle.card.training_data.endswith("Composed of noise.")
    for way in ("mean", "top", "attention"):
        figures = told["slide_level"][way]
        assert (figures["slides"]["units"], figures["slides"]["patients"]) == (15, 12)
        assert (figures["patients"]["units"], figures["patients"]["positives"]) == (12, 4)
    assert told["slide_level"]["mean"]["patients"]["auroc"]["value"] > 0.9
    assert done.bundle.card.metrics["slide_level"] == told["slide_level"]
    with (tmp_path / "patients.csv").open(newline="") as file:
        handed_in = list(csv.DictReader(file))
    with (data / "clot" / "train.csv").open(newline="") as file:
        labels = {row["patient_id"]: row["label"] for row in csv.DictReader(file)}
    assert {row["patient_id"] for row in handed_in} == labels.keys()
    with (tmp_path / "tiles.csv").open(newline="") as file:
        tiles = list(csv.DictReader(file))
    assert len(tiles) == 120
    assert sum(float(tile["attention"]) for tile in tiles) == pytest.approx(15, abs=1e-2)
    truth = np.array([labels[row["patient_id"]] == "LAA" for row in handed_in])
    scores = np.array([[float(row["CE"]), float(row["LAA"])] for row in handed_in])
    patients = told["slide_level"]["mean"]["patients"]
    assert patients["auroc"]["value"] == pytest.approx(metrics.roc_auc_score(truth, scores[:, 1]), abs=1e-4)
    weights = np.where(truth, 1 / truth.sum(), 1 / (~truth).sum())
    expected = metrics.log_loss(truth, scores, sample_weight=weights)
    assert patients["balanced_log_loss"]["value"] == pytest.approx(expected, abs=1e-3)


def test_the_bundle_answers_slides_and_patients_by_itself(
    data: Path, studied: tuple[Path, Studied], tmp_path: Path
) -> None:
    """Same tiles, same joining; the mean of the folds agrees with the fold that had not seen the patient."""
    network = load_network(studied[1].bundle, choose_device("cpu"))
    everybody = {f"p{n}": sorted((data / "clot").glob(f"p{n}_*.tif")) for n in range(12)}
    answers = predict_patients(network, everybody, Progress())
    assert [answer.tiles for answer in answers[:2]] == [(8, 8), (8,)]
    truth = np.array([n % 3 == 0 for n in range(12)])
    scores = np.array([answer.probabilities for answer in answers])
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert metrics.roc_auc_score(truth, scores[:, 1]) > 0.9
    network.card = replace(network.card, metrics={})
    with pytest.raises(Problem, match="answers tiles, not whole slides"):
        predict_patients(network, everybody, Progress())


def test_pre_training_and_beginning_from_its_weights(data: Path, tmp_path: Path) -> None:
    """Once a fold, taken up from its folder afterwards; other recipes may begin with what it saved."""
    recipe = clot_recipe(pretrain=Contrast(epochs=2, batch=16, width=8))
    pictures = read_pictures(read_tile_rows(recipe, data, Progress()), recipe.network, Progress())
    fold = folds_of(fold_numbers(pictures, recipe.task, recipe.division), recipe.division)[0]
    parts: list[object] = []
    states = []
    for _ in range(2):
        module, _ = network_for(recipe, (32, 32))
        pretrain_once(module, recipe, pictures, fold, tmp_path, Progress(on_part=parts.append))
        states.append(module.state_dict())
    assert sum(isinstance(part, PretrainedEpoch) for part in parts) == 2  # not four
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    plan = replace(recipe.network, begin=BACKBONE, learns="head", zero_head=True)
    module, source = network_for(replace(recipe, network=plan), (32, 32), tmp_path)
    assert source == BACKBONE
    own = module.state_dict()
    assert all(torch.equal(own[name], states[0][name]) for name in own if not name.startswith("fc."))
    assert not own["fc.weight"].any()
    assert [name for name, value in module.named_parameters() if value.requires_grad] == [
        "fc.weight",
        "fc.bias",
    ]


def test_folds_by_site_and_as_published_by_slide(data: Path, tmp_path: Path) -> None:
    recipe = clot_recipe()
    pictures = read_pictures(read_tile_rows(recipe, data, Progress()), recipe.network, Progress())
    sites = fold_numbers(pictures, recipe.task, Division(folds=3, by="site"))
    for site in {row.site for row in pictures.rows}:
        assert len({int(n) for n, row in zip(sites, pictures.rows, strict=True) if row.site == site}) == 1
    slides = fold_numbers(pictures, recipe.task, Division(folds=3, by="slide", seed=2))
    sides: dict[str, set[int]] = {}
    for number, row in zip(slides, pictures.rows, strict=True):
        sides.setdefault(row.path.name, set()).add(int(number))
    assert all(len(side) == 1 for side in sides.values())
    torn = [p for p in (0, 4, 8) if sides[f"p{p}_0.tif"] != sides[f"p{p}_1.tif"]]
    assert torn  # slides of one patient on two sides: only as published


def test_slides_and_patients_of_a_side(data: Path) -> None:
    recipe = clot_recipe()
    pictures = read_pictures(read_tile_rows(recipe, data, Progress()), recipe.network, Progress())
    units = Units.of(pictures, np.arange(len(pictures)))
    assert len(units.slides) == 15
    assert len(units.patients) == 12
    assert units.slides[:2] == ("p0_0.tif", "p0_1.tif")
    assert units.patient_of_slide[:3].tolist() == [0, 0, 1]
    assert units.patient_truth.tolist() == [int(n % 3 == 0) for n in range(12)]


def test_attention_finds_the_tiles_that_count() -> None:
    """One tile in eight tells the class: attention learns to look at it; the same seed learns the same."""
    chance = np.random.default_rng(0)

    def bags(count: int) -> Bags:
        features = chance.normal(size=(count * 8, 6)).astype(np.float32)
        labels = np.arange(count) % 2
        features[::8, 0] = 6
        features[::8, 1] = np.where(labels, 4, -4)
        return Bags.of(features, np.repeat(np.arange(count), 8), labels)

    fit, choose, report = bags(60), bags(20), bags(40)
    how = Aggregation(epochs=60, hidden=16, rate=3e-3)
    learned = attend(fit, choose, 2, how, 3, Progress())
    assert (learned.probabilities(report).argmax(axis=1) == np.arange(40) % 2).mean() > 0.95
    assert learned.weights(report)[:, 0].mean() > 0.5
    again = attend(fit, choose, 2, how, 3, Progress())
    np.testing.assert_array_equal(again.probabilities(report), learned.probabilities(report))
    assert learned.losses[learned.epoch - 1] == min(learned.losses)


def test_a_search_over_the_residual_networks(data: Path, tmp_path: Path) -> None:
    """Two stages: a grid of architectures, and settings within each; trials learn and are judged."""
    recipe = clot_recipe(fit=Fit(epochs=1, batch=16, rate=1e-3, optimizer="sgd"))
    pictures = read_pictures(read_tile_rows(recipe, data, Progress()), recipe.network, Progress())
    fold = folds_of(fold_numbers(pictures, recipe.task, recipe.division), recipe.division)[0]
    grid = (Range("network.options.stages", choices=(3, 4)),)
    search = Search((Range("fit.rate", 1e-4, 1e-2, log=True),), grid, trials=1)
    run = trial_on(pictures, fold, data, Progress())
    told = tune(recipe, search, tmp_path / "search.db", run, Progress())
    assert len(told) == 2
    assert all(one.value is not None and 0 <= one.value <= 1 for one in told)


def test_a_map_is_drawn_by_label_patient_and_slide(tmp_path: Path) -> None:
    places = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    columns = {
        "label": ["CE", "LAA"] * 20,
        "patient": [f"p{n // 2}" for n in range(40)],
        "slide": [f"s{n}" for n in range(40)],
    }
    draw_map(PictureMap(places, 20, 0), columns, tmp_path / "map.png", "Composed cohort.")
    assert (tmp_path / "map.png").stat().st_size > 10_000
    with pytest.raises(Problem):
        draw_map(PictureMap(places, 20, 0), columns, tmp_path / "missing" / "map.png")
