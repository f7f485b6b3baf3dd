"""Which pixel sizes are believed, and what is said of the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.geometry import Size, Spacing
from ml.slide.openslide_facts import levels_of, objective_of, spacing_of, vendor_of
from ml.slide.picture_source import spacing_from_dpi
from ml.slide.spacing import STATED_RANGE, TAG_RANGE, doubt


@given(st.floats(*TAG_RANGE))
def test_what_a_microscope_makes_is_believed(value: float) -> None:
    assert doubt(Spacing.square(value)) == ""
    assert doubt(Spacing.square(value), STATED_RANGE) == ""


@pytest.mark.parametrize(
    "value",
    [0.0, -0.5, float("nan"), float("inf"), 352.778, 84.67, 21.17, 0.001, 1e-30, 1e30],
)
def test_what_cannot_be_is_said_in_a_sentence(value: float) -> None:
    said = doubt(Spacing.square(value))
    assert said.startswith("The file says")
    assert said.endswith(".")
    assert "e+" not in said.replace("1e+30", "")


def test_pixels_are_square() -> None:
    assert doubt(Spacing(0.5, 0.52)) == ""
    assert "square" in doubt(Spacing(0.5, 1.0))
    assert "square" in doubt(Spacing(1.0, 0.5))


@given(st.floats(0.02, 20))
def test_dots_per_inch_are_turned_into_microns(value: float) -> None:
    known, said = spacing_from_dpi(25400 / value, 25400 / value)
    if 0.0201 < value < 19.99:
        assert known is not None
        assert known.spacing.mean == pytest.approx(value)
        assert "resolution" in known.source
        assert said == ""


@pytest.mark.parametrize("dpi", [72, 96, 150, 300, 600, 1200])
def test_resolutions_of_screens_and_printers_are_not_believed(dpi: int) -> None:
    known, said = spacing_from_dpi(dpi, dpi)
    assert known is None
    assert "not believed" in said


def test_no_resolution_is_no_spacing() -> None:
    assert spacing_from_dpi(0, 0) == (None, "The file does not say how large a pixel is.")


def test_what_openslides_properties_mean() -> None:
    known, said = spacing_of(
        {"openslide.vendor": "aperio", "openslide.mpp-x": "0.499", "openslide.mpp-y": "0.499"}
    )
    assert known is not None
    assert known.source == "the file"
    assert said == ""
    tag = {"openslide.vendor": "generic-tiff", "openslide.mpp-x": "25", "openslide.mpp-y": "25"}
    assert spacing_of(tag)[0] is None, "a resolution tag is believed less far"
    assert spacing_of(tag | {"openslide.vendor": "aperio"})[0] is not None
    note = {
        "tiff.ImageDescription": "a sample\nspacing source: nominal; more",
        "openslide.vendor": "generic-tiff",
    }
    known, _ = spacing_of(note | {"openslide.mpp-x": "0.5", "openslide.mpp-y": "0.5"})
    assert known is not None
    assert known.source == "nominal"


def test_an_objective_is_mentioned_but_never_turned_into_a_spacing() -> None:
    known, said = spacing_of({"openslide.objective-power": "20"})
    assert known is None
    assert "×20" in said
    assert objective_of({"openslide.objective-power": "40"}) == 40
    for text in ("", "0", "-1", "unknown"):
        assert objective_of({"openslide.objective-power": text}) is None


def test_vendors_have_names() -> None:
    assert vendor_of({"openslide.vendor": "aperio"}) == "Aperio SVS"
    assert vendor_of({"openslide.vendor": "new-one"}) == "new-one"
    assert vendor_of({}) == "Slide"


@given(st.integers(600, 100_000), st.integers(600, 100_000), st.sampled_from([2, 4, 8, 16]))
def test_a_level_that_was_halved_has_a_whole_factor(width: int, height: int, factor: int) -> None:
    """Rounded up or down: where the odd pixel went does not move the rest of the slide."""
    full = Size(width, height)
    for sizes in (
        [full, Size(width // factor, height // factor)],
        [full, Size(-(-width // factor), -(-height // factor))],
    ):
        assert levels_of(sizes, {})[1].downsample == factor


def test_a_factor_that_is_no_whole_number_stays_one() -> None:
    levels = levels_of([Size(10_000, 8000), Size(4000, 3200)], {})
    assert levels[1].downsample == pytest.approx(2.5)


def test_tiles_are_the_files_own_where_they_are_of_use() -> None:
    sizes = [Size(10_000, 8000)] * 3
    said = {
        "openslide.level[0].tile-width": "240", "openslide.level[0].tile-height": "240",
        "openslide.level[1].tile-width": "10000", "openslide.level[1].tile-height": "1",
    }  # fmt: skip
    assert [level.tile for level in levels_of(sizes, said)] == [
        Size(240, 240),
        Size(256, 256),
        Size(256, 256),
    ]
