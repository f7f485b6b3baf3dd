"""Looks: LittleCMS and scikit-image are the referees; a block is what its tiles are."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms
from skimage.color import combine_stains, hed_from_rgb, rgb_from_hed, separate_stains
from skimage.data import immunohistochemistry

from ml.errors import Problem
from ml.geometry import Size
from ml.slide import stains
from ml.slide.color import ColorTable, background_of, facts_of, to_srgb
from ml.slide.look import ChannelLook, Look, StainView
from ml.slide.opening import open_slide
from ml.slide.shown_slide import ShownSlide, shown, tone_curve, white_curves
from ml.slide.slide import Channel, Samples, Slide
from tests.ml.conftest import ArraySlide

TISSUE: NDArray[np.uint8] = immunohistochemistry()


def wide_gamut() -> bytes:
    """A matrix profile that differs much from sRGB: its red and green are swapped about."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.find(b"rXYZ", 128), profile.find(b"gXYZ", 128)
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def slide() -> Iterator[Slide]:
    made = ArraySlide(TISSUE)
    yield made
    made.close()


def with_profile(slide: Slide, profile: bytes | None) -> Slide:
    from dataclasses import replace

    slide.info = replace(slide.info, profile=profile)
    return slide


def whole(slide: Slide) -> NDArray[np.uint8]:
    return slide.read_block(0, 0, 0, Size(512, 512))


def test_a_profile_is_taken_to_the_screen_as_littlecms_does(slide: Slide) -> None:
    profile = wide_gamut()
    assert facts_of(profile).usable
    assert facts_of(profile).changes
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        "RGB",
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    expected = np.asarray(ImageCms.applyTransform(Image.fromarray(TISSUE), transform))
    seen = shown(with_profile(slide, profile), Look())
    np.testing.assert_array_equal(whole(seen), expected)
    assert shown(slide, Look(profile=False)) is slide


def test_profiles_that_change_nothing_or_are_none() -> None:
    assert facts_of(SRGB).usable
    assert not facts_of(SRGB).changes
    assert "sRGB" in facts_of(SRGB).name
    assert to_srgb(SRGB) is None
    for broken in (b"", b"no profile", SRGB[:200]):
        facts = facts_of(broken)
        assert not facts.usable
        assert "cannot be used" in facts.trouble
        assert to_srgb(broken) is None


@pytest.mark.data
def test_real_profiles_are_named(real_data: Path) -> None:
    with open_slide(real_data / "slides" / "tcga_head_neck_jp2k_no_mpp.svs") as real:
        assert real.info.profile is not None
        assert facts_of(real.info.profile).usable


LOOKS = st.builds(
    Look,
    brightness=st.floats(-1, 1),
    contrast=st.floats(0, 4),
    gamma=st.floats(0.2, 5),
    white=st.none() | st.tuples(*[st.integers(1, 255)] * 3),
    stain=st.none() | st.sampled_from([stains.view_of("Hematoxylin"), stains.view_of("DAB", "H-DAB")]),
)
BLOCKS = st.tuples(st.integers(-40, 500), st.integers(-40, 500), st.integers(1, 90), st.integers(1, 90))


@given(LOOKS, BLOCKS)
def test_a_block_is_what_its_tiles_are(look: Look, block: tuple[int, int, int, int]) -> None:
    slide = ArraySlide(TISSUE)
    seen = shown(slide, look)
    x, y, width, height = block
    found = seen.read_block(0, x, y, Size(width, height))
    expected = Slide.read_block(seen, 0, x, y, Size(width, height))  # from tiles
    np.testing.assert_array_equal(found, expected)
    assert found.shape == (height, width, 3)


@given(st.floats(-1, 1), st.floats(0, 4), st.floats(0.2, 5))
def test_tones_keep_their_order(brightness: float, contrast: float, gamma: float) -> None:
    curve = tone_curve(brightness, contrast, gamma)
    assert (np.diff(curve.astype(int)) >= 0).all()
    assert curve.shape == (256,)


def test_plain_looks_and_their_directions(slide: Slide) -> None:
    assert shown(slide, Look()) is slide
    np.testing.assert_array_equal(tone_curve(0, 1, 1), np.arange(256))
    before = whole(slide).mean()
    assert whole(shown(slide, Look(brightness=0.2))).mean() > before + 20
    assert whole(shown(slide, Look(gamma=2))).mean() > before + 10
    assert whole(shown(slide, Look(contrast=0))).std() < 1
    assert (white_curves((200, 100, 250))[:, [200, 100, 250]].diagonal() == 255).all()


@pytest.mark.parametrize("stain", ["Hematoxylin", "Eosin", "DAB"])
def test_a_stain_alone_is_scikit_images(slide: Slide, stain: str) -> None:
    rows = rgb_from_hed / np.linalg.norm(rgb_from_hed, axis=1, keepdims=True)
    names = ("Hematoxylin", "Eosin", "DAB")
    view = StainView(
        stain, tuple((n, tuple(map(float, row))) for n, row in zip(names, rgb_from_hed, strict=True))
    )
    amounts = separate_stains(TISSUE, np.linalg.inv(rows))
    for place, name in enumerate(names):
        if name != stain:
            amounts[..., place] = 0
    expected = np.clip(combine_stains(amounts, rows), 0, 1) * 255
    found = whole(shown(slide, Look(stain=view)))
    assert np.abs(found - expected).max() <= 0.51
    own = separate_stains(TISSUE, hed_from_rgb)[..., names.index(stain)]
    darkness = 255 - found.astype(float).mean(axis=-1)
    assert np.corrcoef(own.ravel(), darkness.ravel())[0, 1] > 0.9


def test_vectors_that_are_none_are_said() -> None:
    for vectors, words in (
        ((("a", (0.6, 0.7, 0.3)), ("b", (0.61, 0.7, 0.3))), "same colour"),
        ((("a", (0.0, 0.0, 0.0)), ("b", (0.6, 0.7, 0.3))), "is no stain"),
        ((("a", (float("nan"), 1, 0)), ("b", (0.6, 0.7, 0.3))), "is no stain"),
    ):
        with pytest.raises(Problem, match=words):
            stains.check(StainView("a", vectors))
    with pytest.raises(Problem, match="not among"):
        stains.check(StainView("c", stains.PRESETS["H&E"]))
    for preset, vectors in stains.PRESETS.items():
        for name, _ in vectors:
            stains.check(stains.view_of(name, preset))
    with pytest.raises(KeyError):
        stains.view_of("PAS")


def mixed(vectors: list[tuple[float, float, float]], seed: int = 0) -> NDArray[np.uint8]:
    """Tissue of two stains in all proportions, by Beer and Lambert."""
    chance = np.random.default_rng(seed)
    unit = np.array([np.array(v) / np.linalg.norm(v) for v in vectors])
    amounts = chance.gamma(1.2, 0.5, (120, 120, len(vectors)))
    return np.clip(255 * 10 ** -(amounts @ unit), 0, 255).round().astype(np.uint8)


def test_vectors_are_found_again() -> None:
    hematoxylin, eosin = (0.65, 0.70, 0.29), (0.20, 0.80, 0.56)
    one, other = stains.vectors_from_region(mixed([eosin, hematoxylin]))
    assert np.dot(one, np.array(hematoxylin) / np.linalg.norm(hematoxylin)) > 0.99
    assert np.dot(other, np.array(eosin) / np.linalg.norm(eosin)) > 0.99
    alone = stains.vector_of(mixed([eosin]))
    assert np.dot(alone, np.array(eosin) / np.linalg.norm(eosin)) > 0.999
    assert np.linalg.norm(alone) == pytest.approx(1)
    glass = np.full((60, 60, 3), 240, dtype=np.uint8)
    with pytest.raises(Problem, match="too little stain"):
        stains.vector_of(glass)
    with pytest.raises(Problem, match="too little tissue"):
        stains.vectors_from_region(glass)
    with pytest.raises(Problem, match="one colour"):
        stains.vectors_from_region(mixed([eosin]))


def test_glass_and_what_is_none() -> None:
    chance = np.random.default_rng(0)
    glass = (np.array([232, 228, 240]) + chance.integers(-3, 4, (20, 20, 3))).astype(np.uint8)
    assert np.abs(np.array(background_of(glass)) - (232, 228, 240)).max() <= 1
    for pixels, words in (
        (np.full((5, 5, 3), 60, dtype=np.uint8), "dark"),
        (np.full((5, 5, 3), (230, 150, 200), dtype=np.uint8), "coloured"),
        (chance.integers(120, 255, (20, 20, 1), dtype=np.uint8).repeat(3, axis=2), "different things"),
        (np.zeros((0, 3, 3), dtype=np.uint8), "Nothing"),
    ):
        with pytest.raises(Problem, match=words):
            background_of(pixels)


def test_a_table_asks_for_each_colour_once_and_from_many_threads() -> None:
    asked: list[int] = []

    def invert(colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
        asked.append(len(colors))
        return 255 - colors

    table = ColorTable(invert)
    results: list[NDArray[np.uint8]] = []
    threads = [threading.Thread(target=lambda: results.append(table(TISSUE))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((result == 255 - TISSUE).all() for result in results)
    before = len(asked)
    assert (table(TISSUE[::2]) == 255 - TISSUE[::2]).all()
    assert len(asked) == before
    assert table(np.zeros((0, 4, 3), dtype=np.uint8)).shape == (0, 4, 3)


class Fluorescent(ArraySlide):
    """Two channels: the picture's red and green."""

    def __init__(self) -> None:
        from dataclasses import replace

        super().__init__(TISSUE)
        channels = (Channel("red", (255, 0, 0), 0, 255), Channel("green", (0, 255, 0), 0, 255))
        self.info = replace(self.info, channels=channels, background=(0, 0, 0))

    def read_samples(self, level: int, column: int, row: int) -> Samples:
        return self.read_tile(level, column, row)[..., :2]


def test_channels_in_other_colours(slide: Slide) -> None:
    glowing = Fluorescent()
    assert shown(glowing, Look()) is glowing
    as_file = tuple(map(ChannelLook.of, glowing.info.channels))
    assert shown(glowing, Look(channels=as_file)) is glowing
    blue = ChannelLook((0, 0, 255), 50, 150)
    seen = shown(glowing, Look(channels=(blue, ChannelLook((0, 255, 0), 0, 255, shown=False))))
    assert isinstance(seen, ShownSlide)
    assert seen.slide is glowing
    found = whole(seen)
    assert not found[..., :2].any()
    expected = np.clip((TISSUE[..., 0].astype(float) - 50) / 100, 0, 1) * 255
    assert np.abs(found[..., 2] - expected).max() <= 1
    brighter = whole(shown(glowing, Look(channels=(blue, blue), brightness=0.5)))
    assert brighter.min() >= 127
    np.testing.assert_array_equal(seen.read_samples(0, 0, 0), glowing.read_samples(0, 0, 0))
