"""A report's PDF inside DICOM, in the study of the slide or series that it is about (PS3.3 A.45.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian, generate_uid

from ml import __version__
from ml.export.author import MANUFACTURER, MODEL_NAME, NOTICE, SERIAL, short
from ml.report.atomic import whole_file

_SERIES = 910
_TAKEN_OVER = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate"),
    *("StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"),
)
_OPTIONAL = ("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence")


def write_encapsulated_pdf(
    pdf: bytes, sources: Sequence[Dataset], path: Path, title: str, made: datetime
) -> None:
    """Write a PDF as a DICOM object; patient and study are those of the first source. Raises `Problem`.

    It is unverified and says so; what the pages show (a name perhaps) counts as burned in.
    """
    header = sources[0]
    document = Dataset()
    document.SOPClassUID = EncapsulatedPDFStorage
    document.SOPInstanceUID = generate_uid()
    document.SpecificCharacterSet = "ISO_IR 192"
    for key in _TAKEN_OVER:
        setattr(document, key, header.get(key) or "")
    for key in _OPTIONAL:
        if header.get(key):
            setattr(document, key, header.get(key))
    _add_series(document, made)
    _add_content(document, pdf, sources, title, made)
    document.file_meta = FileMetaDataset()
    document.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    document.file_meta.MediaStorageSOPClassUID = document.SOPClassUID
    document.file_meta.MediaStorageSOPInstanceUID = document.SOPInstanceUID
    with whole_file(path) as part:
        document.save_as(part, enforce_file_format=True)


def read_encapsulated_pdf(document: Dataset) -> bytes:
    """The PDF inside such an object, without the byte that makes its length even."""
    length = document.get("EncapsulatedDocumentLength")
    held: bytes = document.EncapsulatedDocument
    return held[: int(length)] if length else held


def _add_series(document: Dataset, made: datetime) -> None:
    document.Modality = "DOC"
    document.SeriesInstanceUID = generate_uid()
    document.SeriesNumber = _SERIES
    document.SeriesDescription = short(f"Parfocal report. {NOTICE}")
    document.Manufacturer, document.ManufacturerModelName = MANUFACTURER, MODEL_NAME
    document.DeviceSerialNumber, document.SoftwareVersions = SERIAL, __version__
    document.ConversionType = "WSD"
    document.InstanceCreationDate = document.ContentDate = f"{made:%Y%m%d}"
    document.InstanceCreationTime = document.ContentTime = f"{made:%H%M%S}"
    if made.tzinfo is not None:
        document.TimezoneOffsetFromUTC = f"{made:%z}"


def _add_content(
    document: Dataset, pdf: bytes, sources: Sequence[Dataset], title: str, made: datetime
) -> None:
    document.InstanceNumber = 1
    document.AcquisitionDateTime = f"{made:%Y%m%d%H%M%S}"
    document.BurnedInAnnotation = "YES"
    document.DocumentTitle = short(title)
    document.VerificationFlag = "UNVERIFIED"
    document.ConceptNameCodeSequence = Items([_code("18748-4", "LN", "Diagnostic imaging study")])
    document.MIMETypeOfEncapsulatedDocument = "application/pdf"
    document.EncapsulatedDocumentLength = len(pdf)
    document.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    document.SourceInstanceSequence = Items([_reference(source) for source in sources])


def _reference(source: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = source.SOPClassUID
    item.ReferencedSOPInstanceUID = source.SOPInstanceUID
    return item


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
