"""One CT slice: what its header says, and the way to its values."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from ml.errors import Problem
from ml.volume.facts import Facts
from ml.volume.rescale import UNSCALED, Scaling, Voxels, scaling_of, voxels_of
from ml.volume.samples import OpenFrames, StoredFrame
from ml.volume.window import Window

_NUMBERS = tuple[float, ...]
_LONGEST = 200  # characters of a library's words that are told
_UPRIGHT = 1e-3  # how far cosines may be from a right angle and from length 1


@dataclass(frozen=True, slots=True)
class About:
    """Whom and what a series shows, as its files say; empty where they do not."""

    patient_id: str = ""
    patient_name: str = ""  # family name first: "Family, Given"
    birth_date: str = ""  # YYYYMMDD, as all dates here
    sex: str = ""
    study_date: str = ""
    study_description: str = ""
    series_number: int | None = None
    description: str = ""
    body_part: str = ""
    protocol: str = ""
    kernel: str = ""
    manufacturer: str = ""
    frame_of_reference: str = ""  # UID; series that share it lie in one space


@dataclass(frozen=True)
class CtSlice:
    """The header of one slice. Lengths in mm, directions in the patient's LPS frame."""

    path: Path  # of a member of a zip: the path of the zip and the member's name in it
    uid: str  # SOPInstanceUID
    patient: str  # PatientID, or where there is none the StudyInstanceUID
    study: str
    series: str  # SeriesInstanceUID
    number: int | None  # InstanceNumber
    size: tuple[int, int]  # rows, columns
    spacing: tuple[float, float] | None  # from row to row, from column to column
    origin: _NUMBERS | None  # centre of the first pixel
    orientation: _NUMBERS | None  # along a row, along a column: six cosines
    location: float | None  # SliceLocation, where origin or orientation are missing
    scout: bool = False  # a localizer: no slice of the stack
    thickness: float | None = None
    acquisition: int | None = None  # AcquisitionNumber
    about: About = field(default_factory=About)
    windows: tuple[tuple[str, Window], ...] = ()  # the file's own, with their names
    is_inverted: bool = False  # the file asks to be shown with dark bones (MONOCHROME1)
    is_lossy: bool = False  # its pixels were compressed with loss at some time
    scaling: Scaling = UNSCALED
    stored: StoredFrame | None = None

    @property
    def normal(self) -> _NUMBERS | None:
        """The direction that the slice faces: along a row × along a column."""
        if self.orientation is None:
            return None
        a, b, c, d, e, f = self.orientation
        return b * f - c * e, c * d - a * f, a * e - b * d

    @cached_property
    def position(self) -> float | None:
        """How far along its normal the slice lies, mm; SliceLocation where the header has no geometry."""
        if self.origin is None or self.normal is None:
            return self.location
        return sum(place * way for place, way in zip(self.origin, self.normal, strict=True))

    @property
    def frame(self) -> int:
        """Which image of its file it is, from 0."""
        return self.stored.frame if self.stored else 0

    def voxels(self, opened: OpenFrames | None = None, unwrap: bool | None = None) -> Voxels:
        """Decode it. Raises `Problem` that says why that cannot be. See `voxels_of`."""
        with told(self.path):
            assert self.stored is not None
            return voxels_of(self.stored.read(opened), self.scaling, unwrap)


def slice_of(path: Path, frame: StoredFrame, facts: Facts, own: dict[str, Facts]) -> CtSlice:
    """A slice out of its header; `own` are the parts that belong to this frame alone, by their names."""
    study = facts.text("StudyInstanceUID")
    about = _about(facts)
    place = own.get("PlanePositionSequence", facts)
    measures = own.get("PixelMeasuresSequence", facts)
    values = own.get("PixelValueTransformationSequence", facts)
    kinds = (*facts.words("ImageType"), *own.get("CTImageFrameTypeSequence", facts).words("FrameType"))
    return CtSlice(
        path=path,
        uid=facts.text("SOPInstanceUID"),
        patient=about.patient_id or study,
        study=study,
        series=facts.text("SeriesInstanceUID"),
        number=facts.whole("InstanceNumber"),
        size=(frame.form.height, frame.form.width),
        spacing=_spacing(measures),
        origin=place.numbers("ImagePositionPatient", 3) or None,
        orientation=_orientation(own.get("PlaneOrientationSequence", facts)),
        location=facts.number("SliceLocation"),
        scout="LOCALIZER" in kinds,
        thickness=_positive(measures.number("SliceThickness")),
        acquisition=facts.whole("AcquisitionNumber"),
        about=about,
        windows=_windows(own.get("FrameVOILUTSequence", facts)),
        is_lossy=facts.text("LossyImageCompression") == "01",
        is_inverted=facts.text("PhotometricInterpretation") == "MONOCHROME1",
        scaling=scaling_of(values, facts, own.get("RealWorldValueMappingSequence")),
        stored=frame,
    )


def _about(facts: Facts) -> About:
    name = facts.text("PatientName").split("=")[0]
    return About(
        patient_id=facts.text("PatientID"),
        patient_name=", ".join(part.strip() for part in name.split("^")[:2] if part.strip()),
        birth_date=facts.text("PatientBirthDate"),
        sex=facts.text("PatientSex"),
        study_date=facts.text("StudyDate"),
        study_description=facts.text("StudyDescription"),
        series_number=facts.whole("SeriesNumber"),
        description=facts.text("SeriesDescription"),
        body_part=facts.text("BodyPartExamined"),
        protocol=facts.text("ProtocolName"),
        kernel=facts.text("ConvolutionKernel").replace("\\", " "),
        manufacturer=facts.text("Manufacturer"),
        frame_of_reference=facts.text("FrameOfReferenceUID"),
    )


def _windows(facts: Facts) -> tuple[tuple[str, Window], ...]:
    centers, widths = facts.numbers("WindowCenter"), facts.numbers("WindowWidth")
    names = facts.words("WindowCenterWidthExplanation")
    if len(names) != len(centers):
        names = tuple(f"File {number + 1}" if len(centers) > 1 else "File" for number in range(len(centers)))
    pairs = zip(names, centers, widths, strict=False)
    return tuple((name, Window(center, width)) for name, center, width in pairs if width > 0)


def _spacing(facts: Facts) -> tuple[float, float] | None:
    found = facts.numbers("PixelSpacing", 2)
    return (found[0], found[1]) if found and min(found) > 0 else None


def _orientation(facts: Facts) -> _NUMBERS | None:
    """Six cosines; None where they are no two unit vectors at a right angle: nothing can be measured so."""
    found = facts.numbers("ImageOrientationPatient", 6)
    if not found:
        return None
    row, column = np.array(found[:3]), np.array(found[3:])
    off = (row @ row - 1, column @ column - 1, row @ column)
    return found if max(map(abs, off)) < _UPRIGHT else None


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Whatever goes wrong with a file becomes a `Problem` with its name: files can be broken in any way."""
    try:
        yield
    except Problem:
        raise
    except Exception as error:
        lines = str(error).splitlines()
        reason = (
            "".join(c for c in lines[0] if c.isprintable())[:200].rstrip(".")
            if lines
            else type(error).__name__
        )
        raise Problem(f"{path.name} cannot be read: {reason}.", "Copy it anew.", path=path) from error
