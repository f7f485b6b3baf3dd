"""DICOM without what may name a patient: the Basic Application Level Confidentiality Profile of PS3.15.

The standard's table (E.1-1) says of some 400 attributes what must go. Here the question is turned round: what
can hold words of a person goes unless it is known to be harmless, so that an attribute that the table forgot,
or that a later edition adds, goes too. What is left is numbers, codes, and other identifiers.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.uid import UID

from ml.deidentify.icc import without_words
from ml.deidentify.uids import remapped
from ml.deidentify.words import KnownNames, known_names

METHOD = "Parfocal: Basic Application Confidentiality Profile (PS3.15), everything but a list of the harmless"
_DUMMY = "REMOVED"

# May be empty, and must be there (type 2 of the patient, study, specimen and equipment modules): action Z.
EMPTIED = frozenset(
    (
        *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID"),
        *("AccessionNumber", "ReferringPhysicianName", "Laterality", "PositionReferenceIndicator"),
        *("IssuerOfTheContainerIdentifierSequence", "ContentCreatorName"),
        *("AcquisitionContextSequence", "SpecimenPreparationSequence"),
        *("IssuerOfTheSpecimenIdentifierSequence", "ContainerTypeCodeSequence"),
    )
)
# Must be there and may not be empty (type 1 of whole slides and of derived objects): action D.
DUMMIES = {
    "SpecimenIdentifier": _DUMMY,
    "ContainerIdentifier": _DUMMY,
    "DeviceSerialNumber": _DUMMY,
    "SoftwareVersions": _DUMMY,
    "ContentDate": "19000101",
    "ContentTime": "000000",
    "AcquisitionDateTime": "19000101000000",
}
# Words that say what a picture is, not whose: the standard's terms, the scanner's make, reconstruction.
HARMLESS = frozenset(
    (
        *("Manufacturer", "ManufacturerModelName", "ConvolutionKernel"),
        *("CodeValue", "LongCodeValue", "CodeMeaning", "CodingSchemeDesignator", "CodingSchemeVersion"),
    )
)
_SCHEMES = frozenset(("DCM", "SCT", "SRT", "SNM3", "UCUM", "LN", "FMA", "RADLEX", "UMLS", "NCIt", "NCDR"))
_RESCALED = frozenset(("HU", "OD", "US", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"))
_WORDS = frozenset(("AE", "AS", "LO", "LT", "PN", "SH", "ST", "UC", "UN", "UR", "UT"))
_DATES = frozenset(("DA", "DT", "TM"))
_NUMBERS = frozenset(("AT", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"))
_BYTES = frozenset(  # values that are bytes, and hold pixels, places or tables of numbers
    (
        *("PixelData", "FloatPixelData", "DoubleFloatPixelData", "LUTData"),
        *("ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
        *("RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData"),
        *("BluePaletteColorLookupTableData", "AlphaPaletteColorLookupTableData"),
        *("SegmentedRedPaletteColorLookupTableData", "SegmentedGreenPaletteColorLookupTableData"),
        "SegmentedBluePaletteColorLookupTableData",
    )
)
_CODE = re.compile(r"[A-Z0-9_ ]{0,16}")
_SHORT = re.compile(r"[A-Za-z0-9]{1,4}")
# Sequences and values that are nothing but about persons, orders, places, or copies of what goes elsewhere.
_GONE = frozenset(
    (
        *("ReferencedPatientSequence", "RequestAttributesSequence", "OriginalAttributesSequence"),
        *("DigitalSignaturesSequence", "EncryptedAttributesSequence", "MACParametersSequence"),
        *("IconImageSequence", "ThumbnailSequence", "PatientSexNeutered", "ReferencedStudySequence"),
        *("ContributingEquipmentSequence", "PersonIdentificationCodeSequence", "InstitutionCodeSequence"),
        *("ReferencedPerformedProcedureStepSequence", "PerformedProtocolCodeSequence"),
        *("ProcedureCodeSequence", "RequestedProcedureCodeSequence", "ReasonForStudy"),
        *("EncapsulatedDocument", "ModifiedAttributesSequence", "ParticipantSequence"),
        *("VerifyingObserverSequence", "AuthorObserverSequence", "ContentCreatorIdentificationCodeSequence"),
    )
)
_GROUPS = (range(0x5000, 0x5100), range(0x6000, 0x6100))  # curves and overlays: words drawn as pixels

Note = Callable[[str], object]


def without_identity(source: Dataset, note: Note = lambda _: None) -> Dataset:
    """A copy of a header (or of a whole object) that names nobody; the source stays as it is.

    `note` is told the name of every attribute that went, as often as it went. Pixels are not touched.
    Raises `Problem` where identifiers cannot be replaced.
    """
    names = known_names((), source)
    made = _cleaned(source, names, note)
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = METHOD[:64]
    made.DeidentificationMethodCodeSequence = Sequence([_code("113100", "DCM")])
    made.LongitudinalTemporalInformationModified = "REMOVED"
    return made


def _code(value: str, scheme: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = value, scheme
    item.CodeMeaning = "Basic Application Confidentiality Profile"
    return item


def _cleaned(source: Dataset, names: KnownNames, note: Note) -> Dataset:
    made = Dataset()
    if isinstance(source, FileDataset):
        made.file_meta = _meta(source)
        made.set_original_encoding(*source.original_encoding)
    local = str(source.get("CodingSchemeDesignator", "DCM")) not in _SCHEMES
    for tag in sorted(source.keys()):
        try:
            element = source[tag]
        except (ValueError, TypeError, NotImplementedError, OverflowError):
            note("values that are not what the standard says")
            continue
        kept = None if _is_gone(element) else _kept(element, names, note)
        if kept is None:
            note(_called(element))
        elif local and kept.keyword in {"CodeMeaning", "CodeValue", "LongCodeValue"}:
            note("words of local codes (replaced)")
            made.add(DataElement(kept.tag, kept.VR, _DUMMY))
        else:
            made.add(kept)
    return made


def _meta(source: FileDataset) -> FileMetaDataset:
    """The file's own head: what kind of object, how it is stored; not who sent it."""
    meta = copy.deepcopy(source.file_meta)
    for element in list(meta):
        known = ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID")
        if element.keyword not in known:
            del meta[element.tag]
    if "MediaStorageSOPInstanceUID" in meta:
        meta.MediaStorageSOPInstanceUID = UID(remapped(str(meta.MediaStorageSOPInstanceUID)))
    return meta


def _is_gone(element: DataElement) -> bool:
    """Private, unknown to the standard's dictionary, of a group that draws words, or about persons only."""
    tag, keyword = element.tag, element.keyword
    if tag.is_private or not keyword or keyword in _GONE or any(tag.group in group for group in _GROUPS):
        return True
    return tag.group == 0x0010 and keyword not in EMPTIED and keyword != "PatientPosition"


def _kept(element: DataElement, names: KnownNames, note: Note) -> DataElement | None:
    """The element as it may stay; None where it may not."""
    keyword, vr = element.keyword, str(element.VR)
    if keyword in DUMMIES or keyword in EMPTIED:
        if element.value:
            note(element.name if keyword in EMPTIED else f"{element.name} (replaced)")
        empty = Sequence() if vr == "SQ" else None
        return DataElement(element.tag, vr, DUMMIES.get(keyword, empty))
    if vr == "SQ":
        items = Sequence([_cleaned(item, names, note) for item in element.value])
        return DataElement(element.tag, vr, items)
    if keyword in _OTHERWISE:
        return DataElement(element.tag, vr, _OTHERWISE[keyword](element.value))
    if vr == "UI":
        return DataElement(element.tag, vr, _other_uids(element.value))
    if vr in _WORDS or vr == "CS":
        return copy.copy(element) if _is_harmless(element, names) else None
    is_numbers = keyword in _BYTES or vr in _NUMBERS or vr.startswith("US or")
    return copy.copy(element) if is_numbers else None


def _is_harmless(element: DataElement, names: KnownNames) -> bool:
    """Whether words may stay: of the list, or a code as the standard writes it, and nobody's name."""
    text = _text(element.value)
    codes = str(element.VR) == "CS" and all(map(_CODE.fullmatch, text.split("\\")))
    return (codes or element.keyword in HARMLESS) and not names.in_text(text)


def _kinds(value: object) -> list[str]:
    """Of an image, word by word: its first values must be there."""
    words = [value] if isinstance(value, str) else list(value or ())  # type: ignore[call-overload]
    return [word if _CODE.fullmatch(word) else "OTHER" for word in words]


def _referred(value: object) -> str:
    """What frames call a light path or a stack by: the same word, the same other."""
    word = str(value or "")
    return word if _SHORT.fullmatch(word) else remapped(word)[-8:]


_OTHERWISE: dict[str, Callable[[object], object]] = {
    "ICCProfile": lambda value: without_words(value) if isinstance(value, bytes) else b"",
    "OpticalPathIdentifier": _referred,
    "StackID": _referred,
    "RescaleType": lambda value: value if value in _RESCALED else "US",
    "ImageType": _kinds,
    "FrameType": _kinds,
}


def _other_uids(value: object) -> object:
    if isinstance(value, MultiValue | list | tuple):
        return [UID(remapped(str(one))) for one in value]
    return UID(remapped(str(value))) if value else value


def _text(value: object) -> str:
    return "\\".join(map(str, value)) if isinstance(value, MultiValue | list) else str(value or "")


def _called(element: DataElement) -> str:
    if element.tag.is_private:
        return "private attributes"
    return element.name if element.keyword else "attributes unknown to the standard"
