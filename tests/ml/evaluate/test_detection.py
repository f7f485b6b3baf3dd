"""Boxes against boxes: torchvision is the referee of overlaps, small cases are worked by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops import box_iou, generalized_box_iou

from ml.evaluate.detection import (
    Boxes,
    Counts,
    Found,
    average_precision,
    best_of,
    challenge_score,
    count,
    found_at,
    free_response,
    giou,
    grid_cap,
    iou,
    match,
)

SIDE = st.integers(1, 60)
PLACE = st.integers(0, 100)


@st.composite
def boxes(draw: st.DrawFn, most: int = 6) -> Boxes:
    found = draw(st.lists(st.tuples(PLACE, PLACE, SIDE, SIDE), max_size=most))
    return np.array([(x, y, x + w, y + h) for x, y, w, h in found], dtype=np.float64).reshape(-1, 4)


def on(*rects: tuple[float, float, float, float]) -> Boxes:
    return np.array(rects, dtype=np.float64).reshape(-1, 4)


@given(boxes(), boxes())
def test_overlaps_as_torchvision_has_them(one: Boxes, other: Boxes) -> None:
    a, b = torch.from_numpy(one), torch.from_numpy(other)
    np.testing.assert_allclose(iou(one, other), box_iou(a, b).numpy(), atol=1e-6)
    np.testing.assert_allclose(giou(one, other), generalized_box_iou(a, b).numpy(), atol=1e-6)


@given(boxes(4), boxes(4), st.sampled_from([0.1, 0.3, 0.5]))
def test_no_other_pairing_has_more_hits(one: Boxes, other: Boxes, least: float) -> None:
    overlap = iou(one, other)
    pairs = match(overlap, least)
    assert all(overlap[pair] >= least for pair in pairs)
    assert len({n for n, _ in pairs}) == len({m for _, m in pairs}) == len(pairs)
    few, many = (overlap, overlap.T)[:: 1 if len(one) <= len(other) else -1][0], max(len(one), len(other))
    most = max(
        (
            sum(bool(few[n, m] >= least) for n, m in enumerate(order))
            for order in itertools.permutations(range(many), few.shape[0])
        ),
        default=0,
    )
    assert len(pairs) == most


def test_two_predictions_on_one_truth_are_one_hit() -> None:
    twice = Found(on((0, 0, 10, 10), (0, 0, 10, 9)), np.array([0.9, 0.8]), on((0, 0, 10, 10)))
    assert count(twice, 0.5) == Counts(hits=1, false=1, missed=0)


@given(st.integers(0, 20), st.integers(0, 20), st.floats(0.1, 8))
def test_with_as_many_boxes_as_there_are_f_is_hits_over_boxes(hits: int, missed: int, beta: float) -> None:
    equal = Counts(hits, missed, missed)
    total = hits + missed
    assert equal.f(beta) == pytest.approx(hits / total if total else 1.0)
    assert Counts(hits, missed, missed).precision == pytest.approx(hits / total if total else 0.0)


def test_the_challenge_takes_as_many_boxes_as_there_are() -> None:
    truth = on((0, 0, 10, 10), (50, 50, 60, 60))
    slide = Found(on((80, 80, 90, 90), (0, 0, 10, 10), (50, 50, 60, 60)), np.array([0.1, 0.9, 0.8]), truth)
    assert best_of(slide, 2).boxes.tolist() == truth.tolist()
    half = Found(on((80, 80, 90, 90), (0, 0, 10, 10)), np.array([0.7, 0.9]), truth)
    nothing = Found(on(), np.empty(0), on())
    assert challenge_score([slide]) == 1.0
    assert challenge_score([slide, half]) == pytest.approx(0.75)
    assert challenge_score([nothing]) == 1.0
    assert challenge_score([]) == 0.0


def test_average_precision_by_hand() -> None:
    """Right, wrong, right of 3 true ones: precision 1, 1/2, 2/3 at recall 1/3, 1/3, 2/3."""
    truth = on((0, 0, 10, 10), (20, 20, 30, 30), (40, 40, 50, 50))
    slide = Found(on((0, 0, 10, 10), (70, 70, 80, 80), (20, 20, 30, 30)), np.array([0.9, 0.8, 0.7]), truth)
    assert average_precision([slide]) == pytest.approx(1 / 3 + 2 / 3 * 1 / 3)
    assert average_precision([Found(on(), np.empty(0), truth)]) == 0.0


def test_free_response_by_hand() -> None:
    """Two slides, 4 true ones; equal scores make one point."""
    one = Found(on((0, 0, 10, 10), (70, 70, 80, 80)), np.array([0.9, 0.5]), on((0, 0, 10, 10)))
    other = Found(
        on((0, 0, 10, 10), (20, 20, 30, 30)),
        np.array([0.8, 0.5]),
        on((0, 0, 10, 10), (20, 20, 30, 30), (90, 90, 99, 99)),
    )
    curve = free_response([one, other])
    np.testing.assert_allclose(curve, [[0, 0.25, 0.9], [0, 0.5, 0.8], [0.5, 0.75, 0.5]])
    assert found_at(curve, (0.25, 0.5, 4)) == [0.5, 0.75, 0.75]
    assert free_response([]).shape == (0, 3)


@given(boxes(8), boxes(8))
def test_free_response_rises(found: Boxes, truth: Boxes) -> None:
    scores = np.linspace(1, 0, len(found))
    curve = free_response([Found(found, scores, truth)])
    assert (np.diff(curve[:, :2], axis=0) >= 0).all()
    assert 0 <= average_precision([Found(found, scores, truth)]) <= 1


def graft_boxes() -> Boxes:
    """Boxes as large as the lung-graft challenge's: log-normal through its published quartiles, anywhere.

    Width 719, 951, 1,289 px and height 714, 923, 1,256 px; the two go together, as lesions are round.
    """
    chance = np.random.default_rng(3)
    common, own = chance.standard_normal(2000), chance.standard_normal((2, 2000))
    normal = np.sqrt(0.7) * common + np.sqrt(0.3) * own
    width = 951 * np.exp(np.log(1289 / 719) / 1.349 * normal[0])
    height = 923 * np.exp(np.log(1256 / 714) / 1.349 * normal[1])
    x, y = chance.uniform(0, 50_000, (2, 2000))
    return np.stack([x, y, x + width, y + height], axis=1)


@pytest.mark.parametrize(
    ("cell", "caps"),
    [
        (1024, (0.13, 0.21, 0.20)),
        (512, (0.47, 0.64, 0.61)),
        (256, (0.90, 0.95, 0.96)),
        (128, (0.99, 0.99, 1.0)),
    ],
)
def test_the_grid_caps_what_any_network_could_reach(cell: int, caps: tuple[float, ...]) -> None:
    """Near to the study's table; its own 910 boxes are not ours to keep, so the sizes are drawn anew."""
    drawn = graft_boxes()
    found = [grid_cap(drawn, cell, cover) for cover in (0.10, 0.25, 0.50)]
    np.testing.assert_allclose(found, caps, atol=0.05)


def test_overlapping_cells_lift_the_cap() -> None:
    drawn = graft_boxes()
    assert grid_cap(drawn, 512, 0.1, stride=256) == pytest.approx(0.13, abs=0.05)
    assert grid_cap(drawn, 512, 0.5, stride=256) == pytest.approx(0.86, abs=0.05)
    assert grid_cap(drawn, 512, 0.5, stride=256, shrink=64) == pytest.approx(0.95, abs=0.05)
    assert grid_cap(on(), 512, 0.5) == 0.0
