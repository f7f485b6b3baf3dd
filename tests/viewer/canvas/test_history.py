"""Back and forward, and what a person types to go somewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import Problem
from ml.geometry import Point, Spacing
from viewer.canvas.camera import Camera, magnification
from viewer.canvas.history import History
from viewer.canvas.place_words import destination

HERE = Camera(Point(1000, 1000), 1.0, 800, 600)


def at(x: float, y: float = 1000, scale: float = 1.0) -> Camera:
    return replace(HERE, center=Point(x, y), scale=scale)


def test_back_and_forward_as_in_a_browser() -> None:
    history = History()
    for second, x in enumerate((0, 5000, 10_000)):
        history.moved(at(x), float(second))
    assert not history.can_go_forward
    history.moved(at(10_010), 3.0)  # a nudge is no other place
    assert history.back() == at(5000)
    history.moved(at(5000), 4.0)
    assert history.can_go_forward
    assert history.back() == at(0)
    history.moved(at(0), 5.0)
    assert not history.can_go_back
    assert history.forward() == at(5000)
    history.moved(at(5000), 6.0)
    history.moved(at(20_000), 7.0)  # somewhere else: what was ahead is gone
    history.moved(at(30_000), 8.0)
    assert not history.can_go_forward
    assert history.back() == at(20_000)


def test_flying_over_is_not_remembered() -> None:
    history = History()
    history.moved(at(0), 0.0)
    for step in range(100):
        history.moved(at(1000 * step), 1 + step * 0.05)
    history.moved(at(99_000), 10.0)
    history.moved(at(99_000, scale=8), 20.0)
    assert history.back() == at(99_000)
    history.moved(at(99_000), 21.0)
    assert history.back() == at(0)


def test_turning_and_zooming_count() -> None:
    history = History()
    history.moved(HERE, 0)
    history.moved(replace(HERE, scale=3.0), 1)
    history.moved(replace(HERE, scale=3.0, angle=90), 2)
    history.moved(replace(HERE, scale=3.0, angle=92), 3)
    assert history.back() == replace(HERE, scale=3.0)
    history.moved(replace(HERE, scale=3.0), 4)
    assert history.back() == HERE


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0, 2)), max_size=60), st.randoms())
def test_forward_undoes_back(moves: list[tuple[int, float]], chance: object) -> None:
    history, now = History(), 0.0
    for place, wait in moves:
        now += wait
        history.moved(at(place * 3000), now)
    way = [history._last]
    while (camera := history.back()) is not None:
        way.append(camera)
        now += 1
        history.moved(camera, now)
    for expected in reversed(way[:-1]):
        found = history.forward()
        assert found is not None
        assert expected is not None
        assert found.center.x == pytest.approx(expected.center.x, abs=300)
        now += 1
        history.moved(found, now)
    assert not history.can_go_forward


def test_the_oldest_places_are_forgotten() -> None:
    history = History()
    for second in range(1000):
        history.moved(at(3000 * second), float(second))
    steps = 0
    while (camera := history.back()) is not None:
        steps += 1
        history.moved(camera, 2000.0 + steps)
    assert 100 <= steps < 250


SPACING = Spacing(0.25, 0.5)
EVEN = Spacing(0.5, 0.5)


@pytest.mark.parametrize(
    "text",
    ["×20", "x20", "20x", "20 ×", "X 20", "×20,0", "0.5 µm/px", "0,5 µm/px", "0.5um/px", "100 %", "100%"],
)
def test_magnifications(text: str) -> None:
    found = destination(text, EVEN)
    assert found.center is None
    assert found.scale is not None
    assert magnification(replace(HERE, scale=found.scale), EVEN) == pytest.approx(20)


@pytest.mark.parametrize(
    ("text", "x", "y"),
    [
        ("12000, 8000", 12_000, 8000),
        ("12000 8000", 12_000, 8000),
        ("12000,8000", 12_000, 8000),
        ("12000 px, 8000 px", 12_000, 8000),
        ("3 mm, 4 mm", 12_000, 8000),
        ("3, 4 mm", 12_000, 8000),
        ("3000 µm · 4000 µm", 12_000, 8000),
        ("3000um;4000um", 12_000, 8000),
        ("1.5 2.5", 1.5, 2.5),
        ("12,000 · 8,000 px", 12_000, 8000),  # as the status line writes it
        ("12,000, 8,000", 12_000, 8000),
        ("3,0 mm 4,0 mm", 12_000, 8000),  # a decimal comma
        ("3,000 mm, 4,000 mm", 12_000, 8000),  # no slide is metres wide
        ("12,000.5, 8,000.25", 12_000.5, 8000.25),
        ("3 MM, 4 MM", 12_000, 8000),
    ],
)
def test_places(text: str, x: float, y: float) -> None:
    found = destination(text, SPACING)
    assert found.scale is None
    assert found.center is not None
    assert (found.center.x, found.center.y) == (pytest.approx(x), pytest.approx(y))


def test_both_at_once() -> None:
    found = destination("3 mm, 4 mm ×10", EVEN)
    assert found.center == Point(6000, 8000)
    assert found.scale == pytest.approx(0.5)
    assert destination("×10 6000, 8000", EVEN) == found
    assert destination("6000, 8000 @ ×10", EVEN) == found
    assert destination("×10, 6000, 8000", EVEN) == found


COORDINATE = st.integers(0, 300_000)


@given(COORDINATE, COORDINATE, st.sampled_from(["{:,} · {:,} px", "{}, {}", "{},{}", "{} {}", "{:,}; {:,}"]))
def test_pixels_as_anybody_writes_them(x: int, y: int, form: str) -> None:
    assert destination(form.format(x, y), SPACING).center == Point(x, y)


@given(COORDINATE, COORDINATE, st.booleans())
def test_lengths_as_anybody_writes_them(x: int, y: int, comma: bool) -> None:
    text = f"{x * SPACING.x / 1000:.5f} mm; {y * SPACING.y / 1000:.5f} mm"
    center = destination(text.replace(".", ",") if comma else text, SPACING).center
    assert center is not None
    assert (center.x, center.y) == (pytest.approx(x, abs=0.1), pytest.approx(y, abs=0.1))


@given(st.text(alphabet="0123456789.,;·@ ×xX%µummpx/-", max_size=30), st.sampled_from([None, SPACING]))
def test_whatever_is_typed_is_understood_or_refused(text: str, spacing: Spacing | None) -> None:
    try:
        found = destination(text, spacing)
    except Problem:
        return
    assert found.center is not None or found.scale is not None
    assert found.scale is None or found.scale > 0


@pytest.mark.parametrize(
    "text", ["", "there", "×0", "20", "×", "1, 2, 3", "5 mm", "×20 and more", "-5, 3", "1.2.3, 4"]
)
def test_anything_else_says_what_is_expected(text: str) -> None:
    with pytest.raises(Problem) as caught:
        destination(text, EVEN)
    assert "×20" in caught.value.remedy


def test_without_a_pixel_size_only_pixels_and_percents() -> None:
    assert destination("50 %", None).scale == 0.5
    assert destination("100, 200", None).center == Point(100, 200)
    for text in ("×20", "0.5 µm/px", "1 mm, 2 mm"):
        with pytest.raises(Problem, match="not known"):
            destination(text, None)
