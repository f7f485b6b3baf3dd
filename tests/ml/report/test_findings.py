"""The facts of a report, against sums made by hand."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely

from ml.geometry import Rect
from ml.report.facts import facts, write_facts
from ml.report.findings import gather
from ml.report.material import Material
from ml.report.sentence import finding_in_words
from ml.report.words import SPACE
from ml.results.boxes import BoxRule, find_boxes

WHEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def test_numbers_of_the_region_and_its_patches(material: Material) -> None:
    content = gather(material, WHEN)
    grid, values = material.analysis.scores.grid, material.analysis.scores.values
    ring = [(point.x, point.y) for point in material.region.rings[0]]
    assert content.region.area_mm2 == pytest.approx(shapely.Polygon(ring).area * 0.25e-6)
    assert (content.region.x_mm, content.region.width_px) == (90 * 0.5e-3, 810)
    scored = ~np.isnan(values[..., 0])
    assert content.patches.scored == scored.sum() == content.patches.planned
    assert content.patches.in_region == grid.inside.sum()
    assert 0 < content.patches.skipped_share < 1
    assert content.patches.scored_area_mm2 == pytest.approx(scored.sum() * (64 * 0.5e-3) ** 2)
    assert (content.slide.width_mm, content.slide.height_mm) == (0.512, 0.384)
    assert content.slide.name == "Straße 見.svs"


def test_numbers_of_the_classes(material: Material) -> None:
    content = gather(material, WHEN)
    known = material.analysis.scores.values.reshape(-1, 3).astype(float)
    known = known[~np.isnan(known[:, 0])]
    for index, row in enumerate(content.classes):
        patches = sum(int(values.argmax() == index) for values in known)
        assert (row.patches, row.share) == (patches, pytest.approx(patches / len(known)))
        assert row.mean == pytest.approx(known[:, index].mean())
        assert row.highest == pytest.approx(known[:, index].max())
        assert row.color == material.card.colors[index]


def test_sigmoid_classes_are_counted_from_the_threshold_on(material: Material) -> None:
    card = dataclasses.replace(material.card, output="sigmoid")
    content = gather(dataclasses.replace(material, card=card), WHEN)
    known = material.analysis.scores.values[material.analysis.scores.scored]
    assert [row.patches for row in content.classes] == (known >= 0.7).sum(axis=0).tolist()
    assert content.shown.counted == "at or above the threshold"


def test_boxes_are_numbered_by_verdict(material: Material) -> None:
    content = gather(material, WHEN)
    verdicts = [box.verdict for box in content.boxes]
    assert verdicts == sorted(verdicts, key=["accepted", "open", "rejected"].index)
    assert [box.number for box in content.boxes] == list(range(1, len(verdicts) + 1))
    by_key = {box.key: box for box in material.boxes}
    for row in content.boxes:
        box = by_key[row.key]
        assert Rect(row.x_px, row.y_px, row.width_px, row.height_px) == box.rect
        assert row.center_x_mm == pytest.approx(box.rect.center.x * 0.5e-3)
        assert row.class_name == "much & more"


def test_the_first_sentence(material: Material, make_material: Callable[..., Material]) -> None:
    kept = [box for box in material.boxes if material.verdict(box) != "rejected"]
    rejected = len(material.boxes) - len(kept)
    said = finding_in_words(material).replace(SPACE, " ")
    accepted = sum(material.verdict(box) == "accepted" for box in kept)
    assert said.startswith(f"{len(kept)} boxes of “much & more”, together")
    assert (
        f"({accepted} accepted, {len(kept) - accepted} open; {rejected} more rejected and not counted)"
        in said
    )
    assert f"mean probability {min(b.score for b in kept):.2f} to {max(b.score for b in kept):.2f}" in said
    assert said.endswith("scored in 12 s by Tiny <model> 1.2.")
    all_rejected = finding_in_words(make_material(verdicts=("rejected",)))
    assert (
        f"{len(material.boxes)} boxes of “much & more” found, and all rejected by the reader." in all_rejected
    )
    single = finding_in_words(make_material(rule=BoxRule(2, 0.9, least_patches=500)))
    assert "no group of patches was large enough" in single


def test_boxes_in_one_another_count_once(material: Material) -> None:
    everything = find_boxes(
        material.analysis.scores, BoxRule(material.layers.class_index, 0.0), material.spacing
    )
    said = finding_in_words(dataclasses.replace(material, boxes=(*material.boxes, *everything)))
    assert "(100 % of the scored tissue)" in said.replace(SPACE, " ")


def test_json_holds_the_same_and_no_folders(material: Material, tmp_path: Path) -> None:
    content = gather(material, WHEN)
    write_facts(content, tmp_path / "report.json")
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert "Jane" not in text
    assert "/home" not in text
    said = json.loads(text, parse_constant=pytest.fail)
    assert said == json.loads(json.dumps(facts(content)))
    assert list(said)[:3] == ["schema", "schema_version", "notice"]
    assert said["comment"] == "Dense <b>here</b> & there."
    assert said["run"]["parameters"] == {"batch": 8, "weights": "m.safetensors", "shares": [0.5]}
    assert said["model"]["metrics"]["confusion"] == [[1, 2], [3, 4]]
    assert len(said["boxes"]) == len(material.boxes)
    assert said["reported"] == "2026-03-01T12:30:00+00:00"


def test_nan_becomes_null(make_material: Callable[..., Material]) -> None:
    said = facts(gather(make_material(scored=0.0, complete=False), WHEN))
    classes = said["classes"]
    assert isinstance(classes, list)
    assert classes[0]["mean"] is None
    assert said["complete"] is False
