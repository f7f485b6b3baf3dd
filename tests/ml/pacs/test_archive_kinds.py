"""Against a real Orthanc: results, odd and compressed images, letters beyond ASCII go and come back."""

from __future__ import annotations

from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom

from ml.export.author import Algorithm
from ml.export.ct_results import CtResults, write_results
from ml.export.measured import Judged
from ml.export.parametric_map import FindingMap
from ml.export.segmentation import Segment
from ml.export.source import read_source
from ml.pacs.pacs import Pacs, Query
from tests.ml.pacs.comparison import same


def test_letters_beyond_ascii(pacs: Pacs, slices: tuple[Path, ...], tmp_path: Path) -> None:
    dataset = pydicom.dcmread(slices[0])
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3.7.1", "1.2.3.7.2"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.7.3"
    dataset.PatientName, dataset.PatientID = "Müller^Ägidius=山田^太郎", "letters"
    dataset.save_as(tmp_path / "letters.dcm")
    pacs.send([tmp_path / "letters.dcm"])
    (study,) = pacs.find_studies(Query(patient_id="letters")).studies
    assert study.patient_name == "Müller^Ägidius=山田^太郎"
    if pacs.server.kind == "dimse":  # Debian's Orthanc does not decode letters in a web address
        assert pacs.find_studies(Query(patient_name="Müller*")).studies == (study,)


def test_results_are_sent_back(pacs: Pacs, slices: tuple[Path, ...], tmp_path: Path) -> None:
    source = read_source(slices[:3])
    model = Algorithm("hemorrhage-demo", "1.0")
    mask = np.zeros((3, *source.size), dtype=bool)
    mask[1, 50:60, 70:90] = True
    cam = mask.astype(np.float32) * 1.5
    results = CtResults(
        source,
        segments=(Segment("subdural", mask, model),),
        maps=(FindingMap("subdural", cam, (0, 1, 2), model),),
        judged=(Judged("subdural", 0.75, model),),
    )
    files = write_results(results, tmp_path / "results")
    (tmp_path / "results" / "notes.txt").write_text("no DICOM", encoding="utf-8")
    sent = pacs.send([*files, tmp_path / "results" / "notes.txt"])
    assert sent.stored == 3
    assert [(one.path.name, one.reason) for one in sent.refused] == [("notes.txt", "it is no DICOM file")]
    study = source.headers[0].StudyInstanceUID
    uids = {pydicom.dcmread(path).SeriesInstanceUID: path for path in files}
    back = {one.uid: one for one in pacs.find_series(study) if one.uid in uids}
    assert {one.modality for one in back.values()} == {"SEG", "SR", "OT"}
    for uid, original in uids.items():
        folder = tmp_path / uid
        pacs.fetch_series(back[uid], folder)
        same(folder, [original])
        if back[uid].modality == "SEG":
            seg = hd.seg.segread(next(folder.iterdir()))
            found = seg.get_pixels_by_source_instance(
                [header.SOPInstanceUID for header in source.headers], assert_missing_frames_are_empty=True
            )
            np.testing.assert_array_equal(found[..., 0], mask)


ODD = (
    "odd_and_compressed/JPEG-LL.dcm",
    "odd_and_compressed/color-pl.dcm",  # of a retired class
    "transfer_syntaxes/CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm",
    "transfer_syntaxes/CTImage.dcm_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm",  # retired too
)


def test_odd_and_compressed_images_stay_as_they_are(pacs: Pacs, real_data: Path, tmp_path: Path) -> None:
    (tmp_path / "sent").mkdir()
    for number, name in enumerate(ODD):
        original = pydicom.dcmread(real_data / "ct" / name)
        original.StudyInstanceUID, original.SeriesInstanceUID = "1.2.3.8.1", f"1.2.3.8.2.{number}"
        original.SOPInstanceUID = f"1.2.3.8.3.{number}"
        original.file_meta.MediaStorageSOPInstanceUID = original.SOPInstanceUID
        original.save_as(tmp_path / "sent" / f"{number}.dcm")
    assert pacs.send(sorted((tmp_path / "sent").iterdir())).stored == len(ODD)
    for one in pacs.find_series("1.2.3.8.1"):
        pacs.fetch_series(one, tmp_path / one.uid)
        (found,) = (tmp_path / one.uid).iterdir()
        read = pydicom.dcmread(found)
        original = pydicom.dcmread(tmp_path / "sent" / f"{one.uid[-1]}.dcm")
        assert read.file_meta.TransferSyntaxUID == original.file_meta.TransferSyntaxUID, ODD[int(one.uid[-1])]
        assert read.PixelData == original.PixelData
