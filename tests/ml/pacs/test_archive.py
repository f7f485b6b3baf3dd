"""Against a real Orthanc, by all roads alike: what is sent is found, and comes back as it was."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest

from ml.export.author import Algorithm
from ml.export.ct_results import CtResults, write_results
from ml.export.measured import Judged
from ml.export.parametric_map import FindingMap
from ml.export.segmentation import Segment
from ml.export.source import read_source
from ml.pacs.pacs import Arrived, Pacs, Query, RemoteSeries
from ml.progress import Cancelled, Progress, Step


def _remote(pacs: Pacs, slices: Sequence[Path]) -> RemoteSeries:
    """The series in the archive, sent there if need be."""
    header = pydicom.dcmread(slices[0], stop_before_pixels=True)
    found = [one for one in pacs.find_series(header.StudyInstanceUID) if one.uid == header.SeriesInstanceUID]
    if not found or found[0].images < len(slices):
        assert pacs.send(slices).stored == len(slices)
        found = [
            one for one in pacs.find_series(header.StudyInstanceUID) if one.uid == header.SeriesInstanceUID
        ]
    return found[0]


def _same(folder: Path, originals: Sequence[Path]) -> None:
    """Every file is there, with all elements and pixels as they were, and nothing besides."""
    names = set()
    for path in originals:
        wanted = pydicom.dcmread(path)
        name = f"{wanted.SOPInstanceUID}.dcm"
        names.add(name)
        found = pydicom.dcmread(folder / name)
        assert found == wanted
        assert found.file_meta.TransferSyntaxUID == wanted.file_meta.TransferSyntaxUID
    assert {path.name for path in folder.iterdir()} == names


def test_a_series_goes_and_comes_back(pacs: Pacs, slices: tuple[Path, ...], tmp_path: Path) -> None:
    assert "answers" in pacs.echo()
    series = _remote(pacs, slices)
    assert (series.modality, series.number, series.images) == ("CT", 1, len(slices))
    steps: list[Step] = []
    parts: list[object] = []
    fetched = pacs.fetch_series(series, tmp_path, Progress(steps.append, parts.append))
    assert (fetched.images, fetched.already) == (len(slices), 0)
    _same(tmp_path, slices)
    assert (steps[-1].done, steps[-1].total) == (len(slices), len(slices))
    arrived = [part for part in parts if isinstance(part, Arrived)]
    assert {part.path.stem for part in arrived} == {part.uid for part in arrived}
    assert len(arrived) == len(slices)


def test_studies_are_found_by_what_is_known(pacs: Pacs, slices: tuple[Path, ...]) -> None:
    series = _remote(pacs, slices)
    for query in (
        Query(patient_name="ProMED*"),
        Query(patient_id="ProMED-CT-0051"),
        Query(dates="20120901-20120930", modality="CT"),
        Query(study_uid=series.study_uid),
    ):
        (study,) = (one for one in pacs.find_studies(query).studies if one.uid == series.study_uid)
        assert (study.patient_name, study.date, study.modalities[0]) == ("ProMED CT 0051", "20120914", "CT")
        assert study.images >= len(slices)
    for query in (Query(patient_name="Nobody*"), Query(dates="19990101"), Query(modality="PT")):
        assert pacs.find_studies(query).studies == ()


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


def test_what_is_no_uid_goes_nowhere(pacs: Pacs, tmp_path: Path) -> None:
    from ml.errors import Problem

    for ask in (
        lambda: pacs.find_series("../../system"),
        lambda: pacs.find_studies(Query(study_uid="*")),
        lambda: pacs.fetch_series(RemoteSeries("1.2", "../3"), tmp_path),
    ):
        with pytest.raises(Problem, match="is no UID"):
            ask()


def test_a_limit_is_said(pacs: Pacs, slices: tuple[Path, ...], tmp_path: Path) -> None:
    paths = []
    for number in range(3):
        dataset = pydicom.dcmread(slices[0])
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"1.2.3.4.{number}", f"1.2.3.5.{number}"
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.6.{number}"
        dataset.PatientName, dataset.PatientID, dataset.StudyDate = "Limit^Test", "limit", f"2020010{number}"
        paths.append(tmp_path / f"{number}.dcm")
        dataset.save_as(paths[-1])
    pacs.send(paths)
    found = pacs.find_studies(Query(patient_id="limit"), limit=2)
    assert (len(found.studies), found.more) == (2, True)
    assert found.studies[0].date > found.studies[1].date
    found = pacs.find_studies(Query(patient_id="limit"), limit=3)
    assert (len(found.studies), found.more) == (3, False)


def test_a_stopped_fetch_goes_on_where_it_stopped(
    pacs: Pacs, slices: tuple[Path, ...], tmp_path: Path
) -> None:
    series = _remote(pacs, slices)
    progress = Progress(on_part=lambda _: progress.stop() if len(list(tmp_path.iterdir())) >= 5 else None)
    with pytest.raises(Cancelled):
        pacs.fetch_series(series, tmp_path, progress)
    here = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.dcm")}
    assert 5 <= len(here) < len(slices)
    fetched = pacs.fetch_series(series, tmp_path)
    assert (fetched.already, fetched.images) == (len(here), len(slices))
    assert {path: path.stat().st_mtime_ns for path in here} == here
    _same(tmp_path, slices)
    assert pacs.fetch_series(series, tmp_path).already == len(slices)


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
        _same(folder, [original])
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


def test_a_stopped_sending_is_told(pacs: Pacs, slices: tuple[Path, ...]) -> None:
    steps: list[Step] = []

    def listen(step: Step) -> None:
        steps.append(step)
        progress.stop()

    progress = Progress(listen)
    with pytest.raises(Cancelled):
        pacs.send(slices, progress)
    assert 0 < steps[-1].done < len(slices)


def test_everything_over_tls(secure_pacs: Pacs, slices: tuple[Path, ...], tmp_path: Path) -> None:
    assert secure_pacs.server.encrypted
    assert "answers" in secure_pacs.echo()
    series = _remote(secure_pacs, slices[:5])
    assert secure_pacs.find_studies(Query(patient_name="ProMED*")).studies
    fetched = secure_pacs.fetch_series(series, tmp_path)
    assert fetched.images == 5
    _same(tmp_path, slices[:5])


def test_the_folder_may_go_away(pacs: Pacs, slices: tuple[Path, ...], tmp_path: Path) -> None:
    from ml.errors import Problem

    series = _remote(pacs, slices)
    folder = tmp_path / "away"
    gone = Progress(on_part=lambda _: shutil.rmtree(folder, ignore_errors=True))
    with pytest.raises(Problem, match=r"could not be written|images of the series are here"):
        pacs.fetch_series(series, folder, gone)
