"""What is typed about a search turned into DICOM's words, and what archives answer turned into people's."""

from __future__ import annotations

import re

from ml.ct_about import date_in_words
from ml.errors import Problem
from ml.pacs.pacs import Query, RemoteSeries, Study
from ml.report.words import count

_DAY = re.compile(r"(\d{4})(?:-?(\d\d)(?:-?(\d\d))?)?")
_FIRST, _LAST = ("01", "01"), ("12", "31")


def query_of(name: str, patient_id: str, first: str, last: str, modality: str) -> Query:
    """A search as it was typed. Raises `Problem` for a date that is none."""
    return Query(
        patient_name=name_asked(name),
        patient_id=patient_id.strip(),
        dates=dates_asked(first, last),
        modality=modality.strip().upper(),
    )


def name_asked(typed: str) -> str:
    """ "Doe, Jane" as "Doe*Jane*": archives match whole names, and hold family and given name apart."""
    words = [word for word in re.split(r"[\s,^]+", typed.strip()) if word]
    if not words:
        return ""
    text = "*".join(words)
    return text if text.endswith(("*", "?")) else f"{text}*"


def dates_asked(first: str, last: str) -> str:
    """Two dates as one range, either of them empty. 2024 is a year and 2024-03 a month. `Problem`."""
    start, end = _day(first, _FIRST), _day(last, _LAST)
    if start and end and start > end:
        raise Problem("The first date lies after the last one.", "Exchange them.")
    if not start and not end:
        return ""
    return start if start == end else f"{start}-{end}"


def _day(typed: str, missing: tuple[str, str]) -> str:
    text = typed.strip()
    if not text:
        return ""
    found = _DAY.fullmatch(text)
    if found is None:
        raise Problem(f"“{text}” is no date.", "Type 2024-01-31, 2024-01 or 2024.")
    year, month, day = found[1], found[2] or missing[0], found[3] or missing[1]
    if not ("01" <= month <= "12" and "01" <= day <= "31"):
        raise Problem(f"“{text}” is no date.", "Type 2024-01-31, 2024-01 or 2024.")
    return f"{year}{month}{day}"


def study_in_columns(study: Study, *, hidden: bool) -> tuple[str, str, str, str, str]:
    """Patient, date, kind, description, images."""
    who = " · ".join(part for part in (_name(study.patient_name) or "No name", study.patient_id) if part)
    return (
        "Name hidden" if hidden else who,
        date_in_words(study.date),
        ", ".join(study.modalities),
        study.description,
        _number(study.images),
    )


def series_in_columns(series: RemoteSeries) -> tuple[str, str, str, str, str]:
    """The same columns of a series."""
    title = f"Series {series.number}" if series.number >= 0 else "Series"
    return title, "", series.modality, series.description, _number(series.images)


def here_in_words(here: int, images: int) -> str:
    """How much of a series has been fetched: "here", "12 of 108", nothing."""
    if not here:
        return ""
    return "here" if 0 <= images <= here else f"{here} of {images}" if images > 0 else count(here, "image")


def delivered_in_words(series: int, images: int, already: int) -> str:
    """ "2 series with 216 images are here; 12 of them were before"."""
    what = f"{series} series with" if series > 1 else "The series is here:" if series else ""
    before = f"; {already} of them had come before" if already else ""
    if series > 1:
        return f"{what} {count(images, 'image')} are here{before}."
    return f"{what} {count(images, 'image')}{before}."


def _name(text: str) -> str:
    """ "Doe, Jane" of DICOM's "Doe^Jane"."""
    family, *given = [part for part in text.partition("=")[0].split("^") if part] or [""]
    return f"{family}, {' '.join(given)}" if given else family


def _number(value: int) -> str:
    return f"{value:,}" if value >= 0 else ""
