"""Slides, pictures and CT with markers planted in them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.ml.deidentify.markers import FOLDER, GIVEN, NAME, NUMBER, TEXT

PATIENT = f"{NAME}^{GIVEN}"


def jpeg_with_words(pixels: np.ndarray, *, marked: bool = True) -> bytes:
    """A JPEG whose head holds a comment and Exif, and behind whose end something hides."""
    file = io.BytesIO()
    image = Image.fromarray(pixels)
    if not marked:
        image.save(file, "JPEG", quality=90)
        return file.getvalue()
    exif = Image.Exif()
    exif[0x013B] = f"{NAME} {GIVEN}"
    exif[0x010E] = TEXT
    image.save(file, "JPEG", quality=90, exif=exif, comment=f"{NAME} {NUMBER}".encode("utf-16-le"))
    return file.getvalue() + f"behind the end {NUMBER}".encode()


def write_svs(path: Path, *, big: bool = False, words_in_tiles: bool = True) -> None:
    """An Aperio slide of two levels with thumbnail, label and macro; words in every tag and every tile."""
    random = np.random.default_rng(5)
    first = np.asarray(
        Image.fromarray(random.integers(0, 255, (32, 32, 3), dtype=np.uint8)).resize((1024, 1024))
    )
    second = np.ascontiguousarray(first[::4, ::4])
    label = Image.new("RGB", (200, 100), "white")
    ImageDraw.Draw(label).text((5, 40), f"{NAME}, {GIVEN} {NUMBER}", fill="black")
    said = f"|AppMag = 20|MPP = 0.499|Filename = {NAME}|User = {GIVEN}|Title = {TEXT}|ScanScope ID = {NUMBER}"
    extra = [
        (271, "s", 0, f"{NAME} Make", False),
        (306, "s", 0, "2019:01:02 03:04:05", False),
        (315, "s", 0, f"{GIVEN} {NAME}", False),
        (316, "s", 0, f"{FOLDER}-workstation", False),
        (700, "B", len(f"<x:xmpmeta>{NAME}</x:xmpmeta>"), f"<x:xmpmeta>{NAME}</x:xmpmeta>".encode(), False),
        (33432, "s", 0, TEXT, False),
        (65000, "s", 0, f"private {NUMBER}", False),
    ]
    with tifffile.TiffWriter(path, bigtiff=big) as file:
        for level, facts in ((first, said), (second, said)):
            size = f"1024x1024 -> {level.shape[1]}x{level.shape[0]}" if level is second else "1024x1024"
            tiles = [
                jpeg_with_words(level[y : y + 128, x : x + 128], marked=words_in_tiles)
                for y in range(0, level.shape[0], 128)
                for x in range(0, level.shape[1], 128)
            ]
            file.write(
                iter(tiles),
                shape=level.shape,
                dtype=np.uint8,
                tile=(128, 128),
                photometric="ycbcr",
                subsampling=(2, 2),
                compression="jpeg",
                description=f"Aperio Image Library v12\r\n{size} (128x128) JPEG/RGB{facts}",
                software=f"{NAME} scanner",
                extratags=extra,
                metadata=None,
            )
            if level is first:
                _beside(file, np.asarray(label.resize((128, 96))), "1024x1024 -> 128x96 -", 0)
        _beside(file, np.asarray(label), "label 200x100", 1)
        _beside(file, np.asarray(label.resize((300, 100))), "macro 300x100", 9)
    with path.open("ab") as file_:
        file_.write(f"{NAME} behind the end".encode("utf-16-be"))


def _beside(file: tifffile.TiffWriter, pixels: np.ndarray, words: str, kind: int) -> None:
    file.write(
        pixels,
        photometric="rgb",
        compression="zlib" if kind else None,
        description=f"Aperio Image Library v12\r\n{words}|Barcode = {NUMBER}",
        subfiletype=kind,
        extratags=[(315, "s", 0, NAME, False)],
        metadata=None,
    )


def write_pictures(folder: Path) -> tuple[Path, Path]:
    """A PNG and a JPEG of tissue with words in every note that they have room for."""
    from skimage.data import immunohistochemistry

    pixels = immunohistochemistry()
    exif = Image.Exif()
    exif[0x013B] = NAME
    info = PngInfo()
    info.add_text("Author", f"{NAME} {GIVEN}")
    info.add_text("Comment", TEXT, zip=True)
    info.add_itxt("Title", NUMBER, zip=True)
    png, jpeg = folder / f"{NAME}.png", folder / f"{NAME}.jpg"
    Image.fromarray(pixels).save(png, pnginfo=info, exif=exif)
    jpeg.write_bytes(jpeg_with_words(pixels))
    return png, jpeg


def plant(dataset: Dataset, *, deep: int = 2) -> None:
    """Markers in everything that has room for words: known attributes, private ones, nested sequences."""
    dataset.PatientName = PATIENT
    dataset.PatientID = NUMBER
    dataset.AccessionNumber = f"A{NUMBER}"
    for keyword in (
        *("PatientComments", "StudyDescription", "SeriesDescription", "ImageComments", "InstitutionName"),
        *("StationName", "OperatorsName", "PerformingPhysicianName", "RequestingPhysician", "ProtocolName"),
        *("InstitutionAddress", "DeviceSerialNumber", "AdditionalPatientHistory", "Occupation"),
        *("DerivationDescription", "RetrieveAETitle", "StudyID", "OtherPatientIDs", "BranchOfService"),
        *(
            "RequestedProcedureDescription",
            "ScheduledProcedureStepDescription",
            "AdmissionID",
            "PatientAddress",
        ),
        *(
            "LossyImageCompressionMethod",
            "SoftwareVersions",
            "WindowCenterWidthExplanation",
            "SecondaryCaptureDeviceID",
        ),
    ):
        setattr(dataset, keyword, TEXT[:12].upper() if keyword == "LossyImageCompressionMethod" else TEXT)
    dataset.PatientBirthDate = "19500301"
    block = dataset.private_block(0x0009, f"{NAME} 1.0", create=True)
    block.add_new(0x01, "LO", f"{NAME} private")
    block.add_new(0x02, "OB", f"{NUMBER} bytes.".encode("utf-16-le"))
    inner = Dataset()
    inner.add_new((0x0009, 0x0010), "LO", f"{NAME} nested")
    block.add_new(0x03, "SQ", Sequence([inner]))
    dataset.add_new((0x6000, 0x3000), "OW", f"{NAME} overlay.".ljust(32).encode())
    dataset.add_new((0x6000, 0x4000), "LT", TEXT)
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = NUMBER, "99LOCAL", f"{NAME} local"
    item = Dataset()
    item.PatientComments = TEXT
    item.RequestedProcedureID = NUMBER
    item.ReferencedSOPInstanceUID = "1.2.3.4.5"
    item.PurposeOfReferenceCodeSequence = Sequence([code])
    if deep:
        plant(item, deep=deep - 1)
    dataset.ReferencedImageSequence = Sequence([item])
    dataset.RequestAttributesSequence = Sequence([item])


def planted_dicom(source: Path, target: Path) -> None:
    """A copy of a file with all of it, in the dataset, in the file's head and in its first 128 bytes."""
    dataset = dcmread(source)
    plant(dataset)
    dataset.file_meta.SourceApplicationEntityTitle = NAME
    dataset.file_meta.ImplementationVersionName = TEXT[:16]
    dataset.preamble = f"{NAME} preamble".encode().ljust(128, b"\0")
    dataset.save_as(target)
