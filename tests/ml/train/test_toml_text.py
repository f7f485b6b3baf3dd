"""Every recipe that comes with Parfocal, written and read again, is the same recipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.train.study_recipe import read_study_recipe
from ml.train.toml_text import toml_of
from tests.ml.train.studies import tiny_recipe

ROOT = Path(__file__).resolve().parents[3]
RECIPES = [
    p for p in sorted((ROOT / "resources" / "recipes").glob("*.toml")) if "[task]" in p.read_text("utf-8")
]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_there_and_back(path: Path, tmp_path: Path) -> None:
    recipe = read_study_recipe(path)
    (tmp_path / path.name).write_text(toml_of(recipe, "Made anew.\nTwo lines."), encoding="utf-8")
    assert read_study_recipe(tmp_path / path.name) == recipe


def test_words_with_anything_in_them(tmp_path: Path) -> None:
    recipe = tiny_recipe(card={"limits": 'He said "µ"\\ and\nwent.', "of two words": "é"}, seed=3)
    (tmp_path / "tiny.toml").write_text(toml_of(recipe), encoding="utf-8")
    assert read_study_recipe(tmp_path / "tiny.toml") == recipe
