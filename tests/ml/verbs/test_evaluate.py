"""`parfocal-ml evaluate` on real pictures; scikit-learn is the referee."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, roc_auc_score

from ml.preparation import Preparation
from ml.zoo.bundle import write_bundle
from ml.zoo.card import ModelCard
from tests.ml.verbs.conftest import Said

Program = Callable[..., Said]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of random weights that tells benign from malignant, no better than it happens to."""
    import timm
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("model")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = timm.create_model("test_resnet", pretrained=False, num_classes=2).eval()
    with torch.no_grad():
        network.fc.weight *= 40
    save_file(network.state_dict(), folder / "weights")
    card = ModelCard(
        "two", "Two", "1", "test_resnet", ("benign", "malignant"), 64, 1.0, (0.5,) * 3, (0.25,) * 3, ""
    )
    card = replace(card, preparation=Preparation((64, 64)), shown_class=1)
    return write_bundle(card, folder / "weights", folder / "two").path


def test_figures_are_scikit_learns(
    as_program: Program, model: Path, small_study: Path, tmp_path: Path
) -> None:
    out, pictures = tmp_path / "out", small_study.parent / "pictures"
    code, events, _ = as_program("evaluate", pictures, "--model", model, "--out", out, "--draws", 50)
    assert code == 0
    facts = json.loads((out / "evaluation.json").read_text())
    with (out / "answers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (pictures / "labels.csv").open(newline="") as file:
        assert [(r["file"], r["label"]) for r in rows] == [
            (r["file"], r["label"]) for r in csv.DictReader(file)
        ]
    truth = np.array([row["label"] == "malignant" for row in rows])
    scores = np.array([float(row["malignant"]) for row in rows])
    figures = facts["figures"]
    assert figures["classes"]["malignant"]["auroc"]["value"] == pytest.approx(
        roc_auc_score(truth, scores), abs=1e-4
    )
    called = scores > 0.5
    assert figures["balanced_accuracy"]["value"] == pytest.approx(
        balanced_accuracy_score(truth, called), abs=1e-4
    )
    assert figures["confusion"] == confusion_matrix(truth, called).tolist()
    assert (figures["pictures"], figures["patients"], events[-1]["patients"]) == (48, 12, 12)
    pairs = np.stack([1 - truth, truth], 1)
    both = np.stack([1 - scores, scores], 1)
    brier = float(((both - pairs) ** 2).sum(1).mean())
    assert facts["calibration"]["brier"]["value"] == pytest.approx(brier, abs=1e-4)
    assert facts["calibration"]["error"]["low"] <= facts["calibration"]["error"]["value"]
    owners = [row["patient"] for row in rows]
    means = {o: scores[[x == o for x in owners]].mean() for o in owners}
    labels = {o: truth[owners.index(o)] for o in owners}
    whole = roc_auc_score([labels[o] for o in means], list(means.values()))
    assert facts["patients"]["classes"]["malignant"]["auroc"]["value"] == pytest.approx(whole, abs=1e-4)
    for name in ("reliability.svg", "roc.svg", "precision_recall.svg", "confusion.svg"):
        assert ElementTree.fromstring((out / name).read_text()).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_same_answers_as_predict(
    as_program: Program, model: Path, small_study: Path, tmp_path: Path
) -> None:
    pictures = small_study.parent / "pictures"
    table = tmp_path / "predicted.csv"
    assert as_program("predict", pictures, "--model", model, "--out", table)[0] == 0
    words = ("--data", small_study.parent, "--model", model, "--out", tmp_path / "out", "--draws", 50)
    assert as_program("evaluate", small_study, *words)[0] == 0
    with table.open(newline="") as file:
        predicted = {row["name"]: row["malignant"] for row in csv.DictReader(file)}
    with (tmp_path / "out" / "answers.csv").open(newline="") as file:
        evaluated = {Path(row["file"]).name: row["malignant"] for row in csv.DictReader(file)}
    assert evaluated.keys() == predicted.keys()
    for name, value in evaluated.items():
        assert float(value) == pytest.approx(float(predicted[name]), abs=2e-6)


def test_broken_pictures_stop_it_unless_told_otherwise(
    as_program: Program, model: Path, small_study: Path, tmp_path: Path
) -> None:
    pictures = small_study.parent / "pictures"
    broken = sorted(pictures.glob("*.jpg"))[3]
    broken.write_bytes(b"\xff\xd8 and no more")
    words = ("evaluate", pictures, "--model", model, "--out", tmp_path / "out", "--draws", 50)
    code, events, _ = as_program(*words)
    assert (code, broken.name in events[-1]["what"], (tmp_path / "out").exists()) == (2, True, False)
    code, events, _ = as_program(*words, "--skip-broken")
    assert (code, events[-1]["pictures"]) == (0, 47)
    assert events[-1]["left_out"][0].startswith(broken.name)


def test_labels_that_the_model_does_not_have(
    as_program: Program, tiny_model: Path, small_study: Path, tmp_path: Path
) -> None:
    words = ("--model", tiny_model, "--out", tmp_path / "out", "--draws", 50)
    code, events, _ = as_program("evaluate", small_study.parent / "pictures", *words)
    assert (code, "is not one of the classes none, some, much" in events[-1]["what"]) == (2, True)
    code, events, _ = as_program("evaluate", small_study, "--data", small_study.parent, *words)
    assert (code, "the recipe benign, malignant" in events[-1]["what"]) == (2, True)
    code, events, _ = as_program("evaluate", small_study, *words)
    assert (code, "--data" in events[-1]["remedy"]) == (2, True)
    code, events, _ = as_program("evaluate", tmp_path / "nowhere", *words)
    assert (code, "Invalid path" in events[-1]["what"]) == (2, True)
