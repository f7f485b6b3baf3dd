"""Names and colours of channels."""

from __future__ import annotations

import pytest

from ml.slide.channel_facts import ChannelFacts, channels_of
from ml.slide.qptiff_facts import channel_of

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def colors(*facts: ChannelFacts) -> list[tuple[int, int, int]]:
    return [channel.color for channel in channels_of(facts, [(0, 1)] * len(facts))]


@pytest.mark.parametrize(
    ("name", "color"),
    [
        ("DAPI", BLUE),
        ("Hoechst 33342", BLUE),
        ("Opal 520", GREEN),
        ("FITC", GREEN),
        ("Opal 570", (255, 255, 0)),
        ("Cy3", (255, 255, 0)),
        ("Opal 620", RED),
        ("Texas Red", RED),
        ("AF488", GREEN),
        ("Alexa Fluor 647", (255, 0, 255)),
        ("Cy5", (255, 0, 255)),
        ("Opal 780", (0, 255, 255)),
    ],
)
def test_a_dye_is_known_by_its_name(name: str, color: tuple[int, int, int]) -> None:
    assert colors(ChannelFacts(name)) == [color]


def test_the_files_colours_come_first_and_no_two_are_alike() -> None:
    assert colors(ChannelFacts("DAPI", GREEN), ChannelFacts("FITC"), ChannelFacts(wavelength=460)) == [
        GREEN,
        BLUE,  # green is taken, and this is the first of the fixed ones
        RED,  # blue is taken as well
    ]
    many = colors(*[ChannelFacts()] * 12)
    assert len(set(many)) == 12


def test_all_white_is_a_writers_default() -> None:
    assert colors(ChannelFacts("a", WHITE), ChannelFacts("b", WHITE)) == [BLUE, GREEN]
    assert colors(ChannelFacts("a", WHITE)) == [WHITE]


def test_names() -> None:
    channels = channels_of([ChannelFacts("CD8"), ChannelFacts()], [(1, 2), (3, 4)])
    assert [(c.name, c.low, c.high) for c in channels] == [("CD8", 1, 2), ("Channel 2", 3, 4)]


def test_qptiff_says_marker_dye_and_colour() -> None:
    said = "<a><Biomarker>CD8</Biomarker><Name>Opal 520</Name><Color>0,255, 0</Color></a>"
    assert channel_of(said) == ChannelFacts("CD8 (Opal 520)", GREEN)
    assert channel_of("<a><Name>DAPI</Name><Color>0,0</Color></a>") == ChannelFacts("DAPI")
    assert channel_of("<a><Name>DAPI") == ChannelFacts()
