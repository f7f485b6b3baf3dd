"""Names that are known to belong to somebody, and their removal from text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from ml.report.words import without_folders

GONE = "[removed]"
_LEAST = 3  # letters of a name that is looked for by itself: shorter ones are in every text
_ANYWAY = frozenset({"the", "and", "slide", "slides", "image", "series", "report", "unknown", "anonymous"})
_NAMED = (
    *("PatientName", "PatientID", "PatientBirthDate", "OtherPatientIDs", "OtherPatientNames"),
    *("PatientBirthName", "PatientMotherBirthName", "PatientAddress", "PatientTelephoneNumbers"),
    *("AccessionNumber", "StudyID", "ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName"),
    *("InstitutionName", "InstitutionAddress", "ContainerIdentifier", "StationName"),
)
_PERSONS = frozenset(("PatientName", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName"))


@dataclass(frozen=True)
class KnownNames:
    """Names of a patient, numbers and file names; each is removed wherever it stands as a whole."""

    names: tuple[str, ...] = ()

    def without(self, text: str) -> str:
        """The text without any of them, and without folders."""
        found = without_folders(text)
        for name in self.names:
            found = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", GONE, found, flags=re.IGNORECASE)
        return found

    def in_text(self, text: str) -> bool:
        """Whether one of them stands in it."""
        return self.without(text) != without_folders(text)


def known_names(paths: Iterable[Path], header: Dataset | None = None) -> KnownNames:
    """Names of files with and without their endings, and what a DICOM header calls the patient."""
    found: set[str] = set()
    for path in paths:
        found |= {path.name, path.stem}
    for key in _NAMED if header is not None else ():
        assert header is not None
        for text in _texts(header.get(key)):
            found |= {text, *(re.split(r"[\^=\s,]+", text) if key in _PERSONS else ())}
    longest_first = sorted(found, key=lambda name: (-len(name), name))
    return KnownNames(tuple(n for n in longest_first if len(n) >= _LEAST and n.lower() not in _ANYWAY))


def header_of(path: Path) -> Dataset | None:
    """The header of a DICOM file; None for anything else."""
    try:
        return dcmread(path, stop_before_pixels=True)
    except (OSError, InvalidDicomError, ValueError, AttributeError, KeyError, EOFError, NotImplementedError):
        return None


def _texts(value: object) -> list[str]:
    if value is None or value == "":
        return []
    several = value if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue" else [value]
    return [str(one).strip() for one in several if str(one).strip()]  # type: ignore[attr-defined]
