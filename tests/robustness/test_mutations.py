"""A hundred and fifty damaged files in a child process: no hang, no crash, nothing but words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.robustness.mutate import variant
from tests.robustness.run import run, sources, wishes


def test_a_variant_is_the_same_each_time() -> None:
    content = bytes(range(256)) * 40
    assert variant(content, "a.svs", 3) == variant(content, "a.svs", 3)
    different = {variant(content, "a.svs", number) for number in range(50)}
    assert len(different) > 40


@pytest.mark.data
def test_damaged_files_are_refused_or_shown(real_data: Path) -> None:
    findings, outcomes = run(wishes(sources(real_data), 150))
    assert not findings
    assert outcomes["shown"] > 20
    assert outcomes["refused"] > 20


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_two_thousand_damaged_files(real_data: Path) -> None:
    findings, outcomes = run(wishes(sources(real_data), 2400))
    assert not findings
    assert sum(outcomes.values()) == 2400
