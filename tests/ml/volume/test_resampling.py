"""Lines at other places against numpy's own interpolation, and slabs against its plain reductions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ml.volume.resampling import combined, sampled
from ml.volume.rescale import AIR
from ml.volume.threads import in_parts


def by_numpy(line: NDArray[np.float32], at: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.interp(at, np.arange(len(line)), line.astype(np.float64))
    found[(at < -0.5) | (at > len(line) - 0.5)] = AIR
    return found


@given(
    st.integers(1, 5),
    st.integers(1, 12),
    st.integers(1, 20),
    st.sampled_from([1.0, -1.0, 0.37, -1.9]),
    st.floats(-15, 25).map(lambda x: round(x * 64) / 64 + 1 / 128),  # never just on an edge
    st.booleans(),
    st.booleans(),
)
def test_lines_are_sampled_as_numpy_does(
    rows: int, count: int, places: int, step: float, start: float, each: bool, turned: bool
) -> None:
    rng = np.random.default_rng(rows * 1000 + count)
    lines = rng.uniform(-1000, 1000, (rows, count)).astype(np.float32)
    if turned:
        lines = np.asfortranarray(lines)
    shifts = np.arange(rows)[:, None] * 0.71 if each else np.zeros((1, 1))
    at = start + step * np.arange(places)[None, :] + shifts
    kept = lines.copy()
    found = sampled(lines, at)
    wanted = np.stack([by_numpy(lines[n], at[n if each else 0]) for n in range(rows)])
    edges = np.abs(np.stack([at[n if each else 0] % 1 for n in range(rows)]) - 0.5) < 1e-3
    np.testing.assert_allclose(np.where(edges, 0, found), np.where(edges, 0, wanted), atol=0.3)
    np.testing.assert_array_equal(lines, kept)


def test_what_lies_on_the_pixels_is_them() -> None:
    lines = np.arange(12, dtype=np.float32).reshape(3, 4)
    np.testing.assert_array_equal(sampled(lines, np.arange(4.0)[None, :]), lines)
    np.testing.assert_array_equal(sampled(lines, np.arange(3.0, -1, -1)[None, :]), lines[:, ::-1])


@given(st.integers(1, 4), st.integers(1, 60), st.integers(1, 9), st.booleans())
def test_slabs_are_those_of_numpy(slices: int, rows: int, pixels: int, turned: bool) -> None:
    rng = np.random.default_rng(rows)
    block = rng.integers(-1024, 3000, (slices, rows, pixels), dtype=np.int16)
    if turned:  # as a sagittal slab lies in memory
        block = np.ascontiguousarray(block.transpose(0, 2, 1)).transpose(0, 2, 1)
    np.testing.assert_array_equal(combined(block, "max"), block.max(axis=1))
    np.testing.assert_array_equal(combined(block, "min"), block.min(axis=1))
    np.testing.assert_allclose(combined(block, "mean"), block.mean(axis=1), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("count", [0, 1, 7, 16, 301])
def test_parts_cover_all_in_order(count: int) -> None:
    parts = in_parts(lambda first, last: list(range(first, last)), count)
    assert [n for part in parts for n in part] == list(range(count))
