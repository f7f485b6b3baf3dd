"""What a CT series says about itself, in words for people: whose it is, what was done, which windows."""

from __future__ import annotations

from dataclasses import dataclass

from ml.volume.ct_slice import About
from ml.volume.series import Series
from ml.volume.window import Window


@dataclass(frozen=True, slots=True)
class NamedWindow:
    """A window under the name that the file, a radiologist or a person gave it."""

    name: str
    window: Window


def windows_of(series: Series) -> tuple[NamedWindow, ...]:
    """The windows that the files wish for, each once, in their order."""
    found: dict[Window, NamedWindow] = {}
    for name, window in series.windows:
        found.setdefault(window, NamedWindow(name.capitalize() if name.isupper() else name, window))
    return tuple(found.values())


def patient_in_words(about: About, *, hidden: bool = False) -> str:
    """ "Doe, Jane · born 1950-03-01 · F · 4711"; hidden, only the sex is left."""
    if hidden:
        return " · ".join(part for part in ("Name hidden", about.sex) if part)
    born = f"born {date_in_words(about.birth_date)}" if about.birth_date else ""
    parts = (about.patient_name or "No name", born, about.sex, about.patient_id)
    return " · ".join(part for part in parts if part)


def study_in_words(about: About) -> str:
    """ "CT head without contrast · 2012-09-14"."""
    parts = (about.study_description, date_in_words(about.study_date))
    return " · ".join(part for part in parts if part)


def date_in_words(text: str) -> str:
    """YYYYMMDD as YYYY-MM-DD; anything else as it stands."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdecimal() else text
