"""Damaged CT in a child process: no hang, no crash, no wrong value without a word, none lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.robustness.ct_run import real_sources, run_ct, small_sources


def test_a_hundred_damaged_files(tmp_path: Path) -> None:
    """Small ones in every syntax that can be written here; a variant is the same in every run."""
    findings, outcomes = run_ct(small_sources(tmp_path), 100)
    assert not findings
    assert outcomes["shown"] > 20
    assert outcomes["refused"] > 20


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_thousand_damaged_files(real_data: Path, tmp_path: Path) -> None:
    findings, outcomes = run_ct(small_sources(tmp_path) + real_sources(real_data), 1000)
    assert not findings
    assert sum(outcomes.values()) == 1000
