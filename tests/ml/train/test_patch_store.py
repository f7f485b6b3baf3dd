"""Patches written once: the same numbers as from the slide, readable as plain tar, refused when damaged."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.errors import Problem
from ml.geometry import Rect, Size
from ml.progress import Cancelled, Progress
from ml.slide.opening import open_slide
from ml.slide.region import read_region
from ml.train import figures, patch_store
from ml.train.manifest import MANIFEST, read_manifest
from ml.train.patch_store import write_store
from ml.train.pictures import read_pictures
from ml.train.study_recipe import NetworkPlan, Slides, Source, StudyRecipe, Task
from ml.train.study_run import rows_for, run_study
from ml.train.table import read_rows
from tests.ml.train.studies import tiny_recipe, write_pictures


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "pictures")
    return tmp_path


@pytest.fixture
def ihc_slide(tmp_path: Path) -> Path:
    """Real tissue, 512 × 512 px: a flat picture is a slide of one level."""
    from skimage.data import immunohistochemistry

    (tmp_path / "slides").mkdir()
    Image.fromarray(immunohistochemistry()).save(tmp_path / "slides" / "ihc.png")
    return tmp_path / "slides" / "ihc.png"


def of_store(recipe: StudyRecipe) -> StudyRecipe:
    """The recipe, reading the store `store` in place of its own sources."""
    source = Source("stored", "store", table=MANIFEST)
    return dataclasses.replace(recipe, sources=(source,), slides=())


def test_a_study_from_a_store_is_the_study(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures keep their bytes: the same pixels, hashes, labels and patients."""
    monkeypatch.setattr(patch_store, "_PER_SHARD", 10)
    recipe = tiny_recipe()
    rows = rows_for(recipe, pictures, Progress())
    made = write_store(rows, recipe, pictures / "store", "jpeg", Progress())
    assert [*made.shards] == [f"patches-00000{n}.tar" for n in range(4)]
    stored = of_store(recipe)
    one = read_pictures(rows, recipe.network, Progress())
    other = read_pictures(rows_for(stored, pictures, Progress()), stored.network, Progress())
    np.testing.assert_array_equal(one.pixels, other.pixels)
    np.testing.assert_array_equal(one.labels, other.labels)
    assert one.sha256 == other.sha256
    assert [f"stored: {group}" for group in one.groups] == list(other.groups)
    assert [row.site for row in one.rows] == [row.site for row in other.rows]


def test_a_model_learns_from_a_store(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures.report, "__defaults__", (20,))  # intervals are of no interest here
    recipe = tiny_recipe()
    write_store(rows_for(recipe, pictures, Progress()), recipe, pictures / "store", "jpeg", Progress())
    run = dataclasses.replace(of_store(recipe), division=dataclasses.replace(recipe.division, run=1))
    done = run_study(run, pictures, pictures / "out", Progress())
    assert done.facts["figures"]["pictures"] == 12  # type: ignore[index]


def test_other_programs_read_it(pictures: Path) -> None:
    """tarfile knows nothing of offsets: it must find the same bytes, each beside what is known of it."""
    recipe = tiny_recipe()
    rows = rows_for(recipe, pictures, Progress())
    made = write_store(rows, recipe, pictures / "store", "png", Progress())
    with tarfile.open(pictures / "store" / "patches-000000.tar") as tar:
        members = tar.getmembers()
        pairs = zip(members[::2], members[1::2], made.patches, strict=True)
        for picture, known, patch in pairs:
            assert (picture.name, picture.offset_data, picture.size) == (
                patch.name,
                patch.offset,
                patch.length,
            )
            assert known.name == f"{Path(picture.name).stem}.json"
            content = tar.extractfile(picture).read()  # type: ignore[union-attr]
            assert hashlib.sha256(content).hexdigest() == patch.sha256
            told = json.loads(tar.extractfile(known).read())  # type: ignore[union-attr]
            assert (told["labels"], told["patient"]) == (list(patch.labels), patch.patient)


def test_patches_of_a_slide(ihc_slide: Path, tmp_path: Path) -> None:
    """As PNG the pixels are those of the slide; as JPEG they are near; place and spacing are written down."""
    plan = NetworkPlan("plain_resnet", size=(64, 64), spacing=1.0)
    task = Task(("lesion",), "sigmoid")
    (ihc_slide.parent / "boxes.csv").write_text("file,x1,y1,x2,y2\nihc.png,100,100,300,300\n")
    slides = Slides("cut", ".", group_pattern="(.*)", spacing=0.5)
    recipe = dataclasses.replace(tiny_recipe(task=task, network=plan), sources=(), slides=(slides,))
    rows = rows_for(recipe, ihc_slide.parent, Progress())
    assert len(rows) > 10
    exact = write_store(rows, recipe, tmp_path / "png" / "store", "png", Progress())
    small = write_store(rows, recipe, tmp_path / "jpeg" / "store", "jpeg", Progress())
    assert (exact.spacing, exact.encoding, small.encoding) == (1.0, "PNG", "JPEG, quality 90, full colour")
    stored = of_store(recipe)
    first, again, near = (
        read_pictures(found, plan, Progress())
        for found in (
            rows,
            rows_for(stored, tmp_path / "png", Progress()),
            rows_for(stored, tmp_path / "jpeg", Progress()),
        )
    )
    np.testing.assert_array_equal(first.pixels, again.pixels)
    np.testing.assert_array_equal(first.labels, again.labels)
    assert 0 < np.abs(first.pixels.astype(int) - near.pixels).mean() < 3
    assert sum(patch.length for patch in small.patches) < 0.5 * sum(patch.length for patch in exact.patches)
    patch = exact.patches[7]
    assert patch.source == "ihc.png"
    with open_slide(ihc_slide) as slide:
        wanted = read_region(slide, Rect(*patch.place), Size(64, 64))  # type: ignore[misc]
    np.testing.assert_array_equal(again.pixels[7], wanted)
    other = dataclasses.replace(plan, spacing=0.5)
    with pytest.raises(Problem, match=r"at 1 µm/px, the recipe asks for 0\.5"):
        read_pictures(again.rows, other, Progress())


@pytest.mark.parametrize("damage", ["a byte", "cut", "gone", "manifest", "version", "away"])
def test_damage_is_found(pictures: Path, damage: str) -> None:
    recipe = tiny_recipe()
    made = write_store(rows_for(recipe, pictures, Progress()), recipe, pictures / "store", "jpeg", Progress())
    shard, manifest = pictures / "store" / "patches-000000.tar", pictures / "store" / MANIFEST
    content = bytearray(shard.read_bytes())
    if damage == "a byte":
        content[made.patches[3].offset + 40] ^= 1
        shard.write_bytes(content)
    elif damage == "cut":
        shard.write_bytes(content[:-1000])
    elif damage == "gone":
        shard.unlink()
    elif damage == "manifest":
        manifest.write_text(manifest.read_text()[:-20])
    elif damage == "version":
        manifest.write_text(manifest.read_text().replace("patches 1", "patches 9"))
    else:
        facts = json.loads(manifest.read_text())
        facts["shards"] = {"../store/patches-000000.tar": facts["shards"]["patches-000000.tar"]}
        manifest.write_text(json.dumps(facts))
    stored = of_store(recipe)
    with pytest.raises(Problem):
        read_pictures(read_rows(stored.sources, stored.task, pictures), stored.network, Progress())


def test_it_is_there_whole_or_not_at_all(pictures: Path) -> None:
    recipe, store = tiny_recipe(), pictures / "store"
    rows = rows_for(recipe, pictures, Progress())
    progress = Progress()
    progress.step = lambda step: progress.stop() if step.done == 5 else None
    with pytest.raises(Cancelled):
        write_store(rows, recipe, store, "jpeg", progress)
    assert sorted(path.name for path in pictures.iterdir()) == ["pictures"]
    write_store(rows, recipe, store, "jpeg", Progress())
    with pytest.raises(Problem, match="is there already"):
        write_store(rows, recipe, store, "jpeg", Progress())
    assert len(read_manifest(store / MANIFEST).patches) == 36
