"""A case library of its own for each test of what was told in one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from viewer.cases.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library.open(tmp_path / "library.sqlite", "Dr. A")
    yield opened
    opened.close()
