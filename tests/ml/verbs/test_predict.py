"""`parfocal-ml train` and `predict` on whole pictures, as a person types them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from ml.__main__ import app, main
from tests.ml.train.studies import write_pictures

RECIPE = """
name = "greens"
title = "Greens"
version = "1"
[task]
classes = ["a", "b"]
[[sources]]
name = "noise"
path = "pictures"
group = "patient"
[network]
architecture = "plain_resnet"
options = { first_hidden = 16, stages = 3, layers = 2 }
size = [32, 32]
[fit]
epochs = 25
batch = 8
rate = 3e-3
[division]
folds = 3
run = 1
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures and, in `out/greens`, the model that was trained on them."""
    place = tmp_path_factory.mktemp("study")
    write_pictures(place / "pictures")
    (place / "greens.toml").write_text(RECIPE)
    words = ["train", str(place / "greens.toml"), "--data", str(place), "--out", str(place / "out"), "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert events[-1]["event"] == "done"
    return place


def test_a_row_a_picture(trained: Path, tmp_path: Path) -> None:
    (trained / "pictures" / "broken.png").write_bytes(b"\x89PNG and no more")
    out = tmp_path / "new" / "evaluation.csv"
    words = [
        "predict",
        str(trained / "pictures"),
        "--model",
        str(trained / "out" / "greens"),
        "--out",
        str(out),
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:2] == ["name", "prediction"]
    assert len(rows) == 37
    said = {row["name"]: row["prediction"] for row in rows}
    right = [name[0] == word for name, word in said.items() if name != "broken.png"]
    assert sum(right) >= 34
    assert said["broken.png"] == ""
    assert "cannot be read" in next(row["problem"] for row in rows if row["name"] == "broken.png")
    for row in rows:
        if row["prediction"]:
            assert float(row["a"]) + float(row["b"]) == pytest.approx(1, abs=1e-5)
    alone = CliRunner().invoke(app, [*words[:1], str(trained / "pictures" / "a0_0.png"), *words[2:]])
    assert alone.exit_code == 0
    with out.open(newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["a0_0.png"]


def test_an_invalid_path_is_a_plain_message_and_exit_code_2(
    trained: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = str(trained / "out" / "greens")
    monkeypatch.setattr("sys.argv", ["parfocal-ml", "predict", "nowhere", "--model", model])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("Invalid path: nowhere is neither a picture nor a folder.")


def test_an_empty_folder_is_said(trained: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["predict", str(tmp_path), "--model", str(trained / "out" / "greens")])
    assert "holds no pictures" in str(done.exception)


def test_the_built_in_model_takes_a_picture_as_one_patch(tmp_path: Path) -> None:
    from skimage.data import immunohistochemistry

    Image.fromarray(immunohistochemistry()).save(tmp_path / "ihc.png")
    out = tmp_path / "evaluation.csv"
    words = ["predict", str(tmp_path), "--model", "cellularity", "--out", str(out)]
    assert CliRunner().invoke(app, words).exit_code == 0
    with out.open(newline="") as file:
        assert next(csv.DictReader(file))["prediction"] in {"acellular", "low", "moderate", "high"}


def test_the_doctor_says_what_runs_where() -> None:
    lines = CliRunner().invoke(app, ["doctor", "--json"]).stdout.splitlines()
    found = {fact["what"]: fact for fact in map(json.loads, lines)}
    assert {"Computer", "Memory", "Disk", "OpenSlide", "Networks", "Training", "Models"} <= found.keys()
    assert "cellularity" in found["Models"]["words"]
    assert found["Training"]["good"]
