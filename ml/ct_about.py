"""What a CT series says about itself for people: whose it is, what was done, which windows it wishes for."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.volume.series import Series
from ml.volume.window import Window


@dataclass(frozen=True)
class NamedWindow:
    """A window under the name that the file, a radiologist or a person gave it."""

    name: str
    window: Window


@dataclass(frozen=True)
class About:
    """Texts as in the header, empty where it says nothing. `name`, `born` and `patient` name a person."""

    name: str = ""  # as one would say it: "Doe, Jane"
    patient: str = ""  # PatientID
    born: str = ""  # "1950-03-01"
    sex: str = ""
    age: str = ""  # "67 y"
    study: str = ""
    study_date: str = ""
    series: str = ""
    number: str = ""
    body: str = ""
    scanner: str = ""
    kernel: str = ""
    kvp: str = ""
    windows: tuple[NamedWindow, ...] = ()

    @property
    def title(self) -> str:
        """What to call the series: nothing in it should name a patient."""
        return self.series or self.study or (f"Series {self.number}" if self.number else "CT series")

    def patient_in_words(self, *, hidden: bool = False) -> str:
        """ "Doe, Jane · born 1950-03-01 · F · 4711"; hidden, only sex and age are left."""
        if hidden:
            return " · ".join(part for part in ("Name hidden", self.sex, self.age) if part)
        born = f"born {self.born}" if self.born else ""
        parts = (self.name or "No name", born, self.sex, self.age, self.patient)
        return " · ".join(part for part in parts if part)

    def study_in_words(self) -> str:
        """ "CT head without contrast · 2012-09-14"."""
        return " · ".join(part for part in (self.study, self.study_date) if part)


def about(series: Series) -> About:
    """Out of the header of the middle slice. Nothing is raised: what cannot be read is not said."""
    middle = series.slices[len(series) // 2]
    dataset = _header(middle.path)
    return About(patient=middle.patient) if dataset is None else about_of(dataset)


def about_of(dataset: Any) -> About:
    """Out of a parsed header."""
    return About(
        name=_name(dataset),
        patient=_text(dataset, "PatientID"),
        born=_date(_text(dataset, "PatientBirthDate")),
        sex=_text(dataset, "PatientSex"),
        age=_age(_text(dataset, "PatientAge")),
        study=_text(dataset, "StudyDescription"),
        study_date=_date(_text(dataset, "StudyDate")),
        series=_text(dataset, "SeriesDescription"),
        number=_text(dataset, "SeriesNumber"),
        body=_text(dataset, "BodyPartExamined").capitalize(),
        scanner=" ".join(
            part for part in (_text(dataset, "Manufacturer"), _text(dataset, "ManufacturerModelName")) if part
        ),
        kernel=_text(dataset, "ConvolutionKernel"),
        kvp=_text(dataset, "KVP"),
        windows=windows_of(dataset),
    )


def windows_of(dataset: Any) -> tuple[NamedWindow, ...]:
    """The windows that a file wishes for, in its order; those that make no sense are left out."""
    levels, widths = (_numbers(dataset.get(key)) for key in ("WindowCenter", "WindowWidth"))
    names = _several(dataset.get("WindowCenterWidthExplanation"))
    found: list[NamedWindow] = []
    for place, (level, width) in enumerate(zip(levels, widths, strict=False)):
        if math.isfinite(level) and math.isfinite(width) and width >= 1:
            name = str(names[place]).capitalize() if place < len(names) else ""
            plain = f"File {place + 1}" if len(levels) > 1 else "File"
            made = NamedWindow(f"{plain}: {name}" if name else plain, Window(level, width))
            if made.window not in [other.window for other in found]:
                found.append(made)
    return tuple(found)


def _header(path: Path) -> Any:
    try:
        import pydicom

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pydicom.dcmread(path, stop_before_pixels=True, force=True)
    except (OSError, ValueError, KeyError, AttributeError, NotImplementedError):
        return None


def _several(value: Any) -> Sequence[Any]:
    if value is None or value == "":
        return ()
    return (value,) if isinstance(value, str) or not hasattr(value, "__iter__") else tuple(value)


def _numbers(value: Any) -> list[float]:
    found = []
    for part in _several(value):
        try:
            found.append(float(part))
        except (TypeError, ValueError):
            found.append(math.nan)
    return found


def _text(dataset: Any, key: str) -> str:
    """One line without blanks around it; of several values all, parted by commas."""
    try:
        return ", ".join(" ".join(str(part).split()) for part in _several(dataset.get(key)))
    except (ValueError, UnicodeError):
        return ""


def _name(dataset: Any) -> str:
    """ "Doe^Jane" as "Doe, Jane"."""
    family, *rest = _text(dataset, "PatientName").split("=", maxsplit=1)[0].split("^")
    given = " ".join(part for part in rest if part)
    return f"{family}, {given}" if family and given else family or given


def _date(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) == 8 and text.isdecimal() else text


def _age(text: str) -> str:
    """ "067Y" as "67 y"."""
    if len(text) == 4 and text[:3].isdecimal():
        return f"{int(text[:3])} {text[3].lower()}"
    return text
