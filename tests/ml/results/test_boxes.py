"""Boxes from scores: against scikit-image's own labels, and what must always hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from skimage.measure import label, regionprops

from ml.annotation.shapes import Shape
from ml.geometry import Point, Rect, Size, Spacing
from ml.patches import PatchGrid
from ml.results.boxes import Box, BoxRule, covered_mm2, find_boxes, smoothed
from ml.results.scores import Scores

PATCH = Size(10, 8)
SPACING = Spacing(0.5, 0.25)

fields = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14),
    elements=st.sampled_from([0.0, 0.2, 0.5, 0.75, 1.0, float("nan")]),
)
rules = st.builds(
    BoxRule,
    class_index=st.just(1),
    threshold=st.sampled_from([0.2, 0.5, 0.9]),
    smoothing=st.sampled_from([0.0, 0.6, 1.5]),
    gap=st.integers(0, 3),
    least_patches=st.integers(1, 4),
)


def scores_of(field: NDArray[np.float32], origin: Point | None = None) -> Scores:
    every = np.ones(field.shape, dtype=np.bool_)
    grid = PatchGrid(origin or Point(30, 40), PATCH, 224, every, every)
    return Scores(grid, ("no", "yes"), np.stack([1 - field, field], axis=-1))


def counting(field: NDArray[np.float32], rule: BoxRule) -> NDArray[np.bool_]:
    """Which patches are to be in a box, by a plain sum over all of them."""
    if rule.smoothing == 0:
        return field >= np.float32(rule.threshold)
    result = np.zeros(field.shape, dtype=np.bool_)
    reach = int(3 * rule.smoothing + 0.5)
    for row, column in zip(*np.nonzero(~np.isnan(field)), strict=True):
        total = weight = 0.0
        for r in range(max(0, row - reach), min(field.shape[0], row + reach + 1)):
            for c in range(max(0, column - reach), min(field.shape[1], column + reach + 1)):
                if not np.isnan(field[r, c]):
                    w = math.exp(-((r - row) ** 2 + (c - column) ** 2) / (2 * rule.smoothing**2))
                    total, weight = total + w * float(field[r, c]), weight + w
        result[row, column] = total / weight >= rule.threshold - 1e-6
    return result


def groups(mask: NDArray[np.bool_], gap: int) -> set[frozenset[tuple[int, int]]]:
    """Patches that hang together, by walking from one to the next."""
    left = set(zip(*(index.tolist() for index in np.nonzero(mask)), strict=True))
    found = set()
    while left:
        group, edge = set(), [left.pop()]
        while edge:
            row, column = edge.pop()
            group.add((row, column))
            near = {(r, c) for r, c in left if max(abs(r - row), abs(c - column)) <= gap + 1}
            left -= near
            edge.extend(near)
        found.add(frozenset(group))
    return found


def enclosing(group: frozenset[tuple[int, int]]) -> Rect:
    rows, columns = zip(*group, strict=True)
    x, y = 30 + min(columns) * PATCH.width, 40 + min(rows) * PATCH.height
    width = (max(columns) - min(columns) + 1) * PATCH.width
    return Rect(x, y, width, (max(rows) - min(rows) + 1) * PATCH.height)


@given(field=fields, rule=rules)
@settings(max_examples=150, deadline=None)
def test_every_patch_that_counts_is_in_exactly_one_box(field: NDArray[np.float32], rule: BoxRule) -> None:
    boxes = find_boxes(scores_of(field), rule, SPACING)
    wanted = [g for g in groups(counting(field, rule), rule.gap) if len(g) >= rule.least_patches]
    assert sorted((b.rect.y, b.rect.x, b.patches) for b in boxes) == sorted(
        (enclosing(g).y, enclosing(g).x, len(g)) for g in wanted
    )
    by_place = {(enclosing(g), len(g), round(_mean(field, g), 5)) for g in wanted}
    assert {(b.rect, b.patches, round(b.score, 5)) for b in boxes} == by_place
    for box in boxes:
        assert math.isfinite(box.score)
        assert 0 <= box.score <= box.peak <= 1
        assert box.area_mm2 == pytest.approx(box.patches * 5e-3 * 2e-3)
        assert box.rule == rule
    assert [b.score for b in boxes] == sorted((b.score for b in boxes), reverse=True)
    assert len({b.key for b in boxes}) == len(boxes)


def _mean(field: NDArray[np.float32], group: frozenset[tuple[int, int]]) -> float:
    return float(np.mean([float(field[place]) for place in group]))


@given(field=fields)
@settings(deadline=None)
def test_golden_against_scikit_image(field: NDArray[np.float32]) -> None:
    boxes = find_boxes(scores_of(field), BoxRule(1, 0.5), SPACING)
    labels = label(field >= 0.5, connectivity=2)
    parts = regionprops(labels, intensity_image=np.nan_to_num(field).astype(np.float64))
    wanted = sorted((*part.bbox, part.area, part.intensity_mean, part.intensity_max) for part in parts)
    found = sorted((*_cells(box.rect), box.patches, box.score, box.peak) for box in boxes)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def _cells(rect: Rect) -> tuple[float, float, float, float]:
    """First row and column, and the first ones after the box."""
    return (rect.y - 40) / 8, (rect.x - 30) / 10, (rect.bottom - 40) / 8, (rect.right - 30) / 10


@given(field=fields, rule=rules, shift=st.tuples(st.integers(0, 3), st.integers(0, 3)))
@settings(deadline=None)
def test_keys_follow_the_patches_alone(
    field: NDArray[np.float32], rule: BoxRule, shift: tuple[int, int]
) -> None:
    """The same patches of the slide, seen through a larger grid, have the same keys."""
    up, left = shift
    larger = np.full((field.shape[0] + up, field.shape[1] + left), np.nan, dtype=np.float32)
    larger[up:, left:] = field
    moved = scores_of(larger, Point(30 - left * PATCH.width, 40 - up * PATCH.height))
    boxes = {box.key: box for box in find_boxes(scores_of(field), rule, SPACING)}
    again = {box.key: box for box in find_boxes(moved, rule, SPACING)}
    assert boxes.keys() == again.keys()
    assert all(again[key].rect == box.rect for key, box in boxes.items())


@given(field=fields, one=rules, other=rules)
@settings(deadline=None)
def test_equal_keys_mean_equal_patches(field: NDArray[np.float32], one: BoxRule, other: BoxRule) -> None:
    first, second = (by_key(field, rule) for rule in (one, other))
    for key in first.keys() & second.keys():
        assert first[key][1] == second[key][1]
    patches = {g: key for key, (_, g) in first.items()}
    for key, (_, group) in second.items():
        assert patches.get(group, key) == key


def by_key(field: NDArray[np.float32], rule: BoxRule) -> dict[str, tuple[Box, frozenset[tuple[int, int]]]]:
    """Boxes with their patches, where place and number tell which group is meant."""
    found = groups(counting(field, rule), rule.gap)
    result = {}
    for box in find_boxes(scores_of(field), rule, SPACING):
        fitting = [g for g in found if (enclosing(g), len(g)) == (box.rect, box.patches)]
        if len(fitting) == 1:
            result[box.key] = (box, fitting[0])
    return result


def test_the_class_is_part_of_the_key() -> None:
    field = np.full((2, 2), 0.5, dtype=np.float32)
    keys = {find_boxes(scores_of(field), BoxRule(index), SPACING)[0].key for index in (0, 1)}
    assert len(keys) == 2


def test_scores_are_unsmoothed() -> None:
    field = np.float32([[0, 0, 0], [0, 1, 0.6], [0, 0, 0]])
    (box,) = find_boxes(scores_of(field), BoxRule(1, 0.3, smoothing=0.7), SPACING)
    assert (box.patches, box.peak) == (2, 1.0)
    assert box.score == pytest.approx(0.8)


@given(field=fields, sigma=st.sampled_from([0.5, 1.0, 3.0]))
@settings(deadline=None)
def test_smoothing_keeps_even_fields_and_asks_no_background(field: NDArray[np.float32], sigma: float) -> None:
    known = ~np.isnan(field)
    even = np.where(known, np.float32(0.7), np.float32("nan"))
    result = smoothed(even, sigma)
    np.testing.assert_array_equal(np.isnan(result), ~known)
    np.testing.assert_allclose(result[known], 0.7, atol=1e-6)
    if known.any():
        mixed = smoothed(field, sigma)[known]
        assert field[known].min() - 1e-6 <= mixed.min()
        assert mixed.max() <= field[known].max() + 1e-6


def test_boxes_are_cut_to_the_slide() -> None:
    slide = Size(95, 60)
    grid = PatchGrid.over(Shape.rectangle(Rect.of_size(slide)), slide, Size(10, 8), 224)
    assert grid.bounds.right > slide.width
    values = np.ones((grid.rows, grid.columns, 1), dtype=np.float32)
    (box,) = find_boxes(Scores(grid, ("yes",), values), BoxRule(0), SPACING)
    assert box.rect == Rect.of_size(slide)


def test_nothing_found() -> None:
    nothing = np.full((3, 3), np.nan, dtype=np.float32)
    for field in (nothing, np.zeros((3, 3), dtype=np.float32)):
        for rule in (BoxRule(1), BoxRule(1, 0.5, 1.0, 2, 2)):
            assert find_boxes(scores_of(field), rule, SPACING) == ()


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (BoxRule(0), "threshold 0.50"),
        (
            BoxRule(0, 0.5, 0.7, 1, 2),
            "threshold 0.50, smoothing 0.7 patches, gaps up to 1 patch, ≥ 2 patches",
        ),
        (BoxRule(0, 0.125, 1.0, 3), "threshold 0.12, smoothing 1 patch, gaps up to 3 patches"),
    ],
)
def test_the_rule_in_words(rule: BoxRule, words: str) -> None:
    assert rule.in_words() == words


@given(fields, rules, rules)
@settings(max_examples=200, deadline=None)
def test_a_patch_in_boxes_of_two_rules_counts_once(
    field: NDArray[np.float32], one: BoxRule, other: BoxRule
) -> None:
    scores = scores_of(field)
    first, second = find_boxes(scores, one, SPACING), find_boxes(scores, other, SPACING)
    assert covered_mm2(scores, first, SPACING) == pytest.approx(sum(box.area_mm2 for box in first))
    both = covered_mm2(scores, (*first, *second), SPACING)
    areas = [sum(box.area_mm2 for box in boxes) for boxes in (first, second)]
    assert max(areas) <= both + 1e-12
    assert both <= sum(areas) + 1e-12
    assert both <= np.isfinite(field).sum() * SPACING.area_mm2(PATCH.area) + 1e-12


def test_a_box_accepted_at_a_lower_threshold_holds_those_of_a_higher_one() -> None:
    field = np.full((3, 5), 0.6, np.float32)
    field[1, 1] = field[1, 3] = 0.9
    scores = scores_of(field)
    (whole,) = find_boxes(scores, BoxRule(1, 0.5), SPACING)
    inside = find_boxes(scores, BoxRule(1, 0.8), SPACING)
    assert len(inside) == 2
    assert covered_mm2(scores, (whole, *inside), SPACING) == pytest.approx(whole.area_mm2)
    assert covered_mm2(scores, (whole, inside[0]), SPACING) == pytest.approx(whole.area_mm2)
    assert covered_mm2(scores, (), SPACING) == 0
