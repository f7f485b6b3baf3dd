"""What a DICOM object is that is no CT slice, in a person's words."""

from __future__ import annotations

from ml.errors import Problem
from ml.slide.dicom_elements import uid_name

_STORAGE = "1.2.840.10008.5.1.4.1.1."
CT = _STORAGE + "2"
"""SOP class of a CT image of one slice."""

ENHANCED_CT = frozenset({_STORAGE + "2.1", _STORAGE + "2.2"})
"""SOP classes of CT with many slices in one file."""

_KINDS = {
    "1": "a radiograph",
    "1.1": "a radiograph",
    "3": "an ultrasound image",
    "3.1": "an ultrasound image",
    "4": "an MR image",
    "4.1": "an MR image",
    "4.4": "an MR image",
    "5": "a nuclear medicine image",
    "6": "an ultrasound image",
    "7": "a secondary capture (a picture of a screen or a scan of paper)",
    "20": "a nuclear medicine image",
    "30": "a parametric map",
    "66": "raw data",
    "66.1": "a spatial registration",
    "66.4": "a segmentation",
    "66.5": "a surface segmentation",
    "66.7": "a segmentation",
    "67": "a mapping to real values",
    "88.59": "a selection of images",
    "88.67": "a radiation dose report",
    "104.1": "a PDF document",
    "128": "a PET image",
    "130": "a PET image",
    "128.1": "a PET image",
    "481.1": "a radiotherapy image",
    "481.2": "a radiotherapy dose",
    "481.3": "a set of radiotherapy structures",
    "481.4": "a radiotherapy treatment record",
    "481.5": "a radiotherapy plan",
}
_BEGINNINGS = {
    "1.": "a radiograph",
    "6.": "an ultrasound image",
    "7.": "a secondary capture (pictures of a screen or scans of paper)",
    "11.": "a presentation state",
    "12.": "an angiogram",
    "77.": "a photograph or a slide",
    "88.": "a structured report",
    "9.": "a waveform",
    "13.": "a volume of radiographs",
    "481.": "a radiotherapy object",
}


class NotCt(Problem):
    """A sound DICOM object that is no CT slice."""


def in_words(sop_class: str, modality: str = "") -> str:
    """What a person calls it: "a segmentation"."""
    short = sop_class.removeprefix(_STORAGE)
    if short != sop_class:
        if short in _KINDS:
            return _KINDS[short]
        for beginning, words in _BEGINNINGS.items():
            if short.startswith(beginning):
                return words
    name = uid_name(sop_class) if sop_class else ""
    if name:
        return f"a DICOM object of the kind “{name}”"
    return f"a DICOM object of the kind {modality}" if modality else "a DICOM object of an unknown kind"
