"""Findings in a series: runs of slices, summaries, boxes in a map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from ml.results.ct_findings import find_ct, map_boxes
from ml.results.ct_scores import TOP, CtPart, CtScores

NAMES = ("any", "subdural")


def scores_of(*columns: list[float]) -> CtScores:
    values = np.array(columns, dtype=np.float32).T
    return CtScores(NAMES[: values.shape[1]], values, np.zeros_like(values))


def test_a_run_bridges_one_slice_and_no_more() -> None:
    found = find_ct(scores_of([0.1, 0.8, 0.2, 0.9, 0.1, 0.1, 0.7]), (0.5,), "1.2")
    assert [(f.first, f.last, f.peak_slice) for f in found] == [(1, 3, 3), (6, 6, 6)]
    assert found[0].peak == pytest.approx(0.9)
    assert found[0].mean == pytest.approx(0.85), "the slice between does not count"
    assert 2 in found[0]
    assert 4 not in found[0]


def test_slices_nobody_looked_at_part_findings() -> None:
    nan = float("nan")
    assert len(find_ct(scores_of([0.8, nan, 0.9]), (0.5,), "1.2")) == 2


def test_every_class_has_its_own_threshold_and_key() -> None:
    found = find_ct(scores_of([0.6, 0.6], [0.6, 0.6]), (0.5, 0.7), "1.2")
    assert [f.class_index for f in found] == [0]
    again = find_ct(scores_of([0.6, 0.6], [0.6, 0.6]), (0.55, 0.7), "1.2")
    assert again[0].key == found[0].key, "the same slices of the same class"
    assert find_ct(scores_of([0.6, 0.6]), (0.5,), "1.3")[0].key != found[0].key


@given(st.lists(st.sampled_from([0.0, 0.4, 0.5, 0.9, float("nan")]), min_size=1, max_size=30))
def test_every_slice_from_the_threshold_on_is_in_exactly_one_finding(column: list[float]) -> None:
    scores = scores_of(column)
    found = find_ct(scores, (0.5,), "1.2")
    for number, value in enumerate(scores.values[:, 0]):
        holding = sum(number in finding for finding in found)
        assert holding == 1 if value >= 0.5 else holding <= 1
    for finding in found:
        assert scores.values[finding.peak_slice, 0] == np.float32(finding.peak)
        assert finding.peak_slice in finding


def test_the_summary_is_the_mean_of_the_likeliest() -> None:
    scores = CtScores.empty(8, NAMES)
    assert scores.summary(0).slice_number == -1
    assert scores.most_suspicious() == (-1, -1)
    values = np.random.default_rng(3).random((7, 2)).astype(np.float32)
    scores.put(CtPart(np.arange(7), values, values * 0))
    expected = np.sort(values[:, 1])[::-1]
    summary = scores.summary(1)
    assert summary.highest == expected[0]
    assert summary.slice_number == int(values[:, 1].argmax())
    assert summary.top_mean == pytest.approx(expected[:TOP].mean(), rel=1e-6)
    assert values[scores.most_suspicious()] == values.max()
    assert scores.scored.sum() == 7


def test_boxes_lie_around_the_bright_parts_of_a_map() -> None:
    heat = np.zeros((40, 50), dtype=np.float32)
    heat[5:9, 10:20] = 1
    heat[30:34, 40:42] = 0.7
    heat[20, 20] = 0.6  # too little of all
    boxes = map_boxes(heat)
    assert [(r.x, r.y, r.width, r.height) for r, _ in boxes] == [(10, 5, 10, 4), (40, 30, 2, 4)]
    total = 40 + 8 * 0.7 + 0.6
    assert [share for _, share in boxes] == pytest.approx([40 / total, 5.6 / total], rel=1e-5)
    assert map_boxes(np.zeros((4, 4), dtype=np.float32)) == ()


def test_the_highest_place_lies_in_a_box() -> None:
    heat = ndimage.gaussian_filter(np.random.default_rng(1).random((64, 64)), 4).astype(np.float32)
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    assert any(r.x <= column < r.right and r.y <= row < r.bottom for r, _ in map_boxes(heat, 0.9, 0.0))
