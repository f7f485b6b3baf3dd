"""Against a real Orthanc, by all roads alike: what is sent is found, and comes back as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pydicom
import pytest

from ml.pacs.pacs import Arrived, Pacs, Query, RemoteSeries
from ml.progress import Cancelled, Progress, Step
from tests.ml.pacs.comparison import remote, same


def test_a_series_goes_and_comes_back(pacs: Pacs, slices: tuple[Path, ...], tmp_path: Path) -> None:
    assert "answers" in pacs.echo()
    series = remote(pacs, slices)
    assert (series.modality, series.number, series.images) == ("CT", 1, len(slices))
    steps: list[Step] = []
    parts: list[object] = []
    fetched = pacs.fetch_series(series, tmp_path, Progress(steps.append, parts.append))
    assert (fetched.images, fetched.already) == (len(slices), 0)
    same(tmp_path, slices)
    assert (steps[-1].done, steps[-1].total) == (len(slices), len(slices))
    arrived = [part for part in parts if isinstance(part, Arrived)]
    assert {part.path.stem for part in arrived} == {part.uid for part in arrived}
    assert len(arrived) == len(slices)


def test_studies_are_found_by_what_is_known(pacs: Pacs, slices: tuple[Path, ...]) -> None:
    series = remote(pacs, slices)
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
    series = remote(pacs, slices)
    progress = Progress(on_part=lambda _: progress.stop() if len(list(tmp_path.iterdir())) >= 4 else None)
    with pytest.raises(Cancelled):
        pacs.fetch_series(series, tmp_path, progress)
    here = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.dcm")}
    assert 4 <= len(here) < len(slices)
    fetched = pacs.fetch_series(series, tmp_path)
    assert (fetched.already, fetched.images) == (len(here), len(slices))
    assert {path: path.stat().st_mtime_ns for path in here} == here
    same(tmp_path, slices)
    assert pacs.fetch_series(series, tmp_path).already == len(slices)


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
    series = remote(secure_pacs, slices[:5])
    assert secure_pacs.find_studies(Query(patient_name="ProMED*")).studies
    fetched = secure_pacs.fetch_series(series, tmp_path)
    assert fetched.images == 5
    same(tmp_path, slices[:5])


def test_the_folder_may_go_away(pacs: Pacs, slices: tuple[Path, ...], tmp_path: Path) -> None:
    from ml.errors import Problem

    series = remote(pacs, slices)
    folder = tmp_path / "away"
    gone = Progress(on_part=lambda _: shutil.rmtree(folder, ignore_errors=True))
    with pytest.raises(Problem, match=r"could not be written|images of the series are here"):
        pacs.fetch_series(series, folder, gone)
