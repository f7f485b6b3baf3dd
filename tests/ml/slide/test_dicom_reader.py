"""DICOM slides as a whole: real ones against OpenSlide and Pillow, the contract, damage."""

from __future__ import annotations

import contextlib
import random
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import openslide
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from ml.errors import SlideProblem
from ml.geometry import Size, Spacing
from ml.slide.dicom_reader import DicomReader, open_dicom
from ml.slide.dicom_series import kind_of, slides_in
from tests.ml.slide.dicom_files import (
    HTJ2K,
    JPEG,
    JPEG_2000,
    JPEG_LS,
    TISSUE,
    Recipe,
    by_frames,
    cells_of,
    from_tiles,
    whole,
    write_slide,
)

Array = np.ndarray[Any, Any]


def by_openslide(path: Path, level: int) -> Array:
    with openslide.OpenSlide(path) as slide:
        return np.array(slide.read_region((0, 0), level, slide.level_dimensions[level]).convert("RGB"))


@pytest.mark.data
def test_carotid_is_what_openslide_reads(real_data: Path) -> None:
    """Every level as a whole: OpenSlide takes only level-0 coordinates, so tiles of its own are off by up to
    half a pixel where a downsample is 4.0003."""
    folder = real_data / "slides" / "carotid_half_dicom"
    with open_dicom(folder) as slide:
        assert [level.size for level in slide.info.levels] == [
            Size(6240, 12790),
            Size(3120, 6395),
            Size(1560, 3197),
            Size(780, 1598),
        ]
        assert [level.downsample for level in slide.info.levels] == [1, 2, 4, 8]
        assert slide.info.spacing is not None
        assert slide.info.spacing.spacing == Spacing(1.458, 1.458)
        assert slide.info.spacing.source == "the file"
        assert slide.info.objective == 10
        for level in (1, 2, 3):
            apart = np.abs(
                from_tiles(slide, level).astype(np.int16) - by_openslide(folder / "level0.dcm", level)
            )
            assert (apart <= 2).mean() >= 0.999, level
        picked = random.Random(3).sample(cells_of(np.empty((50, 25)), 1), 40)
        picked += [(24, 0), (0, 49), (24, 49)]  # those that the edge cuts
        with openslide.OpenSlide(folder / "level0.dcm") as other:
            for column, row in picked:
                tile = slide.read_tile(0, column, row)
                at, size = (column * 256, row * 256), (tile.shape[1], tile.shape[0])
                golden = np.array(other.read_region(at, 0, size).convert("RGB"))
                assert (np.abs(tile.astype(np.int16) - golden) <= 2).mean() >= 0.999


@pytest.mark.data
def test_a_file_of_a_series_opens_the_series(real_data: Path) -> None:
    folder = real_data / "slides" / "carotid_half_dicom"
    with open_dicom(folder / "level2.dcm") as one, open_dicom(folder) as all_of_it:
        assert one.info.levels == all_of_it.info.levels
        assert np.array_equal(one.read_tile(2, 3, 4), all_of_it.read_tile(2, 3, 4))


REAL = {
    "gcp_multi_frame_jpeg_camelyon": (1152, 700),
    "multiframe_camelyon_challenge_image": (1152, 700),
    "wsi2dcm_jpeg": (957, 715),
    "wsi2dcm_jpeg2000": (957, 715),
    "wsi2dcm_raw": (957, 715),
    "highdicom_sm_image": (50, 50),
    "highdicom_sm_image_control": (50, 50),
    "highdicom_sm_image_dots": (50, 50),
    "highdicom_sm_image_numbers": (50, 50),
    "highdicom_sm_image_jpegls": (50, 50),
    "highdicom_sm_image_jpegls_nobot": (50, 50),
    "highdicom_sm_image_grayscale": (50, 50),
    "highdicom_sm_image_grayscale_reversed": (50, 50),
    "pathml_small_dicom": (3236, 2638),
}


@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_every_slide_among_the_real_files_shows(real_data: Path, name: str) -> None:
    path = real_data / "slides" / "dicom" / f"{name}.dcm"
    with open_dicom(path) as slide:
        assert slide.info.size == Size(*REAL[name])
        assert len(slide.info.levels) == 1
        seen = from_tiles(slide)
        if "jpegls" in name:  # neither Pillow nor pydicom decodes it; it was made from this one
            golden = by_frames(path.with_name("highdicom_sm_image.dcm"))
        else:
            golden = by_frames(path, by_column=name.startswith("pathml"))
        if golden.ndim == 2:  # 16 bits of which 5 are used: shown by the 8 that are the least
            golden = np.repeat(golden.astype(np.uint8)[..., np.newaxis], 3, axis=2)
        assert np.abs(seen.astype(np.int16) - golden).max() <= 2
        assert np.array_equal(whole(slide), seen)


@pytest.mark.data
def test_pathml_says_nothing_of_its_order(real_data: Path) -> None:
    """It names neither an organization nor positions; only the seams tell that it runs down the columns."""
    with open_dicom(real_data / "slides" / "dicom" / "pathml_small_dicom.dcm") as slide:
        assert "column by column" in slide.info.warning
        assert slide.info.spacing is None  # 15 × 15 mm for 3236 × 2638 px is a filler
        assert "not be square" in slide.info.spacing_doubt


OTHERS = {
    "highdicom_seg_image_sm_control": "a segmentation",
    "highdicom_seg_image_sm_control_labelmap": "a segmentation",
    "highdicom_seg_image_sm_dots_tiled_full": "a segmentation",
    "highdicom_seg_image_ct_true_fractional": "a segmentation",
    "highdicom_sm_annotations": "a set of annotations",
    "highdicom_sr_document": "a structured report",
    "highdicom_ct_image": "a CT image",
    "highdicom_dx_image": "a radiograph",
}


@pytest.mark.data
def test_every_other_real_file_is_named_in_words(real_data: Path) -> None:
    for path in sorted((real_data / "slides" / "dicom").glob("*.dcm")):
        kind = kind_of(path)
        assert kind.is_slide == (path.stem in REAL), path.name
        if not kind.is_slide:
            with pytest.raises(SlideProblem, match=f"is {kind.in_words}, not a slide"):
                open_dicom(path)
        assert kind.in_words == OTHERS.get(path.stem, kind.in_words)
        assert "kind" not in kind.in_words, path.name  # each by its own name, not by a class of DICOM


@pytest.mark.data
def test_a_folder_of_many_slides_is_not_merged(real_data: Path) -> None:
    folder = real_data / "slides" / "dicom"
    with pytest.raises(SlideProblem, match=r"holds \d+ slides"):
        open_dicom(folder)
    found = slides_in(folder)
    stems = [{kind.path.stem for kind in slide.volumes} for slide in found]
    assert {"wsi2dcm_raw"} in stems
    assert {"gcp_multi_frame_jpeg_camelyon"} in stems  # one series with the next, but not one slide
    assert {"multiframe_camelyon_challenge_image"} in stems
    assert set().union(*stems) == set(REAL)


@pytest.mark.data
def test_a_cut_series_says_so(real_data: Path, tmp_path: Path) -> None:
    data = (real_data / "slides" / "dicom" / "wsi2dcm_raw.dcm").read_bytes()
    path = tmp_path / "cut.dcm"
    path.write_bytes(data[: int(len(data) * 0.8)])
    with open_dicom(path) as slide:
        assert "cut short" in slide.info.warning
        assert slide.read_tile(0, 0, 0).shape == (256, 256, 3)
        with pytest.raises(SlideProblem, match="cut short"):
            slide.read_tile(0, 3, 2)
    path.write_bytes(data[: int(len(data) * 0.3)])
    with pytest.raises(SlideProblem, match="cut short"):
        open_dicom(path)


def test_icc_profile_is_kept(tmp_path: Path) -> None:
    from pydicom import Dataset, Sequence

    def colored(dataset: Any) -> None:
        path = Dataset()
        path.ICCProfile, path.OpticalPathIdentifier, path.ObjectiveLensPower = b"profile!", "1", "40"
        dataset.OpticalPathSequence = Sequence([path])

    with open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, Recipe(change=colored))) as slide:
        assert isinstance(slide, DicomReader)
        assert slide.icc_profile == b"profile!"
        assert slide.info.objective == 40


def test_spacing_and_where_it_is_from(tmp_path: Path) -> None:
    with open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, Recipe(spacing_mm=0.00025))) as slide:
        assert slide.info.spacing is not None
        assert slide.info.spacing.spacing == Spacing(0.25, 0.25)
        assert slide.info.spacing.source == "the file"
    with open_dicom(write_slide(tmp_path / "b.dcm", TISSUE, Recipe(spacing_mm=None))) as slide:
        assert slide.info.spacing is not None
        assert slide.info.spacing.spacing.mean == pytest.approx(2.0, rel=1e-6)
        assert slide.info.spacing.source == "the imaged volume in the file"


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cells = random.Random(1).sample(cells_of(TISSUE, 64), 10)  # two are missing
    return write_slide(
        tmp_path_factory.mktemp("dicom") / "a.dcm", TISSUE, Recipe(order=cells, syntax=JPEG_LS)
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    x=st.integers(-80, 260),
    y=st.integers(-80, 200),
    width=st.integers(1, 240),
    height=st.integers(1, 200),
)
def test_any_block_is_a_part_of_the_whole(shuffled: Path, x: int, y: int, width: int, height: int) -> None:
    with open_dicom(shuffled) as slide:
        padded = np.full((150 + 600, 210 + 600, 3), 255, dtype=np.uint8)
        padded[300:450, 300:510] = from_tiles(slide)
        block = slide.read_block(0, x, y, Size(width, height))
        assert np.array_equal(block, padded[300 + y : 300 + y + height, 300 + x : 300 + x + width])


def test_many_threads_read_the_same_pixels(tmp_path: Path) -> None:
    path = write_slide(tmp_path / "a.dcm", TISSUE, Recipe(syntax=JPEG_2000, table="none"))
    wrong: list[str] = []
    with open_dicom(path) as slide:

        def read(seed: int) -> None:
            for column, row in random.Random(seed).sample(cells_of(TISSUE, 64), 12):
                tile = slide.read_tile(0, column, row)
                part = TISSUE[row * 64 : (row + 1) * 64, column * 64 : (column + 1) * 64]
                if not np.array_equal(tile, part):
                    wrong.append(f"{column}, {row}")

        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_outside_and_after_close(tmp_path: Path) -> None:
    slide = open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, Recipe()))
    for column, row in ((-1, 0), (4, 0), (0, 3)):
        with pytest.raises(IndexError):
            slide.read_tile(0, column, row)
    slide.close()
    slide.close()
    with pytest.raises(SlideProblem, match="closed"):
        slide.read_tile(0, 0, 0)


SEEDS = 40


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless, JPEG, JPEG_LS, JPEG_2000, HTJ2K])
def test_damaged_files_end_in_pixels_or_in_words(tmp_path: Path, syntax: str) -> None:
    cells = sorted(cells_of(TISSUE, 64))
    whole_file = write_slide(tmp_path / "a.dcm", TISSUE, Recipe(syntax=syntax, order=cells)).read_bytes()
    for seed in range(SEEDS):
        chance = random.Random(seed)
        data = bytearray(whole_file)
        if seed % 3 == 0:
            data = data[: chance.randrange(len(data))]
        header = min(len(data), 6000)
        for _ in range(chance.choice((1, 4, 30))):
            data[chance.randrange(132, header if seed % 2 else len(data)) % len(data)] = chance.randrange(256)
        path = tmp_path / "bad" / f"{seed}.dcm"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        with contextlib.suppress(SlideProblem), open_dicom(path) as slide:
            level = slide.info.levels[0]
            for column, row in ((0, 0), (level.columns - 1, level.rows - 1), (1 % level.columns, 0)):
                with contextlib.suppress(SlideProblem):
                    assert slide.read_tile(0, column, row).dtype == np.uint8
        path.unlink()


@pytest.mark.data
@pytest.mark.parametrize("asked", ["", "level2.dcm"])
def test_an_empty_file_beside_a_slide_is_told_of(real_data: Path, tmp_path: Path, asked: str) -> None:
    """A copy that broke off: without a word a coarser level would be taken for the slide."""
    for name in ("level2.dcm", "level3.dcm"):
        shutil.copyfile(real_data / "slides" / "carotid_half_dicom" / name, tmp_path / name)
    with open_dicom(tmp_path / asked) as slide:
        assert slide.info.warning == ""
    (tmp_path / "level0.dcm").touch()
    with open_dicom(tmp_path / asked) as slide:
        assert "level0.dcm" in slide.info.warning
        assert len(slide.info.levels) == 2
