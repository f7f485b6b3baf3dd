"""Codes for DICOM: names of classes and measurements under Parfocal's own scheme, units by UCUM."""

from __future__ import annotations

import hashlib
import re
import struct
import uuid
from typing import Any

from ml.annotation.losses import Losses

SCHEME = "99PARFOCAL"
MEANING = 64  # characters of a code's meaning, and of a label
UNCLASSIFIED = "UNCLASSIFIED"
"""Value of the code for what has no class; no name of a class becomes this one."""
_UNITS = {"µm": "um", "µm²": "um2", "mm": "mm", "mm²": "mm2", "%": "%", "px": "{pixels}", "px²": "{pixels}2"}
_SHOWN = {ucum: shown for shown, ucum in _UNITS.items()}
_NAME_AND_UNIT = re.compile(r"^(.+) \(([^()]*)\)$", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")


def damage() -> tuple[type[Exception], ...]:
    """What pydicom and highdicom raise for files that are damaged, beside what they raise for a reason."""
    from pydicom.errors import BytesLengthException, InvalidDicomError

    own = (
        InvalidDicomError,
        BytesLengthException,
        struct.error,
        EOFError,
        NotImplementedError,
        RecursionError,
    )
    return (*own, ValueError, AttributeError, LookupError, TypeError, ArithmeticError)


def clean(text: str, where: str, losses: Losses) -> str:
    """The text as a short string of DICOM: 64 characters, no backslash, no control character."""
    shown = _CONTROL.sub("?", text).strip() or "?"
    if len(shown) > MEANING:
        shown = shown[: MEANING - 1].rstrip() + "…"
    if shown != text:
        losses.add("DICOM's short texts have 64 characters, no backslash and no line ends: changed", where)
    return shown


def code_of(text: str, where: str, losses: Losses) -> Any:
    """A private code that stands for a name."""
    from highdicom.sr import CodedConcept

    value = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:15].upper()
    return CodedConcept(f"P{value}", SCHEME, clean(text, where, losses))


def class_code(class_name: str) -> Any:
    """The code of a class; that of no class has a value of its own."""
    from highdicom.sr import CodedConcept

    if not class_name:
        return CodedConcept(UNCLASSIFIED, SCHEME, UNCLASSIFIED.lower())
    return code_of(class_name, "", Losses())


def measured(name: str, where: str, losses: Losses) -> tuple[Any, Any]:
    """Codes of the name and of the unit of a measurement called like “Area (µm²)”."""
    from highdicom.sr import CodedConcept

    match = _NAME_AND_UNIT.match(name)
    stem, unit = (match[1], match[2]) if match else (name, "")
    if unit not in _UNITS:
        return code_of(name, where, losses), CodedConcept("1", "UCUM", "no units")
    return code_of(stem, where, losses), CodedConcept(_UNITS[unit], "UCUM", unit)


def name_of(name: Any, unit: Any) -> str:
    """What a measurement is called, with its unit unless it has none."""
    meaning = str(name.CodeMeaning)
    ucum = str(unit.CodeValue) if unit is not None else "1"
    return meaning if ucum in {"1", ""} else f"{meaning} ({_SHOWN.get(ucum, ucum)})"


def uid_of(annotation_id: str) -> str:
    """A UUID as a DICOM UID (PS3.5 B.2); another identifier gets one made from it."""
    try:
        number = uuid.UUID(annotation_id).int
    except ValueError:
        number = uuid.uuid5(uuid.NAMESPACE_OID, annotation_id).int
    return f"2.25.{number}"


def id_of(uid: str) -> str:
    """The identifier that a UID stands for: a UUID, made from it where it is none."""
    number = uid.removeprefix("2.25.")
    if uid.startswith("2.25.") and number.isdigit() and int(number) < 1 << 128:
        return str(uuid.UUID(int=int(number)))
    return str(uuid.uuid5(uuid.NAMESPACE_OID, uid))
