"""Small CT series as DICOM files, written by pydicom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

ALONG = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def ct_dataset(stored: NDArray[np.generic], **changes: object) -> FileDataset:
    """One CT slice; `changes` are DICOM keywords, None takes one away."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    facts: dict[str, object] = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": generate_uid(),
        "Modality": "CT",
        "PatientID": "p1",
        "StudyInstanceUID": "1.2.3",
        "SeriesInstanceUID": "1.2.3.4",
        "Rows": stored.shape[0],
        "Columns": stored.shape[1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "PixelSpacing": [0.5, 0.25],
        "ImagePositionPatient": [0.0, 0.0, 0.0],
        "ImageOrientationPatient": list(ALONG),
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": int(stored.dtype.kind == "i"),
        "RescaleSlope": "1",
        "RescaleIntercept": "-1024",
        "PixelData": stored.astype(f"<{stored.dtype.kind}2").tobytes(),
    }
    for key, value in (facts | changes).items():
        if value is not None:
            setattr(dataset, key, value)
    meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "1.2")
    return dataset


def write(path: Path, dataset: FileDataset) -> Path:
    """Into a file; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_series(folder: Path, positions: tuple[float, ...], **changes: object) -> list[Path]:
    """A slice at each position (mm), named in the order given; its pixels hold that order's number."""
    paths = []
    for number, z in enumerate(positions):
        facts = {"ImagePositionPatient": [0.0, 0.0, z], "InstanceNumber": number + 1} | changes
        dataset = ct_dataset(np.full((4, 6), number, dtype=np.int16), **facts)
        paths.append(write(folder / f"{number:02d}.dcm", dataset))
    return paths
