"""16 bits that are exact whatever slope, intercept and table say; a known fault mended only where it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.volume.facts import Facts, items_of
from ml.volume.rescale import AIR, Scaling, is_wrapped, scaling_of, voxels_of
from tests.ml.volume.scans import ct_dataset

SLOPES = st.sampled_from([1.0, 2.0, -1.0, 0.5, 0.61, 2.0002442, 32.1216])
INTERCEPTS = st.sampled_from([0.0, -1024.0, -4047.0, -1000.5, 8192.0, 40000.0])


@given(
    values=st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=30),
    is_signed=st.booleans(),
    slope=SLOPES,
    intercept=INTERCEPTS,
)
def test_every_value_is_exact(values: list[int], is_signed: bool, slope: float, intercept: float) -> None:
    stored = np.array([values], np.int16 if is_signed else np.int32)
    stored = stored if is_signed else (stored + 2**15).astype(np.uint16)
    found = voxels_of(stored, Scaling(slope, intercept))
    assert found.voxels.dtype == np.int16
    assert np.allclose(
        found.voxels * found.scale + found.offset, stored * slope + intercept, rtol=1e-12, atol=1e-9
    )


def test_hounsfield_units_are_stored_as_they_are_where_that_is_exact() -> None:
    stored = np.array([[0, 1024, 4095]], np.uint16)
    voxels, scale, offset, _ = voxels_of(stored, Scaling(1.0, -1024.0))
    assert (voxels.tolist(), scale, offset) == ([[-1024, 0, 3071]], 1.0, 0.0)
    beyond = voxels_of(np.array([[0, 65535]], np.uint16), Scaling(1.0, -1024.0))
    assert (beyond.scale, beyond.offset) == (1.0, 31744.0)
    assert (beyond.voxels + beyond.offset).tolist() == [[-1024, 64511]]


def test_padding_beyond_sixteen_bits_does_not_cost_the_rest() -> None:
    """-32768 with an intercept of -1024 is -33792, but stands for nothing."""
    stored = np.array([[-32768, 0, 1064]], np.int16)
    found = voxels_of(stored, Scaling(1.0, -1024.0, padding=(-32768, -32768)))
    assert (found.voxels.tolist(), found.scale, found.offset) == ([[AIR, AIR, 40]], 1.0, 0.0)


def test_more_than_sixteen_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 16 bits"):
        voxels_of(np.array([[0, 100_000]], np.int32), Scaling(1.0, 0.0))
    found = voxels_of(np.array([[100_000, 150_000]], np.int32), Scaling(1.0, 0.0))
    assert (found.voxels * found.scale + found.offset).tolist() == [[100_000, 150_000]]


def slice_of_head(intercept: int) -> np.ndarray:
    """Air, skin, brain, bone and a little metal, in HU + -intercept."""
    y, x = np.mgrid[:64, :64]
    radius = np.hypot(y - 32, x - 32)
    values = np.where(radius < 25, 40, -1000) + 1400 * (np.abs(radius - 24) < 1.5)
    values[32, 30:33] = 3000
    return values - intercept


def test_wrapped_values_are_recognised_by_what_they_hold() -> None:
    head = slice_of_head(0)
    folded = np.mod(head, 4096).astype(np.uint16)
    how = scaling_of(
        Facts(items_of(ct_dataset(folded, BitsStored=12, HighBit=11, RescaleIntercept="0", RescaleType="HU")))
    )
    assert how.may_wrap
    found = voxels_of(folded, how)
    assert found.was_wrapped
    metal = head >= 3072 - 1024 + 1024
    assert np.array_equal(found.voxels[~metal], head[~metal])


def test_sound_values_are_not_turned_back() -> None:
    """The same header with values that never were below 0: a phantom of water, with some metal."""
    water = np.clip(slice_of_head(0), 0, 4095).astype(np.uint16)
    how = Scaling(1.0, 0.0, may_wrap=True)
    assert not is_wrapped(water)
    found = voxels_of(water, how)
    assert not found.was_wrapped
    assert np.array_equal(found.voxels, water)


@pytest.mark.parametrize(
    "changes",
    [{"BitsStored": 16, "HighBit": 15}, {"RescaleIntercept": "-1024"}, {"PixelRepresentation": 1}],
)
def test_other_headers_never_wrap(changes: dict[str, object]) -> None:
    facts = {"BitsStored": 12, "HighBit": 11, "RescaleIntercept": "0"} | changes
    assert not scaling_of(Facts(items_of(ct_dataset(np.zeros((4, 4), np.uint16), **facts)))).may_wrap


def test_a_signed_table_may_begin_below_zero() -> None:
    from pydicom.dataset import Dataset

    table = Dataset()
    table.LUTDescriptor = [4, -2, 16]
    table["LUTDescriptor"].VR = "SS"
    table.LUTData = np.array([10, 20, 40, 60000], dtype="<u2").tobytes()
    table["LUTData"].VR = "OW"
    table.ModalityLUTType = "HU"
    stored = np.array([[-5, -2, -1], [0, 1, 9]], dtype=np.int16)
    dataset = ct_dataset(stored, RescaleSlope=None, RescaleIntercept=None)
    dataset.ModalityLUTSequence = [table]
    how = scaling_of(Facts(items_of(dataset)))
    found = voxels_of(stored, how)
    assert how.unit == "HU"
    assert (found.voxels * found.scale + found.offset).tolist() == [[10, 10, 20], [40, 60000, 60000]]


@pytest.mark.parametrize(
    ("changes", "unit"),
    [
        ({"RescaleType": None}, "HU"),
        ({"RescaleType": "HU"}, "HU"),
        ({"RescaleType": "US"}, "US"),
        ({"RescaleType": "MGML"}, "MGML"),
        ({"RescaleIntercept": None}, ""),
    ],
)
def test_the_unit_is_what_the_file_says(changes: dict[str, object], unit: str) -> None:
    assert scaling_of(Facts(items_of(ct_dataset(np.zeros((4, 4), np.int16), **changes)))).unit == unit


@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept"])
def test_nonsense_is_not_guessed(keyword: str) -> None:
    items = items_of(ct_dataset(np.zeros((4, 4), np.int16)))
    tag = {"RescaleSlope": 0x00281053, "RescaleIntercept": 0x00281052}[keyword]
    items[tag] = type(items[tag])("DS", b"1O24")
    with pytest.raises(ValueError, match=f"its {keyword} is no number"):
        scaling_of(Facts(items))
