"""Counting nuclei: drawn ones exactly, real ones in the order that anybody sees."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from ml import paths
from ml.train.labels import density, hard_label, soft_label
from ml.train.nuclei import find_nuclei
from ml.train.recipe import read_recipe

EDGE = 224


def drawn(places: list[tuple[int, int]], radius: int = 6) -> np.ndarray:
    """Hematoxylin-blue discs on eosin-pink ground."""
    image = Image.new("RGB", (EDGE, EDGE), (236, 190, 210))
    draw = ImageDraw.Draw(image)
    for x, y in places:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(90, 70, 150))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)))


@pytest.mark.parametrize("radius", [5, 7, 9])
def test_drawn_nuclei_are_found_where_they_are(radius: int) -> None:
    places = [(20 + 30 * (n % 7), 20 + 30 * (n // 7)) for n in range(45)]
    found = find_nuclei(drawn(places, radius))
    assert len(found) == len(places)
    for x, y in places:
        assert np.hypot(found.x - x, found.y - y).min() <= 2


def test_brown_is_not_blue() -> None:
    image = Image.new("RGB", (EDGE, EDGE), (235, 230, 225))
    draw = ImageDraw.Draw(image)
    for n in range(16):
        x, y = 30 + 50 * (n % 4), 30 + 50 * (n // 4)
        draw.ellipse((x - 8, y - 8, x + 8, y + 8), fill=(120, 75, 35))  # DAB alone
    assert len(find_nuclei(np.asarray(image))) <= 2
    for n in range(16):
        x, y = 30 + 50 * (n % 4), 30 + 50 * (n // 4)
        draw.ellipse((x - 8, y - 8, x + 8, y + 8), fill=(90, 90, 160))  # hematoxylin
    assert len(find_nuclei(np.asarray(image))) == 16


def test_glass_has_none() -> None:
    chance = np.random.default_rng(1)
    glass = np.clip(243 + chance.normal(0, 1.5, (EDGE, EDGE, 3)), 0, 255).astype(np.uint8)
    assert len(find_nuclei(glass)) == 0


def test_counting_in_a_square() -> None:
    found = find_nuclei(drawn([(40, 40), (180, 40), (40, 180), (180, 180), (110, 110)]))
    assert found.within(0, 0, EDGE) == 5
    assert found.within(0, 0, EDGE / 2) == 2
    assert found.within(150, 150, 60) == 1


def test_labels_share_out_what_lies_near_a_bound() -> None:
    classes = read_recipe(paths.resources() / "recipes" / "cellularity.toml").classes
    area = (0.112) ** 2
    for per_mm2 in (0.0, 150.0, 299.0, 301.0, 1999.0, 2001.0, 5000.0, 12000.0):
        soft = soft_label(per_mm2, area, classes)
        assert soft.sum() == pytest.approx(1, abs=1e-5)
        assert (soft >= 0).all()
        if min(abs(per_mm2 - bound) / bound for bound in classes.bounds) > 0.3:
            assert soft.argmax() == hard_label(per_mm2, classes)
    near = soft_label(2000.0, area, classes)
    assert near[1] == pytest.approx(near[2], abs=0.02)
    assert density(25, EDGE, 0.5) == pytest.approx(25 / area)


@pytest.mark.data
def test_real_tissue_in_the_order_that_anybody_sees(real_data) -> None:
    skin = np.asarray(Image.open(real_data / "slides" / "skin_he_field.tif").convert("RGB"))
    collagen = len(find_nuclei(skin[450:674, 950:1174]))
    dermis = len(find_nuclei(skin[500:724, 800:1024]))
    epidermis = len(find_nuclei(skin[300:524, 200:424]))
    assert 5 < collagen < dermis < epidermis / 2
