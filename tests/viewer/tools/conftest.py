"""A slide without a window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.viewer.canvas.slides import NumberedSlide
from viewer.state.opened_slide import OpenedSlide


@pytest.fixture
def opened(qapp: object) -> Iterator[OpenedSlide]:
    """4096 × 3072 px; half a µm a pixel or what `NumberedSlide` says."""
    made = OpenedSlide(NumberedSlide())
    yield made
    made.deleteLater()
