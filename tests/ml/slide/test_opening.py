"""Everything a person may point at: what opens is right, what does not says why and what to try."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import openslide
import pytest
from PIL import Image

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.slide.opening import open_slide
from ml.slide.region import read_region

SLIDES = {
    # name: (size, spacing or None)
    "carotid_thrombus_he.svs": ((12480, 25581), 0.729),
    "cmu1_small_region.svs": ((2220, 2967), 0.499),
    "tcga_head_neck_jp2k_no_mpp.svs": ((4443, 3567), None),
    "skin_he_field.tif": ((1280, 960), None),
    "lung_section_he_overview.jpg": (None, None),
    "plain_nearly_empty.tif": (None, None),
    "tiny_pyramid_bad_mpp.tiff": (None, None),
    "two_pages_uint16.tif": (None, None),
}


def open_files() -> set[Path]:
    """What this process has open (Linux)."""
    return {link.readlink() for link in Path("/proc/self/fd").iterdir() if link.exists()}


@pytest.mark.data
@pytest.mark.parametrize("name", SLIDES)
def test_real_files_open(real_data: Path, name: str) -> None:
    size, spacing = SLIDES[name]
    with open_slide(real_data / "slides" / name) as slide:
        info = slide.info
        assert size is None or info.size == Size(*size)
        if spacing is None:
            assert info.spacing is None
            assert info.spacing_doubt.endswith(".")
        else:
            assert info.spacing is not None
            assert info.spacing.spacing.mean == pytest.approx(spacing, abs=1e-3)
            assert info.spacing.source
        assert info.levels[0].downsample == 1
        middle = info.bounds.grown(-0.45 * min(info.size.width, info.size.height))
        pixels = read_region(slide, middle, Size(64, 64))
        assert pixels.shape == (64, 64, 3)
        assert pixels.dtype == np.uint8


def refused(path: Path) -> SlideProblem:
    before = open_files() if sys.platform == "linux" else set()
    with pytest.raises(SlideProblem) as caught:
        open_slide(path)
    if sys.platform == "linux":
        assert open_files() <= before, "a handle was left open"
    problem = caught.value
    assert path.name in problem.what
    assert problem.remedy
    assert str(path.parent) not in str(problem)
    return problem


def test_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "letter.svs"
    path.write_text("Dear colleague,\n" * 20, encoding="utf-8")
    assert "text" in refused(path).what


def test_an_empty_file_a_folder_and_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.svs").touch()
    (tmp_path / "folder.svs").mkdir()
    assert "empty" in refused(tmp_path / "empty.svs").what
    assert "no DICOM slide" in refused(tmp_path / "folder.svs").what
    assert "not there" in refused(tmp_path / "gone.svs").what


@contextmanager
def as_somebody_without_rights() -> Iterator[None]:
    """Root may read anything: for a moment the process belongs to nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
@pytest.mark.parametrize("forbidden", ["file", "folder"])
def test_a_file_that_may_not_be_read(forbidden: str) -> None:
    with tempfile.TemporaryDirectory() as name:  # not tmp_path, which lies where only its owner may enter
        folder = Path(name) / "folder"
        folder.mkdir()
        path = folder / "secret.svs"
        path.write_bytes(b"II*\0" + bytes(100))
        Path(name).chmod(0o755)
        folder.chmod(0o000 if forbidden == "folder" else 0o755)
        if forbidden == "file":
            path.chmod(0o200)
        try:
            with as_somebody_without_rights(), pytest.raises(SlideProblem) as caught:
                open_slide(path)
        finally:
            folder.chmod(0o755)
    assert caught.value.what == "You are not allowed to read secret.svs."
    assert "permission" in caught.value.remedy


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_a_folder_that_may_not_be_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "secret"
        folder.mkdir()
        folder.chmod(0o000)
        try:
            with as_somebody_without_rights(), pytest.raises(SlideProblem) as caught:
                open_slide(folder)
        finally:
            folder.chmod(0o755)
    assert caught.value.what == "You are not allowed to read secret."


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.svs")
    assert "not a file" in refused(tmp_path / "pipe.svs").what


def test_a_name_that_leads_nowhere(tmp_path: Path) -> None:
    refused(tmp_path / ("x" * 300 + ".svs"))


@pytest.mark.data
def test_the_broken_slide(real_data: Path) -> None:
    refused(real_data / "slides" / "broken.svs")


@pytest.mark.data
@pytest.mark.parametrize("share", [0.02, 0.3, 0.45])
def test_a_slide_cut_short_is_refused(real_data: Path, tmp_path: Path, share: float) -> None:
    whole = (real_data / "slides" / "cmu1_small_region.svs").read_bytes()
    path = tmp_path / "short.svs"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "cut short" in refused(path).what or "damaged" in refused(path).what


@pytest.mark.data
def test_a_picture_cut_short_is_refused(real_data: Path, tmp_path: Path) -> None:
    whole = (real_data / "slides" / "lung_section_he_overview.jpg").read_bytes()
    path = tmp_path / "short.jpg"
    path.write_bytes(whole[: len(whole) // 2])
    refused(path)


@pytest.mark.data
def test_the_content_decides_not_the_name(real_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "really a slide.png"
    shutil.copyfile(real_data / "slides" / "cmu1_small_region.svs", path)
    with open_slide(path) as slide:
        assert slide.info.vendor == "Aperio SVS"
    picture = tmp_path / "really a picture.svs"
    Image.new("RGB", (40, 30), (200, 20, 90)).save(picture, format="PNG")
    with open_slide(picture) as slide:
        assert slide.info.size == Size(40, 30)


@pytest.mark.data
def test_properties_and_pictures_are_openslides(real_data: Path) -> None:
    path = real_data / "slides" / "cmu1_small_region.svs"
    with open_slide(path) as slide, openslide.OpenSlide(str(path)) as other:
        assert set(slide.info.associated) == set(other.associated_images)
        assert [(level.size.width, level.size.height) for level in slide.info.levels] == list(
            other.level_dimensions
        )
        assert slide.info.objective == float(other.properties["openslide.objective-power"])
        for name, picture in other.associated_images.items():
            np.testing.assert_array_equal(slide.read_associated(name), np.asarray(picture.convert("RGB")))
        with pytest.raises(KeyError):
            slide.read_associated("nothing of the kind")
    with pytest.raises(SlideProblem, match="closed"):
        slide.read_tile(0, 0, 0)
    slide.close()
