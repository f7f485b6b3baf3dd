"""Who made an exported object: the program, and the model whose answers it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import highdicom as hd
from pydicom.sr.codedict import codes

from ml import __version__

MANUFACTURER = "Parfocal"
MODEL_NAME = "Parfocal"
SERIAL = "research"
"""Every copy of the program is alike: a serial number says nothing, and the attribute may not be empty."""

DEVICE_UID = "2.25.208703887863786531021552749470253755192"
"""Names the program as an observer in reports; the same for every copy."""

CREATOR = "Parfocal^"
"""The program where a person's name is asked for."""

NOTICE = "Research use only. Not for diagnosis."


@dataclass(frozen=True)
class Algorithm:
    """The model whose answers are exported, as its card names it."""

    name: str
    version: str
    parameters: Mapping[str, str] = field(default_factory=dict)  # threshold, sha256 of the weights, …

    def sequence(self) -> hd.AlgorithmIdentificationSequence:
        """For segments (DICOM 10.16)."""
        return hd.AlgorithmIdentificationSequence(
            name=short(self.name),
            family=codes.DCM.ArtificialIntelligence,
            version=short(self.version),
            source=MANUFACTURER,
            parameters=dict(self.parameters) or None,
        )

    def for_report(self) -> hd.sr.AlgorithmIdentification:
        """For measurements and findings (TID 4019)."""
        return hd.sr.AlgorithmIdentification(
            name=self.name,
            version=self.version,
            parameters=[f"{name}={value}" for name, value in self.parameters.items()] or None,
            family=codes.DCM.ArtificialIntelligence,
            manufacturer=MANUFACTURER,
        )


def equipment() -> dict[str, Any]:
    """What made an object, as arguments of highdicom's constructors."""
    return {
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": MODEL_NAME,
        "software_versions": __version__,
        "device_serial_number": SERIAL,
    }


def short(text: str) -> str:
    """Text as the representation LO holds it: 64 letters, no backslash."""
    return text.replace("\\", "/")[:64]
