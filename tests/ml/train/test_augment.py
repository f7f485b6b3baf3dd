"""Squares show what lies at their place, and stay pictures of stained tissue whatever is varied."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.data import immunohistochemistry

from ml import paths
from ml.train.augment import place_squares, vary
from ml.train.nuclei import Nuclei, find_nuclei
from ml.train.recipe import read_recipe

FIT = read_recipe(paths.resources() / "recipes" / "cellularity.toml").fit


def tissue() -> torch.Tensor:
    """(4, 3, 224, 224) in 0..1."""
    picture = immunohistochemistry()
    squares = [picture[y : y + 224, x : x + 224] for y in (0, 280) for x in (0, 280)]
    return torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).float() / 255


@pytest.mark.parametrize("zoom", [(0.6, 0.9), (1.0, 1.0), (1.1, 1.5)])
def test_what_is_counted_in_a_place_is_what_the_square_shows(zoom: tuple[float, float]) -> None:
    """Turned and mirrored or not: each dot of the map inside the place is in the square, and no other."""
    places = np.stack(np.meshgrid(np.arange(12, 224, 25), np.arange(12, 224, 25)), -1).reshape(-1, 2)
    nuclei = Nuclei(places[:, 0], places[:, 1])
    maps = torch.from_numpy(nuclei.map(224)).float()[None, None].repeat(8, 1, 1, 1) / 255
    squares, where = place_squares(maps, 144, zoom, torch.Generator().manual_seed(4))
    assert squares.shape == (8, 1, 144, 144)
    one_dot = float(nuclei.map(224).sum()) / 255 / len(nuclei)
    for square, (left, top, edge) in zip(squares, where.tolist(), strict=True):
        assert 0 <= left <= left + edge <= 224.01
        assert 0 <= top <= top + edge <= 224.01
        assert zoom[0] * 144 - 0.01 <= edge <= zoom[1] * 144 + 0.01
        shown = float(square.sum()) * (edge / 144) ** 2 / one_dot
        margin = 4 * edge / 25 * 0.35 + 1  # dots on the square's border are shown in part
        assert abs(shown - nuclei.within(left, top, edge)) <= margin


def test_varied_squares_are_still_pictures_and_nuclei_still_countable() -> None:
    images = tissue()
    varied = vary(images, FIT, torch.Generator().manual_seed(1))
    assert varied.shape == images.shape
    assert 0 <= float(varied.min()) <= float(varied.max()) <= 1
    assert not torch.allclose(varied, images, atol=0.02)
    before, after = (
        sum(len(find_nuclei((picture.permute(1, 2, 0) * 255).byte().numpy())) for picture in pictures)
        for pictures in (images, varied)
    )
    assert 0.5 * before < after < 2 * before


def test_the_seed_decides() -> None:
    images = tissue()
    one, same, other = (vary(images, FIT, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
