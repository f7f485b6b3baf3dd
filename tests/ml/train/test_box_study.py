"""Boxes from patches: labels by cover, rules chosen on other patients, the prior put back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from ml.errors import Problem
from ml.progress import Progress
from ml.results.boxes import BoxRule, rule_of
from ml.train.box_study import (
    Side,
    at_natural_share,
    box_figures,
    choose_rule,
    find_on_fold,
    most_chosen,
    scores_of,
)
from ml.train.pictures import read_pictures
from ml.train.slide_rows import LabelledSlide, covered, read_slides, rows_of
from ml.train.study_recipe import Division, Finding, Fit, NetworkPlan, Slides, Task, Vary
from ml.train.study_run import run_study
from ml.zoo.grouping import Grouping
from tests.ml.train.studies import tiny_recipe

TASK = Task(("lesion",), "sigmoid")
PLAN = NetworkPlan("plain_resnet", {"first_hidden": 16, "stages": 3, "layers": 2}, size=(32, 32), spacing=0.5)
SOURCE = Slides("graft", "graft", cover=0.5)


def write_slides(folder: Path, patients: int = 6) -> None:
    """Pinkish noise; lesions are bluer squares of 96 × 128 px."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(0)
    lines = ["file,x1,y1,x2,y2,label"]
    for patient in range(patients):
        for letter in "ab":
            pixels = chance.integers(120, 190, (384, 512, 3), dtype=np.uint8)
            pixels[..., 1] //= 2
            x, y = 32 * int(chance.integers(1, 6)), 32 * int(chance.integers(1, 6))
            pixels[y : y + 128, x : x + 96, 0] //= 2
            name = f"g{patient}_{letter}.tif"
            lines.append(f"{name},{x},{y},{x + 96},{y + 128},lesion")
            tifffile.imwrite(
                folder / name,
                pixels,
                tile=(128, 128),
                photometric="rgb",
                resolution=(20_000, 20_000),
                resolutionunit="CENTIMETER",
            )
    (folder / "boxes.csv").write_text("\n".join(lines))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slides")
    write_slides(folder / "graft")
    return folder


@pytest.fixture(scope="module")
def slides(data: Path) -> tuple[LabelledSlide, ...]:
    return read_slides((SOURCE,), TASK, PLAN, data, Progress())


RECTS = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 30), st.integers(1, 30))


@given(st.lists(RECTS, min_size=1, max_size=4), st.lists(RECTS, max_size=4))
def test_cover_is_shapelys(rects: list[tuple[int, ...]], boxes: list[tuple[int, ...]]) -> None:
    edges = np.array([(x, y, x + w, y + h) for x, y, w, h in boxes], dtype=float).reshape(-1, 4)
    found = covered(np.array(rects, dtype=float), edges)
    for share, (x, y, w, h) in zip(found, rects, strict=True):
        patch = shapely.box(x, y, x + w, y + h)
        parts = [patch.intersection(shapely.box(*box)).area / patch.area for box in edges]
        assert share == pytest.approx(max(parts, default=0.0))


def test_patches_of_slides_have_labels_and_patients(slides: tuple[LabelledSlide, ...], data: Path) -> None:
    assert len(slides) == 12
    assert {slide.group for slide in slides} == {f"graft: g{n}" for n in range(6)}
    rows = rows_of(slides, (SOURCE,))
    positive = [row for row in rows if row.labels[0]]
    assert len(positive) == 12 * 12  # 3 × 4 cells of 32 px in each box
    pictures = read_pictures(rows[:40], PLAN, Progress())
    whole = tifffile.imread(data / "graft" / "g0_a.tif")
    for n in (0, 17, 39):
        rect = rows[n].rect
        assert rect is not None
        x, y = int(rect.x), int(rect.y)
        np.testing.assert_array_equal(pictures.pixels[n], whole[y : y + 32, x : x + 32])


def test_perfect_scores_give_perfect_boxes_by_a_rule_from_others(slides: tuple[LabelledSlide, ...]) -> None:
    rows = rows_of(slides, (SOURCE,))
    sides = {
        name: [row for row in rows if row.group[-1] in patients]
        for name, patients in (("choose", "012"), ("report", "345"))
    }
    chance = np.random.default_rng(1)

    def scored(name: str, noise: float) -> Side:
        truth = np.array([row.labels for row in sides[name]], dtype=np.float64)
        return Side(sides[name], np.clip(truth * 0.6 + noise * chance.random(truth.shape), 0, 1))

    perfect = find_on_fold(scored("choose", 0.3), scored("report", 0.3), slides, TASK, 0, Finding())
    figures = box_figures([perfect], slides, Finding(), draws=50)
    low = binomtest(3, 3).proportion_ci(method="wilson").low  # three patients right allow to claim no more
    assert figures["f1"] == {"value": 1.0, "low": pytest.approx(low, abs=1e-4), "high": 1.0}
    assert figures["challenge"] == 1.0
    assert figures["slides"] == 6
    assert figures["patients"] == 3
    assert figures["grid_allows"] == {"0.1": 1.0, "0.5": 1.0}
    noisy = find_on_fold(scored("choose", 3.0), scored("report", 3.0), slides, TASK, 0, Finding())
    assert box_figures([noisy], slides, Finding(), draws=50)["f1"]["value"] < 0.5  # type: ignore[index]


def test_overlapping_patches_are_averaged_on_cells_and_find_what_the_grid_misses(data: Path) -> None:
    """Boxes moved by half a patch: edge to edge they cannot be met exactly, by cells they can."""
    folder = data / "moved"
    folder.mkdir()
    lines = ["file,x1,y1,x2,y2,label"]
    for path in sorted((data / "graft").glob("*.tif")):
        (folder / path.name).symlink_to(path)
        lines.append(f"{path.name},{48},{80},{48 + 32},{80 + 64},lesion")
    (folder / "boxes.csv").write_text("\n".join(lines))
    source, task = Slides("moved", "moved", cover=0.5), TASK
    allowed = {}
    for stride in (0, 16):
        slides = read_slides((source,), task, replace(PLAN, stride=stride), data, Progress())
        rows = rows_of(slides, (source,))
        assert any(row.between for row in rows) == bool(stride)
        truth = np.array([row.labels for row in rows], dtype=np.float64)
        halves = [
            Side([rows[n] for n in own], truth[own])
            for own in (np.flatnonzero([row.group[-1] in side for row in rows]) for side in ("012", "345"))
        ]
        fold = find_on_fold(halves[0], halves[1], slides, task, 0, Finding(overlap=0.6))
        figures = box_figures([fold], slides, Finding(overlap=0.6), draws=20)
        assert figures["perfect_scores"] == figures["f1"]["value"]  # type: ignore[index]
        allowed[stride] = figures["perfect_scores"]
        scores = scores_of(halves[1], slides, task)
        assert scores["g3_a.tif"].grid.patch.width == (stride or 32)
    assert allowed == {0: 0.0, 16: 1.0}


def test_of_equally_good_thresholds_the_middle_is_taken(slides: tuple[LabelledSlide, ...]) -> None:
    rows = rows_of(slides, (SOURCE,))
    truth = np.array([row.labels for row in rows], dtype=np.float64)
    by_name = {slide.path.name: slide for slide in slides}

    def chosen(low: float, high: float) -> BoxRule:
        side = Side(rows, truth * (high - low) + low)
        return choose_rule(scores_of(side, slides, TASK), by_name, 0, Finding())

    assert chosen(0.0, 1.0) == BoxRule(0, 0.5)  # every threshold is right, and the simplest rule
    assert chosen(0.45, 0.85) == BoxRule(0, 0.6)  # 0.5, 0.6, 0.7 and 0.8 are
    assert chosen(0.0, 0.15) == BoxRule(0, 0.1)  # but one is


def test_the_prior_is_put_back() -> None:
    back = at_natural_share(np.array([[0.5], [0.9]]), np.array([1 / 3]), np.array([1 / 1001]))
    assert back[0, 0] == pytest.approx(0.002, abs=1e-4)
    assert back[1, 0] > back[0, 0]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("g0_a.tif,1,2,x,4,lesion", "not four numbers"),
        ("g0_a.tif,5,2,3,4,lesion", "inside out"),
        ("g0_a.tif,1,2,3,4,cyst", "no class"),
        ("other.tif,1,2,3,4,lesion", "no slide"),
    ],
)
def test_bad_tables_are_named(data: Path, line: str, words: str) -> None:
    table = data / "graft" / "bad.csv"
    table.write_text(f"file,x1,y1,x2,y2,label\n{line}\n")
    source = Slides("graft", "graft", boxes="bad.csv")
    with pytest.raises(Problem, match=words):
        read_slides((source,), TASK, PLAN, data, Progress())


def test_a_study_of_boxes_from_slides_to_figures(data: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe(
        task=TASK,
        sources=(),
        slides=(SOURCE,),
        network=replace(PLAN, stride=16),
        fit=Fit(epochs=3, batch=16, rate=3e-3, loss="bce", balance="undersample"),
        vary=Vary(flip=True),
        division=Division(folds=3),
    )
    done = run_study(recipe, data, tmp_path, Progress())
    boxes = done.facts["boxes"]["lesion"]  # type: ignore[index]
    assert boxes["slides"] == 12
    assert boxes["f1"]["value"] > 0.8
    assert done.bundle.card.preparation is None  # a model for patches: the window can use it
    assert done.bundle.card.spacing == 0.5
    assert done.bundle.card.stride_pixels == 16
    assert done.bundle.card.thresholds == tuple(done.facts["thresholds"])  # type: ignore[arg-type]
    assert 0 < done.bundle.card.threshold < 1
    rule = rule_of(done.bundle.card)
    assert (rule.class_index, rule.threshold) == (0, done.bundle.card.threshold)
    words = replace(rule, threshold=0.5).in_words()  # what is beside the threshold is that of a fold
    assert words.removeprefix("threshold 0.50") in {one[len("threshold 0.50") :] for one in boxes["rules"]}


def test_the_rule_of_most_folds_is_taken_the_simplest_of_as_many() -> None:
    one, other = BoxRule(0, 0.4, 0.7, 1), BoxRule(0, 0.6, 0.0, 0, 2)
    assert most_chosen([one, other, one]) == (Grouping(0.7, 1, 1), [0, 2])
    assert most_chosen([one, other]) == (Grouping(0.0, 0, 2), [1])
