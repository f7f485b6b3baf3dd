"""A study of CT from DICOM to a bundle, and the bundle from DICOM to a table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from ml.__main__ import app
from ml.ct_picture import read_ct_picture
from ml.infer.explain import Explainer
from ml.infer.slices import explain_slice
from ml.model.device import choose_device
from ml.model.ensemble import Ensemble
from ml.model.network import load_network
from ml.progress import Progress
from ml.train.study_recipe import Division, Fit, NetworkPlan, Scans, Task, Vary
from ml.train.study_run import Studied, run_study
from ml.volume.series import find_series
from tests.ml.train.studies import tiny_recipe
from tests.ml.volume.scans import ct_dataset, write

WINDOWS = ((40.0, 80.0), (80.0, 200.0))
KINDS = ("any", "left", "right")


def write_heads(folder: Path, patients: int = 12, slices: int = 4) -> None:
    """Discs of 35 HU in air, some with 70 HU in their left or right half; noise of 4 HU."""
    chance = np.random.default_rng(0)
    y, x = np.mgrid[:40, :48]
    lines = ["ID,Label"]
    for patient in range(patients):
        for number in range(slices):
            values = np.where(np.hypot(x - 24, y - 20) < 17, 35.0, -1000.0)
            truth = {"left": number % 2 and patient % 3 == 0, "right": number % 2 and patient % 3 == 1}
            for kind, column in (("left", 16), ("right", 32)):
                if truth[kind]:
                    values[np.hypot(x - column, y - 20) < 5] = 70
            stored = (values + chance.normal(0, 4, values.shape) + 1024).round().astype(np.int16)
            identity = f"ID_{patient:02d}{number}"
            facts = {"PatientID": f"p{patient}", "SeriesInstanceUID": f"1.2.{patient + 1}"}
            dataset = ct_dataset(stored, ImagePositionPatient=[0, 0, 5.0 * number], **facts)
            write(folder / f"p{patient}" / f"{identity}.dcm", dataset)
            lines += [f"{identity}_{kind},{int(bool(value))}" for kind, value in truth.items()]
    (folder / "labels.csv").write_text("\n".join(lines))


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heads")
    write_heads(folder / "heads")
    return folder


@pytest.fixture(scope="module")
def studied(heads: Path, tmp_path_factory: pytest.TempPathFactory) -> Studied:
    """Two architectures, one fold, slices with their neighbours."""
    recipe = tiny_recipe(
        name="heads",
        task=Task(KINDS, "sigmoid", weights=(2.0, 1.0, 1.0)),
        sources=(),
        scans=(Scans("heads", "heads", form="rsna", any_class="any"),),
        network=NetworkPlan(
            "test_resnet",
            size=(32, 32),
            crop="head",
            windows=WINDOWS,
            neighbours=1,
            mean=(0.3,) * 6,
            std=(0.3,) * 6,
            also=("test_efficientnet",),
        ),
        fit=Fit(epochs=6, batch=8, rate=5e-3, loss="bce", watch="loss"),
        vary=Vary(),
        division=Division(folds=3, run=1, duplicates="warn"),
    )
    return run_study(recipe, heads, tmp_path_factory.mktemp("out"), Progress())


def test_the_card_tells_all_of_it(studied: Studied) -> None:
    card = studied.bundle.card
    assert card.preparation is not None
    assert card.preparation.windows == WINDOWS
    assert (card.preparation.neighbours, card.preparation.crop, card.preparation.count) == (1, "head", 6)
    assert card.architectures == ("test_resnet", "test_efficientnet")
    assert card.architecture_options == {"in_chans": 6}
    assert card.members == 2
    assert len(card.thresholds) == 3
    assert card.metrics["at_thresholds"] == studied.facts["at_thresholds"]
    assert {"macro_f1", "micro_f1", "f1", "log_loss"} <= studied.facts["at_thresholds"].keys()  # type: ignore[attr-defined]
    assert "12 patients" in card.training_data
    assert {epoch.fold for epoch in studied.history} == {0}
    assert len(studied.history) == 12  # six epochs of each architecture


def test_the_answer_is_the_mean_of_both_whatever_the_batch(studied: Studied, heads: Path) -> None:
    network = load_network(studied.bundle, choose_device("cpu"))
    how = network.card.preparation
    assert how is not None
    series = find_series(heads / "heads" / "p3").series[0]
    pictures = np.stack([read_ct_picture(series.around(n, 1), how)[0] for n in range(4)])
    together = network.probabilities(pictures)
    alone = np.concatenate([network.probabilities(picture[None]) for picture in pictures[::-1]])[::-1]
    assert np.allclose(together, alone, atol=1e-6)
    ensemble = network.module
    assert isinstance(ensemble, Ensemble)
    temperature = network.card.temperature
    with torch.inference_mode():
        each = [torch.sigmoid(member(network.prepared(pictures))).numpy() for member in ensemble.members]
    mean = np.mean(each, axis=0)
    logit = np.log(mean / (1 - mean)) / temperature
    assert np.allclose(together, 1 / (1 + np.exp(-logit)), atol=1e-4)


@pytest.mark.parametrize("form", ["table", "rsna"])
def test_a_folder_of_dicom_to_a_table(studied: Studied, heads: Path, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "scan"
    for path in sorted((heads / "heads" / "p1").glob("*.dcm")):
        (folder / path.name).parent.mkdir(exist_ok=True)
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "ID_broken.dcm").write_bytes(b"\0" * 200)
    out = tmp_path / "table.csv"
    words = ["predict", str(folder), "--model", str(studied.bundle.path), "--out", str(out), "--format", form]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    with out.open(newline="") as file:
        rows = list(csv.reader(file))
    if form == "rsna":
        assert rows[0] == ["ID", "Label"]
        assert [row[0] for row in rows[1:4]] == ["ID_010_any", "ID_010_left", "ID_010_right"]
        assert len(rows) == 1 + 4 * 3
        assert all(0 <= float(row[1]) <= 1 for row in rows[1:])
        return
    assert rows[0] == ["name", "prediction", *KINDS, "problem"]
    assert [row[0] for row in rows[1:]] == [f"ID_01{n}.dcm" for n in range(4)] + ["ID_broken.dcm"]
    assert rows[-1][1:5] == ["", "", "", ""]
    assert "ID_broken.dcm cannot be read" in rows[-1][5]
    for row in rows[1:5]:
        held = [float(v) >= t for v, t in zip(row[2:5], studied.bundle.card.thresholds, strict=True)]
        assert row[1] == ";".join(kind for kind, yes in zip(KINDS, held, strict=True) if yes)


def test_one_file_is_seen_with_its_neighbours(studied: Studied, heads: Path, tmp_path: Path) -> None:
    """The same answer as in its folder."""
    folder = heads / "heads" / "p1"
    answers = []
    for path in (folder, folder / "ID_011.dcm"):
        out = tmp_path / "table.csv"
        words = ["predict", str(path), "--model", str(studied.bundle.path), "--out", str(out)]
        assert CliRunner().invoke(app, words).exit_code == 0
        with out.open(newline="") as file:
            answers.append({row["name"]: row["any"] for row in csv.DictReader(file)})
    assert answers[1] == {"ID_011.dcm": answers[0]["ID_011.dcm"]}


def test_a_folder_without_slices(studied: Studied, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["predict", str(tmp_path), "--model", str(studied.bundle.path)])
    assert "holds no CT slices" in str(done.exception)


def test_a_map_is_laid_back_onto_the_slice(studied: Studied, heads: Path) -> None:
    """Grad-CAM has the slice's own pixels, and nothing outside the head."""
    network = load_network(studied.bundle, choose_device("cpu"))
    assert network.cam_layer is not None
    explainer = Explainer(network, network.cam_layer, network.cam_cells)
    series = find_series(heads / "heads" / "p1").series[0]
    stack = series.around(1, 1)
    probabilities, maps = explain_slice(explainer, stack, (0, 2))
    assert maps.shape == (2, 40, 48)
    assert maps.min() >= 0
    how = network.card.preparation
    assert how is not None
    picture, frame = read_ct_picture(stack, how)
    assert np.allclose(probabilities, network.probabilities(picture[None])[0], atol=1e-6)
    inside = np.zeros((40, 48), dtype=bool)
    x, y, right, bottom = (int(v) for v in (frame.crop.x, frame.crop.y, frame.crop.right, frame.crop.bottom))
    inside[y:bottom, x:right] = True
    assert not maps[:, ~inside].any()
