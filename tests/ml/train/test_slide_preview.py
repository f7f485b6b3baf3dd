"""The patches that are shown are those that a recipe learns from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from ml.annotation.geojson import write_geojson
from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem
from ml.geometry import Point, Rect
from ml.progress import Progress
from ml.train.slide_preview import Drawn, preview_slide
from ml.train.slide_rows import read_slides, rows_of
from ml.train.study_recipe import NetworkPlan, Slides, Task
from tests.ml.verbs.conftest import tissue_slide

__all__ = ["tissue_slide"]


def test_it_shows_what_is_learned_from(tissue_slide: Path, tmp_path: Path) -> None:
    folder = tmp_path / "slides"
    folder.mkdir()
    (folder / "p1_a.tif").symlink_to(tissue_slide)
    table = folder / "boxes.csv"
    table.write_text("file,x1,y1,x2,y2\np1_a.tif,300,200,700,640\n", encoding="utf-8")
    plan = NetworkPlan("test_resnet", size=(64, 64), spacing=1.0)
    source = Slides("s", ".", cover=0.4, tissue=0.3)
    slides = read_slides([source], Task(("lesion",), "sigmoid"), plan, folder, Progress())
    rows = rows_of(slides, [source])
    shown = preview_slide(folder / "p1_a.tif", 64, 1.0, 0.0, table)
    taken = shown.taken(0.3)
    assert {(row.rect.x, row.rect.y) for row in rows} == {(x, y) for x, y, *_ in shown.rects[taken]}
    assert sum(row.labels[0] for row in rows) == (taken & (shown.cover >= 0.4)).sum() > 0
    assert shown.taken(0.0).sum() == (shown.tissue > 0).sum()
    assert np.array_equal(shown.boxes, [[300, 200, 700, 640]])


def test_a_picture_without_spacing_has_to_be_told_it(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(np.full((64, 64, 3), 240, dtype=np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(Problem, match="how large a pixel is"):
        preview_slide(tmp_path / "a.png", 16, 1.0, 0.0, None)
    assert len(preview_slide(tmp_path / "a.png", 16, 1.0, 1.0, None).rects) == 16


def test_drawn_outlines_label_patches_by_how_much_of_them_they_cover(
    tissue_slide: Path, tmp_path: Path
) -> None:
    """A triangle, so that its cover is not that of the box round it."""
    triangle = Shape.outline((Point(300, 200), Point(700, 200), Point(300, 640)))
    others = (
        Annotation(Shape.rectangle(Rect(0, 0, 64, 64)), class_name="Fat"),
        Annotation(Shape.line((Point(0, 0), Point(9, 9)))),
    )
    write_geojson((Annotation(triangle, class_name="Tumour"), *others), tmp_path / "a.geojson")
    table = tmp_path / "slides.csv"
    table.write_text(f"file,patient,outlines\n{tissue_slide},p1,a.geojson\n", encoding="utf-8")
    source = Slides("s", ".", files="slides.csv", cover=0.4, tissue=0.3)
    task = Task(("Tumour",), "sigmoid")
    slides = read_slides(
        [source], task, NetworkPlan("test_resnet", size=(64, 64), spacing=1.0), tmp_path, Progress()
    )
    assert slides[0].group == "s: p1"
    assert slides[0].truth[0].tolist() == [[300, 200, 700, 640]]
    rows = rows_of(slides, [source])
    drawn = Drawn(tmp_path / "a.geojson", ("Tumour",), "lesion")
    shown = preview_slide(tissue_slide, 64, 1.0, 0.0, None, drawn)
    within = [
        shapely.box(x, y, x + w, y + h).intersection(triangle.polygon).area / (w * h)
        for x, y, w, h in shown.rects
    ]
    assert np.allclose(shown.cover, within)
    assert sum(row.labels[0] for row in rows) == (shown.taken(0.3) & (shown.cover >= 0.4)).sum() > 0
    assert len(shown.outlines) == 1
    table.write_text("file,patient,outlines\ngone.tif,p1,\n", encoding="utf-8")
    with pytest.raises(Problem, match="1 of 1 slides are missing: gone"):
        read_slides(
            [source], task, NetworkPlan("test_resnet", size=(64, 64), spacing=1.0), tmp_path, Progress()
        )
