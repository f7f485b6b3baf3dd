"""What stands on two sides is found, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.stats.contingency import association

from ml.errors import Problem
from ml.progress import Progress
from ml.train.leakage import cramers_v, inspect, refuse
from ml.train.pictures import Pictures, read_pictures
from ml.train.study_recipe import NetworkPlan, Task
from ml.train.table import read_rows
from tests.ml.train.studies import tiny_recipe, write_pictures


def read(folder: Path) -> Pictures:
    recipe = tiny_recipe()
    rows = read_rows(recipe.sources, Task(("a", "b")), folder)
    return read_pictures(rows, NetworkPlan("resnet18", size=(48, 48)), Progress())


def textured(seed: int) -> Image.Image:
    """A picture with something to recognise."""
    small = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((90, 80), Image.Resampling.BICUBIC)


def test_patients_files_and_saved_again(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    write_pictures(folder)
    lines = (folder / "labels.csv").read_text().splitlines()
    textured(1).save(folder / "one.png")
    textured(1).save(folder / "copy.png")
    textured(1).resize((60, 53)).save(folder / "again.jpg", quality=60)
    lines += ["one.png,a,x1,s", "copy.png,a,x2,s", "again.jpg,a,x3,s"]
    (folder / "labels.csv").write_text("\n".join(lines))
    pictures = read(tmp_path)
    sides = np.zeros(len(pictures), dtype=np.intp)
    clean = inspect(pictures, sides)
    assert clean.is_clean
    refuse(clean, duplicates_too=True)
    sides[-2:] = 1
    found = inspect(pictures, sides)
    assert [(p.one, p.other) for p in found.same_files] == [("one.png", "copy.png")]
    assert [(p.one, p.other) for p in found.near_duplicates] == [("one.png", "again.jpg")]
    sides[0] = 1
    crossing = inspect(pictures, sides)
    assert crossing.groups_on_two_sides == ("noise: p0",)
    assert "1 groups stand on two sides." in crossing.in_words()
    with pytest.raises(Problem, match=r"one\.png and copy\.png"):
        refuse(found, duplicates_too=True)
    assert crossing.as_facts()["near_duplicates_count"] == 1


def test_a_near_duplicate_alone_may_be_allowed(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    textured(2).save(folder / "one.png")
    textured(2).resize((60, 53)).save(folder / "again.jpg")
    textured(3).save(folder / "other.png")
    table = "file,label,patient,site\none.png,a,p1,s\nagain.jpg,b,p2,s\nother.png,b,p3,s\n"
    (folder / "labels.csv").write_text(table)
    found = inspect(read(tmp_path), np.array([0, 1, 1]))
    assert len(found.near_duplicates) == 1
    refuse(found, duplicates_too=False)
    with pytest.raises(Problem, match="look the same"):
        refuse(found, duplicates_too=True)


def test_a_label_that_goes_with_the_site_is_warned_of(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", patients=40, each=1)
    table = tmp_path / "pictures" / "labels.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([lines[0], *(f"{li.rsplit(',', 1)[0]},{li[0]}" for li in lines[1:])]))
    found = inspect(read(tmp_path), np.zeros(40, dtype=np.intp))
    site = next(c for c in found.confounding if c.what == "site")
    assert site.strength == pytest.approx(1)
    assert site.is_worrying
    assert any("goes with the site" in words for words in found.in_words())


def test_association_is_scipys() -> None:
    chance = np.random.default_rng(0)
    one, other = chance.integers(0, 4, 300), chance.integers(0, 3, 300)
    other[:100] = one[:100] % 3
    table = np.zeros((4, 3), dtype=int)
    np.add.at(table, (one, other), 1)
    assert cramers_v(one, other) == pytest.approx(association(table, method="cramer"))
    assert cramers_v(one, np.zeros(300, dtype=np.intp)) == 0


def test_many_pictures_of_few_patients_go_with_any_site_by_chance(tmp_path: Path) -> None:
    """Chance deals out whole patients: 12 patients in 6 sites look confounded picture by picture."""
    folder = tmp_path / "pictures"
    write_pictures(folder, each=6)
    chance = np.random.default_rng(4)
    sites = chance.integers(0, 6, 12)
    lines = (folder / "labels.csv").read_text().splitlines()
    table = [lines[0]]
    for line in lines[1:]:
        name, label, patient, _ = line.split(",")
        table.append(f"{name},{label},{patient},s{sites[int(patient[1:])]}")
    (folder / "labels.csv").write_text("\n".join(table))
    found = inspect(read(tmp_path), np.zeros(72, dtype=np.intp))
    site = next(c for c in found.confounding if c.what == "site")
    assert site.strength > 0.3
    assert not site.is_worrying
