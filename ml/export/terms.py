"""Codes for what is found. A name without a code that DICOM itself lists stands under our own scheme."""

from __future__ import annotations

import re

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

SCHEME = "99PARFOCAL"
"""Coding scheme designator of our own terms; 99 marks private schemes (DICOM PS3.16, 8.2)."""

ABNORMAL = codes.SCT.MorphologicallyAbnormalStructure

_LISTED = {
    "any": codes.SCT.IntracranialHemorrhage,
    "hemorrhage": codes.SCT.IntracranialHemorrhage,
    "intracranial hemorrhage": codes.SCT.IntracranialHemorrhage,
}


def term(name: str) -> Code:
    """The code of a finding: DICOM's own where it lists one, else ours with the name as its meaning.

    The kinds of hemorrhage are not in DICOM's context groups, and public lists disagree on their SNOMED
    codes: a private code with plain words is never a wrong one.
    """
    listed = _LISTED.get(name.strip().lower())
    return listed or own(name)


def own(name: str) -> Code:
    """A code of our own scheme: at most 16 letters out of the name."""
    value = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")[:16]
    return Code(value or "FINDING", SCHEME, name.replace("\\", "/")[:64])
