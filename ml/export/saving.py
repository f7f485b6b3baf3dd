"""The last step of every exported object: what all of them carry, and a file that is there whole."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.dataset import Dataset

from ml.export.source import Source
from ml.export.terms import SCHEME
from ml.report.atomic import whole_file

OWN_SCHEME = CodingSchemeIdentificationItem(
    designator=SCHEME, name="Terms of Parfocal", responsible_organization="Parfocal"
)


def save(make: Callable[[], Dataset], source: Source, path: Path) -> None:
    """Make an object, give it the source's body part, write it. Raises `Problem` when the disk says no.

    Warnings are about the source's own values (names of one part, empty times), which stay as they are.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = make()
        if made.Modality != "SR":
            _body_part(made, source.headers[0])
        with whole_file(path) as part:
            made.save_as(part)


def _body_part(made: Dataset, header: Dataset) -> None:
    """The body part as the source has it; where it has none, the side is said to be unknown (type 2C)."""
    for key in ("BodyPartExamined", "Laterality"):
        if header.get(key):
            made[key] = header[key]
    if "BodyPartExamined" not in made and "Laterality" not in made and made.Modality != "SEG":
        made.Laterality = ""
