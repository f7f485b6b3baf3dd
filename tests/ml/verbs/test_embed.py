"""`parfocal-ml embed` and `spread` on real pictures: features, maps, and labels that are handed on."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ml.infer.pictures import preparation_of
from ml.model.device import choose_device
from ml.model.network import load_network
from ml.preparation import in_channels, prepared
from ml.train.embed import pooled
from ml.train.embeddings import read_embeddings
from ml.zoo.bundle import open_bundle
from tests.ml.verbs.conftest import Said

Program = Callable[..., Said]
BACKBONE = "tf_efficientnet_lite0"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_pictures_of_a_folder_by_a_bundle(
    as_program: Program, small_study: Path, tiny_model: Path, tmp_path: Path
) -> None:
    out, pictures = tmp_path / "out", small_study.parent / "pictures"
    code, events, _ = as_program("embed", pictures, "--model", tiny_model, "--out", out, "--csv")
    assert (code, events[-1]["pictures"]) == (0, 48)
    made = read_embeddings(out / "embeddings.npz")
    rows = table(pictures / "labels.csv")
    assert list(made.names) == [row["file"] for row in rows]
    assert list(made.labels) == [row["label"] for row in rows]
    assert list(made.patients) == [row["patient"] for row in rows]
    network = load_network(open_bundle(tiny_model), choose_device("cpu"))
    with Image.open(pictures / rows[7]["file"]) as image:
        seen, _ = prepared(in_channels(image, "rgb"), preparation_of(network))
    with torch.inference_mode():
        wanted = pooled(network.module, network.prepared(seen[None]))[0].numpy()
    np.testing.assert_allclose(made.features[7], wanted, atol=2e-5)
    lines = table(out / "map.csv")
    assert len(lines[0]) == 7 + made.features.shape[1]
    np.testing.assert_allclose([float(lines[7][f"f{n}"]) for n in range(5)], made.features[7, :5], rtol=1e-4)
    with Image.open(out / "map.png") as figure:
        assert figure.width > figure.height  # two panels: label and patient; no slides are known


@pytest.fixture
def embedded(as_program: Program, small_study: Path, tmp_path: Path) -> Path:
    """All pictures of the study by a recipe, and 8 of them once more without a label."""
    more = tmp_path / "more"
    more.mkdir()
    rows = table(small_study.parent / "pictures" / "labels.csv")
    for row in (*rows[:4], *rows[-4:]):
        with Image.open(small_study.parent / "pictures" / row["file"]) as image:
            image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(more / f"{row['label']}_{row['file']}")
    words = ("embed", small_study, "--data", small_study.parent, "--backbone", BACKBONE)
    code, events, _ = as_program(*words, "--unlabelled", more, "--out", tmp_path / "embedded")
    assert (code, events[-1]["pictures"], events[-1]["features"]) == (0, 56, 1280)
    assert 0 < events[-1]["nearest"] <= 1
    return tmp_path / "embedded" / "embeddings.npz"


def test_labels_are_handed_on_and_kept_apart(as_program: Program, embedded: Path, tmp_path: Path) -> None:
    made = read_embeddings(embedded)
    assert (made.folds[:48] >= 0).all()
    assert (made.folds[48:] == -1).all()
    out = tmp_path / "pseudo.csv"
    words = ("spread", embedded, "--out", out, "--confidence", 0.6, "--neighbours", 2)
    code, events, _ = as_program(*words)
    done = events[-1]
    assert (code, done["given"], done["unlabelled"]) == (0, 48, 8)
    assert set(done["checked"]) == {"right", "reached", "pictures"}
    lines = table(out)
    assert 0 < len(lines) == done["labelled"] <= 8
    assert {line["origin"] for line in lines} == {"spread"}
    assert not {line["file"] for line in lines} & set(made.names[:48])
    # a mirrored picture lies beside itself, whatever the class
    assert all(line["label"] == line["file"].split("_")[0] for line in lines)
    assert json.loads(out.with_suffix(".json").read_text())["labels"] == done["labels"]
    code, events, _ = as_program(*words, "--fold", 0)
    hidden = int(np.isin(made.folds, (0, 1)).sum())
    assert (code, events[-1]["hidden"]) == (0, hidden)
    code, events, _ = as_program(*words, "--fold", 5)
    assert (code, "none of number 5" in events[-1]["what"]) == (2, True)


def test_a_table_that_a_person_wrote_is_not_replaced(
    as_program: Program, embedded: Path, tmp_path: Path, small_study: Path
) -> None:
    own = small_study.parent / "pictures" / "labels.csv"
    before = own.read_bytes()
    code, events, _ = as_program("spread", embedded, "--out", own)
    assert (code, "holds something else" in events[-1]["what"]) == (2, True)
    assert own.read_bytes() == before


def test_what_cannot_be_spread(
    as_program: Program, small_study: Path, tiny_model: Path, tmp_path: Path
) -> None:
    pictures, out = small_study.parent / "pictures", tmp_path / "out"
    assert as_program("embed", pictures, "--model", tiny_model, "--out", out)[0] == 0
    code, events, _ = as_program("spread", out / "embeddings.npz", "--out", tmp_path / "p.csv")
    assert (code, "has a label already" in events[-1]["what"]) == (2, True)
    (tmp_path / "none.npz").write_bytes(b"PK no more")
    code, events, _ = as_program("spread", tmp_path / "none.npz", "--out", tmp_path / "p.csv")
    assert (code, "holds no embeddings" in events[-1]["what"]) == (2, True)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "which network"),
        (["--model", "unknown"], "no model named"),
        (["--backbone", "no_such_network"], "no network named"),
        (["--model", "cellularity", "--backbone", BACKBONE], "its own weights"),
        (["--backbone", BACKBONE, "--patient", "owner"], "no column owner"),
    ],
)
def test_words_that_mean_nothing(
    as_program: Program, small_study: Path, tmp_path: Path, words: list[str], reason: str
) -> None:
    pictures = small_study.parent / "pictures"
    code, events, _ = as_program("embed", pictures, "--out", tmp_path / "out", *words)
    assert code == 2
    assert reason in events[-1]["what"]
    assert not (tmp_path / "out").exists()


def test_folders_are_labels_and_missing_pictures_are_named(
    as_program: Program, small_study: Path, tiny_model: Path, tmp_path: Path
) -> None:
    pictures = small_study.parent / "pictures"
    rows = table(pictures / "labels.csv")
    for row in (*rows[:3], *rows[-3:]):
        place = tmp_path / "sorted" / row["label"] / row["file"]
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(pictures / row["file"], place)
    out = tmp_path / "out"
    assert as_program("embed", tmp_path / "sorted", "--model", tiny_model, "--out", out)[0] == 0
    assert sorted(set(read_embeddings(out / "embeddings.npz").labels)) == ["benign", "malignant"]
    (pictures / rows[0]["file"]).unlink()
    code, events, _ = as_program("embed", pictures, "--model", tiny_model, "--out", out)
    assert (code, rows[0]["file"] in events[-1]["what"]) == (2, True)
