"""Trainings are told apart by when they were begun, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from viewer.wizard.desk import begun_in_words, new_folder


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("2026-11-26_20.38", "2026-11-26 20:38"),
        ("2026-11-26_20.38_2", "2026-11-26 20:38 (2)"),
        ("first", "first"),
    ],
)
def test_when_a_training_was_begun(name: str, words: str) -> None:
    assert begun_in_words(Path("trainings") / name) == words


def test_a_new_training_says_when_it_was_begun() -> None:
    folder = new_folder()
    folder.mkdir(parents=True)
    assert "_" not in begun_in_words(folder)
    assert begun_in_words(new_folder()).endswith(" (2)") or new_folder().name[:16] != folder.name[:16]
