"""The samples: made without a network, whole or not at all, real tissue on glass, and owned up to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openslide
import pytest
from scipy import ndimage
from skimage.data import immunohistochemistry

from ml import made_up_head, paths
from ml.geometry import Rect, Size
from ml.slide import samples as recipe
from ml.slide.opening import open_slide
from ml.slide.region import read_region
from ml.slide.samples import samples
from ml.tissue import find_tissue, overview_for
from ml.volume.opening import open_ct


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ...]]:
    """All three, made once, with the network cut off."""

    def offline(*_: object, **__: object) -> None:
        raise OSError("no network here")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARFOCAL_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(socket.socket, "connect", offline)
        yield samples()


def test_the_slide_comes_first_and_all_open(made: tuple[Path, ...]) -> None:
    kinds = []
    for path in made[:2]:
        with open_slide(path) as slide:
            kinds.append(slide.info.vendor)
            assert slide.info.warning == ""
            spread = np.ptp(read_region(slide, slide.info.bounds, Size(64, 64)), axis=(0, 1))
            assert (spread > 60).all()
    assert kinds == ["Tiled TIFF", "Picture (JPEG)"]
    (series,) = open_ct(made[2]).series
    assert len(series.slices) == made_up_head.SLICES
    assert sorted(path.name for path in made[0].parent.iterdir()) == sorted(path.name for path in made)


def test_the_slide_is_a_pyramid_that_owns_up_to_its_spacing(made: tuple[Path, ...]) -> None:
    with open_slide(made[0]) as slide, openslide.OpenSlide(str(made[0])) as other:
        info = slide.info
        assert min(info.size.width, info.size.height) >= 8192
        assert [level.downsample for level in info.levels] == [2.0**n for n in range(len(info.levels))]
        assert max(info.levels[-1].size.width, info.levels[-1].size.height) <= 256
        assert info.spacing is not None
        assert info.spacing.spacing.mean == pytest.approx(recipe.SPACING, rel=1e-6)
        assert "nominal" in info.spacing.source
        assert other.level_dimensions == tuple((x.size.width, x.size.height) for x in info.levels)
        assert float(other.properties["openslide.mpp-x"]) == pytest.approx(recipe.SPACING, rel=1e-6)


def test_the_tissue_is_the_photograph(made: tuple[Path, ...]) -> None:
    """Within what JPEG does to it; beside it stands its mirror image."""
    photograph = immunohistochemistry().astype(int)
    with open_slide(made[0]) as slide:
        there = slide.read_block(0, 2048, 4096, Size(512, 512)).astype(int)
        mirrored = slide.read_block(0, 2560, 4096, Size(512, 512)).astype(int)
        halved = slide.read_block(1, 1024, 2048, Size(256, 256)).astype(int)
    assert np.abs(there - photograph).mean() < 6
    assert np.abs(mirrored - photograph[:, ::-1]).mean() < 6
    assert np.abs(halved - photograph.reshape(256, 2, 256, 2, 3).mean(axis=(1, 3))).mean() < 6


def test_two_sections_lie_on_clear_glass(made: tuple[Path, ...]) -> None:
    with open_slide(made[0]) as slide:
        bounds = slide.info.bounds
        mask = find_tissue(overview_for(slide, bounds), bounds, 8.0)
        pieces, _ = ndimage.label(mask.mask)
        areas = np.bincount(pieces.ravel())[1:] / mask.mask.size
        assert (areas > 0.01).sum() == 2  # beside them, crumbs that pale stroma cuts off at the edge
        assert 0.35 < mask.covered < 0.6
        corner = read_region(slide, Rect(0, 0, 256, 256), Size(256, 256)).astype(int)
    assert np.abs(corner - recipe._GLASS).max() <= 2


def test_what_is_there_is_not_made_again(made: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARFOCAL_HOME", str(made[0].parents[3]))
    before = [path.stat().st_mtime_ns for path in made]
    assert samples() == made
    assert [path.stat().st_mtime_ns for path in made] == before


def test_another_recipe_makes_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "_write_slide", lambda path: path.write_bytes(b"first") and None)
    first = samples()
    monkeypatch.setattr(recipe, "_VERSION", "next")
    monkeypatch.setattr(recipe, "_write_slide", lambda path: path.write_bytes(b"second") and None)
    second = samples()
    assert first[0].read_bytes() == b"first"
    assert second[0].read_bytes() == b"second"


def test_an_accident_leaves_no_half_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(path: Path) -> None:
        path.write_bytes(b"half of it")
        raise OSError("No space left on device")

    monkeypatch.setattr(recipe, "_write_slide", interrupted)
    with pytest.raises(OSError, match="No space"):
        samples()
    assert [path for path in (paths.data() / "samples").rglob("*") if path.is_file()] == []


def test_two_at_once_both_get_whole_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both start before either has finished, as two windows at the first start may."""
    together = threading.Barrier(2)

    def slowly(path: Path) -> None:
        with path.open("wb") as file:
            file.write(b"one half, ")
            file.flush()
            together.wait(30)
            file.write(b"the other half")

    monkeypatch.setattr(recipe, "_write_slide", slowly)
    seen: list[bytes] = []
    threads = [threading.Thread(target=lambda: seen.append(samples()[0].read_bytes())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [b"one half, the other half"] * 2
    names = {path.name for path in (paths.data() / "samples").rglob("*") if path.is_file()}
    assert names == {"sample slide.tif", "sample retina.jpg", *(f"slice {n:02d}.dcm" for n in range(1, 31))}


def test_two_at_once_make_one_series(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that another process was quicker with stays as it is."""
    monkeypatch.setattr(recipe, "_write_slide", lambda path: path.write_bytes(b""))
    folder = paths.data() / "samples" / recipe._VERSION / "made-up head CT"

    def overtaken(part: Path) -> None:
        for place in (folder, part):
            place.mkdir(parents=True)
            (place / "slice 01.dcm").write_bytes(b"same")

    monkeypatch.setattr(recipe.made_up_head, "write", overtaken)
    assert samples()[2] == folder
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == [folder.name]
