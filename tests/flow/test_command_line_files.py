"""The whole command in a process of its own: from a picture and an outline to the files of the result."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

from PIL import Image
from skimage.data import immunohistochemistry


def test_files_come_out(tmp_path: Path, tiny_model: Path) -> None:
    Image.fromarray(immunohistochemistry()).save(tmp_path / "tissue.png")
    ring = [[10, 10], [500, 10], [500, 500], [10, 500], [10, 10]]
    feature = {
        "type": "Feature",
        "id": "b0a1d4b5-41cf-4cf4-9d52-3b1c8b1f4a01",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"objectType": "annotation"},
    }
    outline = {"type": "FeatureCollection", "features": [feature]}
    (tmp_path / "outline.geojson").write_text(json.dumps(outline), encoding="utf-8")
    words = ["analyze", "tissue.png", "--model", tiny_model, "--out", "out", "--outline", "outline.geojson"]
    words += ["--spacing", "0.25", "--threshold", "0.3", "--comment", "Seen.", "--json", "--device", "cpu"]
    command = [sys.executable, "-m", "ml", *map(str, words)]
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=_with_path(root), check=False
    )
    assert run.returncode == 0, run.stderr
    done = json.loads(run.stdout.splitlines()[-1])
    assert done["event"] == "done"
    files = {path.name: path for path in (tmp_path / "out").iterdir()}
    assert set(done["files"]) <= set(files)
    kinds = {path.suffix.replace(".tiff", ".tif") for path in files.values()}
    assert kinds >= {".csv", ".geojson", ".tif", ".pdf", ".json"}
    scored = [event for event in map(json.loads, run.stdout.splitlines()) if event["event"] == "scores"]
    count = sum(len(event["rows"]) for event in scored)
    assert count == done["patches"] == 4  # 490 px of 0.25 µm: two patches of 256 px each way
    texts = [path.read_text(encoding="utf-8") for path in files.values() if path.suffix == ".csv"]
    tables = [list(csv.reader(text.splitlines())) for text in texts]
    assert any(len(table) == 1 + count for table in tables)


def _with_path(root: Path) -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(root)}
