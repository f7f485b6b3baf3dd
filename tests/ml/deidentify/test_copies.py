"""De-identified copies of real slides and CT: nothing of the names, every bit of the pixels."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile
from PIL import Image
from pydicom import dcmread

from ml.deidentify.copy import copy_without_identity
from ml.deidentify.icc import without_words as colours_alone
from ml.deidentify.uids import remapped
from ml.errors import Problem
from ml.progress import Cancelled, Progress
from tests.ml.deidentify.markers import FOLDER, NAME, found_in, found_under
from tests.ml.deidentify.planted import planted_dicom, write_pictures, write_svs

REAL = ("cmu1_small_region.svs", "tcga_head_neck_jp2k_no_mpp.svs", "carotid_thrombus_he.svs")


def copied(source: Path, target: Path) -> Path:
    copy_without_identity(source, target, Progress())
    return target


def segments(path: Path) -> list[bytes]:
    """All coded tiles of all levels as they are stored."""
    found = []
    with tifffile.TiffFile(path) as file, path.open("rb") as reading:
        for page in file.pages:
            if page.is_tiled:
                for at, size in zip(page.dataoffsets, page.databytecounts, strict=True):
                    reading.seek(at)
                    found.append(reading.read(size))
    return found


@pytest.mark.parametrize("name", REAL)
def test_a_real_svs(real_data: Path, tmp_path: Path, name: str) -> None:
    """OpenSlide reads the same pixels, sizes, spacing and magnification, and no picture beside the slide."""
    source = real_data / "slides" / name
    made = copied(source, tmp_path / "slide.svs")
    with openslide.OpenSlide(str(source)) as old, openslide.OpenSlide(str(made)) as new:
        assert old.associated_images
        assert not new.associated_images
        assert new.level_dimensions == old.level_dimensions
        for key in ("openslide.mpp-x", "openslide.mpp-y", "openslide.objective-power", "openslide.vendor"):
            assert new.properties.get(key) == old.properties.get(key)
        for level, size in enumerate(old.level_dimensions):
            for share in (0.1, 0.5, 0.8):
                place = tuple(int(share * edge) for edge in old.dimensions)
                box = tuple(min(300, edge) for edge in size)
                one, other = (np.asarray(s.read_region(place, level, box)) for s in (old, new))
                np.testing.assert_array_equal(one, other)
    old_tiles, new_tiles = segments(source), segments(made)
    if "jp2k" not in name:  # whose tiles' comments name the program that packed them
        assert new_tiles == old_tiles
    assert len(new_tiles) == len(old_tiles)
    assert b"Filename" not in made.read_bytes()


@pytest.mark.parametrize("big", [False, True], ids=["classic", "BigTIFF"])
@pytest.mark.parametrize("words_in_tiles", [False, True])
def test_a_slide_full_of_markers(tmp_path: Path, big: bool, words_in_tiles: bool) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    source = folder / f"{NAME}.svs"
    write_svs(source, big=big, words_in_tiles=words_in_tiles)
    assert len(found_in(source)) > 5
    made = copied(source, tmp_path / "slide.svs")
    assert found_in(made) == []
    with openslide.OpenSlide(str(source)) as old, openslide.OpenSlide(str(made)) as new:
        assert set(old.associated_images) == {"label", "macro", "thumbnail"}
        assert not new.associated_images
        for level, size in enumerate(old.level_dimensions):
            one, other = (np.asarray(s.read_region((0, 0), level, size)) for s in (old, new))
            np.testing.assert_array_equal(one, other)
        assert new.properties["openslide.mpp-x"] == old.properties["openslide.mpp-x"] == "0.499"
    with tifffile.TiffFile(made) as file:
        assert file.is_bigtiff is big
        known = {tag.code for page in file.pages for tag in page.tags}
        assert not known & {271, 305, 306, 315, 316, 700, 33432, 65000}


def test_other_pyramids_and_flat_tiffs(real_data: Path, tmp_path: Path) -> None:
    for name in ("tiny_pyramid_bad_mpp.tiff", "skin_he_field.tif", "plain_nearly_empty.tif"):
        made = copied(real_data / "slides" / name, tmp_path / name)
        with tifffile.TiffFile(real_data / "slides" / name) as old, tifffile.TiffFile(made) as new:
            for one, other in zip(old.pages, new.pages, strict=True):
                np.testing.assert_array_equal(one.asarray(), other.asarray())
            assert 270 not in new.pages[0].tags


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("vectra_fluorescence.qptiff", "places of its own"),
        ("ome_channels_z.ome.tif", "places of its own"),
        ("broken.svs", "cannot be de-identified"),
    ],
)
def test_what_cannot_be_done_well_is_refused(real_data: Path, tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(Problem, match=says):
        copied(real_data / "slides" / name, tmp_path / "copy.tif")
    assert list(tmp_path.iterdir()) == []


def test_pictures(tmp_path: Path) -> None:
    for source in write_pictures(tmp_path):
        assert found_in(source)
        made = copied(source, tmp_path / f"picture{source.suffix}")
        assert found_in(made) == []
        np.testing.assert_array_equal(np.asarray(Image.open(source)), np.asarray(Image.open(made)))


def test_a_picture_that_is_stored_turned_is_refused(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(tmp_path / "turned.jpg", exif=exif)
    with pytest.raises(Problem, match="stored turned"):
        copied(tmp_path / "turned.jpg", tmp_path / "copy.jpg")


def test_a_dicom_slide(real_data: Path, tmp_path: Path) -> None:
    """With a label added: it stays behind; the others hold no marker, OpenSlide reads the same pixels."""
    source = tmp_path / FOLDER
    source.mkdir()
    for path in sorted((real_data / "slides" / "carotid_half_dicom").iterdir()):
        planted_dicom(path, source / f"{NAME}-{path.name}")
    label = dcmread(source / f"{NAME}-level3.dcm")
    label.ImageType = ["ORIGINAL", "PRIMARY", "LABEL", "NONE"]
    label.SOPInstanceUID = label.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    label.save_as(source / "label.dcm")
    done = copy_without_identity(source, tmp_path / "copy", Progress())
    assert done.left_out == ("1 file: label picture",)
    assert [path.name for path in done.files] == [f"{n:05d}.dcm" for n in range(1, 5)]
    assert len(found_under(source)) > 15
    assert found_under(tmp_path / "copy") == []
    study = dcmread(source / f"{NAME}-level0.dcm").StudyInstanceUID
    headers = [dcmread(path) for path in done.files]
    assert {header.StudyInstanceUID for header in headers} == {remapped(study)}
    assert all(header.PatientIdentityRemoved == "YES" and not header.PatientName for header in headers)
    with (
        openslide.OpenSlide(str(source / f"{NAME}-level0.dcm")) as old,
        openslide.OpenSlide(str(done.files[0])) as new,
    ):
        assert new.level_dimensions == old.level_dimensions
        for level in range(old.level_count):
            one, other = (np.asarray(s.read_region((2000, 3000), level, (300, 300))) for s in (old, new))
            np.testing.assert_array_equal(one, other)


def test_frames_with_words_in_their_heads(real_data: Path, tmp_path: Path) -> None:
    """Comments go, offsets are written anew, and every frame decodes to the same."""
    from pydicom.encaps import encapsulate, generate_frames

    source = dcmread(real_data / "slides" / "carotid_half_dicom" / "level3.dcm")
    count = int(source.NumberOfFrames)
    frames = list(generate_frames(source.PixelData, number_of_frames=count))
    marked = [frame[:2] + b"\xff\xfe\x00\x0f" + f"{NAME:13}".encode() + frame[2:] for frame in frames]
    source.PixelData = encapsulate(marked)
    folder = tmp_path / "in"
    folder.mkdir()
    source.save_as(folder / "level.dcm")
    assert found_in(folder / "level.dcm", [NAME])
    done = copy_without_identity(folder, tmp_path / "copy", Progress())
    assert found_under(tmp_path / "copy") == []
    made = dcmread(done.files[0])
    assert [f.rstrip(b"\0") for f in generate_frames(made.PixelData, number_of_frames=count)] == [
        f.rstrip(b"\0") for f in frames
    ]


def test_ct(real_data: Path, tmp_path: Path) -> None:
    """pydicom reads the same values; identifiers are others, and fit together."""
    source = tmp_path / FOLDER
    source.mkdir()
    for path in sorted((real_data / "ct" / "cranium_series").iterdir())[:5]:
        planted_dicom(path, source / f"{NAME} {path.name}")
    done = copy_without_identity(source, tmp_path / "copy", Progress())
    assert found_under(tmp_path / "copy") == []
    for path in done.files:
        new = dcmread(path)
        (old,) = (
            o for o in map(dcmread, source.iterdir()) if remapped(o.SOPInstanceUID) == new.SOPInstanceUID
        )
        np.testing.assert_array_equal(old.pixel_array, new.pixel_array)
        assert new.FrameOfReferenceUID == remapped(old.FrameOfReferenceUID)
        for key in ("PixelSpacing", "ImagePositionPatient", "RescaleIntercept", "InstanceNumber", "Rows"):
            assert new.get(key) == old.get(key)
        assert str(new.file_meta.MediaStorageSOPInstanceUID) == str(new.SOPInstanceUID)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools are not installed")
def test_copies_are_no_worse_dicom_than_their_source(real_data: Path, tmp_path: Path) -> None:
    def errors(path: Path) -> set[str]:
        said = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        return {line for line in (said.stdout + said.stderr).splitlines() if line.startswith("Error")}

    for folder, first in (("slides/carotid_half_dicom", "level0.dcm"), ("ct/cranium_series", "IM0001.dcm")):
        done = copy_without_identity(real_data / folder, tmp_path / folder.replace("/", "-"), Progress())
        assert errors(done.files[0]) <= errors(real_data / folder / first)


def test_a_stop_and_a_name_that_is_taken(real_data: Path, tmp_path: Path) -> None:
    for source, target in (
        (real_data / "slides" / "cmu1_small_region.svs", tmp_path / "copy.svs"),
        (real_data / "ct" / "cranium_series", tmp_path / "copy"),
    ):
        progress = Progress()
        progress.step = lambda step, progress=progress: progress.stop() if step.done > 3 else None
        with pytest.raises(Cancelled):
            copy_without_identity(source, target, progress)
        assert list(tmp_path.iterdir()) == []
    (tmp_path / "copy.svs").write_bytes(b"mine")
    with pytest.raises(Problem, match="is there already"):
        copied(real_data / "slides" / "cmu1_small_region.svs", tmp_path / "copy.svs")
    assert (tmp_path / "copy.svs").read_bytes() == b"mine"


def test_colour_profiles_convert_alike_and_say_nothing(real_data: Path) -> None:
    from PIL import ImageCms

    with tifffile.TiffFile(real_data / "slides" / "tcga_head_neck_jp2k_no_mpp.svs") as file:
        real = file.pages[0].tags[34675].value
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    for profile in (real, srgb):
        clean = colours_alone(profile)
        for word in (b"sRGB", b"IEC", b"HP", b"Copyright", b"s\0R\0G\0B"):
            assert word not in clean
        lab = ImageCms.createProfile("LAB")
        one, other = (
            np.asarray(
                ImageCms.applyTransform(
                    picture,
                    ImageCms.buildTransform(ImageCms.ImageCmsProfile(io.BytesIO(p)), lab, "RGB", "LAB"),
                )
            )
            for p in (profile, clean)
        )
        np.testing.assert_array_equal(one, other)
    assert colours_alone(b"no profile at all") == b""
