"""Studies and series out of what archives answer: the same attributes over DIMSE and DICOMweb."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydicom.dataset import Dataset

from ml.errors import Problem
from ml.pacs.inbox import is_uid
from ml.pacs.pacs import FoundStudies, Query, RemoteSeries, Study

STUDY_KEYS = (
    "StudyInstanceUID",
    "PatientName",
    "PatientID",
    "StudyDate",
    "StudyDescription",
    "AccessionNumber",
    "ModalitiesInStudy",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
)
SERIES_KEYS = (
    "SeriesInstanceUID",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "NumberOfSeriesRelatedInstances",
)
IMAGE_KEYS = ("SOPInstanceUID", "SOPClassUID")

_DATES = re.compile(r"\d{8}|\d{8}-\d{8}|-\d{8}|\d{8}-")


def filters(query: Query) -> dict[str, str]:
    """The query as attributes with values; what is empty is left out. Raises `Problem` for odd dates."""
    if query.dates and not _DATES.fullmatch(query.dates):
        raise Problem(
            f"“{query.dates}” is no date.", "Give 20240131, 20240101-20240131, -20240131 or 20240101-."
        )
    if query.study_uid:
        uid(query.study_uid)
    wanted = {
        "PatientName": query.patient_name,
        "PatientID": query.patient_id,
        "StudyDate": query.dates,
        "ModalitiesInStudy": query.modality,
        "StudyDescription": query.description,
        "AccessionNumber": query.accession,
        "StudyInstanceUID": query.study_uid,
    }
    return {key: value for key, value in wanted.items() if value}


def uid(text: str) -> str:
    """A UID that a person or a program gave, as it is. Raises `Problem` where it is none."""
    if not is_uid(text):
        raise Problem(f"“{text[:80]}” is no UID.", "Copy it from what the archive lists.")
    return text


def study_of(answer: Dataset) -> Study:
    """A study as it was described."""
    modalities = answer.get("ModalitiesInStudy") or ()
    return Study(
        uid=_text(answer, "StudyInstanceUID"),
        patient_name=_text(answer, "PatientName"),
        patient_id=_text(answer, "PatientID"),
        date=_text(answer, "StudyDate"),
        description=_text(answer, "StudyDescription"),
        accession=_text(answer, "AccessionNumber"),
        modalities=(modalities,) if isinstance(modalities, str) else tuple(str(m) for m in modalities),
        series=_number(answer, "NumberOfStudyRelatedSeries"),
        images=_number(answer, "NumberOfStudyRelatedInstances"),
    )


def series_of(answer: Dataset, study_uid: str) -> RemoteSeries:
    """A series as it was described."""
    return RemoteSeries(
        study_uid=study_uid,
        uid=_text(answer, "SeriesInstanceUID"),
        modality=_text(answer, "Modality"),
        number=_number(answer, "SeriesNumber"),
        description=_text(answer, "SeriesDescription"),
        images=_number(answer, "NumberOfSeriesRelatedInstances"),
    )


def newest_first(studies: Iterable[Study], limit: int) -> FoundStudies:
    """At most so many, and whether there were more."""
    found = list(studies)
    ordered = sorted(found[:limit], key=lambda study: (study.date, study.uid), reverse=True)
    return FoundStudies(tuple(ordered), len(found) > limit)


def by_number(series: Iterable[RemoteSeries]) -> tuple[RemoteSeries, ...]:
    """In the order of a study."""
    return tuple(sorted(series, key=lambda one: (one.number, one.uid)))


def _text(answer: Dataset, key: str) -> str:
    value = answer.get(key)
    return "" if value is None else str(value).strip()


def _number(answer: Dataset, key: str) -> int:
    try:
        return int(answer.get(key))
    except (TypeError, ValueError):
        return -1
