"""The series that results refer to: its headers, read once, never written."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage, generate_uid

from ml.errors import Problem
from ml.volume.series import Series
from ml.volume.stored_file import StoredFile

_MULTI_FRAME = {EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage}
_SHARED = {
    "StudyInstanceUID": "study",
    "SeriesInstanceUID": "series",
    "FrameOfReferenceUID": "frame of reference",
}
_NEEDED = {
    "SOPClassUID": "which kind of object it is",
    "SOPInstanceUID": "its own identifier",
    "StudyInstanceUID": "its study",
    "SeriesInstanceUID": "its series",
    "Rows": "its height",
    "Columns": "its width",
}
_GROUPS = {
    "PixelSpacing": "PixelMeasuresSequence",
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
}
_PLACED = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
_EMPTY_WHEN_MISSING = (  # type 2 of the patient and study modules: they must be there, and may be empty
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
)


@dataclass(frozen=True, eq=False)
class Source:
    """Headers (without pixels) of one series, and where each slice of its stack stands in them.

    One header a slice, or one header with several frames. Slices are counted from 0 in the stack's order,
    frames from 0 in the file's.
    """

    headers: tuple[Dataset, ...]
    places: tuple[tuple[int, int], ...]  # header and frame of every slice

    @property
    def multi_frame(self) -> bool:
        """Whether all slices lie in one file."""
        return str(self.headers[0].SOPClassUID) in _MULTI_FRAME

    @property
    def count(self) -> int:
        """Number of slices."""
        return len(self.places)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of a slice."""
        return int(self.headers[0].Rows), int(self.headers[0].Columns)

    def header(self, slice_: int) -> Dataset:
        """The header in which a slice stands."""
        return self.headers[self.places[slice_][0]]

    def frames(self, slice_: int) -> list[int] | None:
        """DICOM's frame number (from 1) of a slice in its file; None where the file holds nothing else."""
        return [self.places[slice_][1] + 1] if self.multi_frame else None

    def some(self, slices: Iterable[int]) -> tuple[Dataset, ...]:
        """The headers in which these slices stand, each once, in their order."""
        return tuple(self.headers[n] for n in dict.fromkeys(self.places[slice_][0] for slice_ in slices))

    def geometry(self, slice_: int, key: str) -> tuple[float, ...]:
        """`PixelSpacing`, `ImagePositionPatient` or `ImageOrientationPatient` of a slice, as DICOM has it."""
        header = self.header(slice_)
        if not self.multi_frame:
            return tuple(float(value) for value in header[key].value)
        found = _of_frame(header, self.places[slice_][1], key)
        return tuple(float(value) for value in found[key].value)

    def planes(self, slices: Sequence[int]) -> dict[str, Any]:
        """Arguments of highdicom's constructors that lay planes onto slices; none where headers do that."""
        if not self.multi_frame:
            return {}
        first = slices[0]
        measures = _of_frame(self.header(first), self.places[first][1], "PixelSpacing")
        return {
            "plane_positions": [
                hd.PlanePositionSequence("PATIENT", self.geometry(n, "ImagePositionPatient")) for n in slices
            ],
            "plane_orientation": hd.PlaneOrientationSequence(
                "PATIENT", self.geometry(first, "ImageOrientationPatient")
            ),
            "pixel_measures": hd.PixelMeasuresSequence(
                pixel_spacing=self.geometry(first, "PixelSpacing"),
                slice_thickness=float(measures.get("SliceThickness") or 0) or None,
                spacing_between_slices=measures.get("SpacingBetweenSlices"),
            ),
        }


def _of_frame(header: Dataset, frame: int, key: str) -> Dataset:
    """The functional group that holds a value for a frame. Raises `Problem` where there is none."""
    for holder in (header.PerFrameFunctionalGroupsSequence[frame], header.SharedFunctionalGroupsSequence[0]):
        group = holder.get(_GROUPS[key])
        if group and key in group[0]:
            found: Dataset = group[0]
            return found
    raise Problem(
        f"Frame {frame + 1} does not say where it lies or how large a pixel is.",
        "Results cannot be placed on it: export the series anew with its geometry.",
    )


def source_of(series: Series) -> Source:
    """The source that a series found on the disk (or in a zip) is. Raises `Problem` as `read_source` does."""
    files = dict.fromkeys(
        slice_.stored.file if slice_.stored else StoredFile(slice_.path) for slice_ in series.slices
    )
    numbers = {file.path: number for number, file in enumerate(files)}
    headers = _headers(list(files))
    return Source(headers, tuple((numbers[slice_.path], slice_.frame) for slice_ in series.slices))


def read_source(paths: Sequence[Path]) -> Source:
    """The headers of a series' files, given in the order of its stack.

    Raises `Problem` that names the file which cannot be read, belongs elsewhere or does not say where it
    lies. What a header leaves out but every derived object must hold is filled in memory: empty entries of
    patient and study, and a frame of reference made from the series' UID.
    """
    if not paths:
        raise ValueError("a series has at least one file")
    headers = _headers([StoredFile(path) for path in paths])
    if str(headers[0].SOPClassUID) in _MULTI_FRAME:
        return Source(headers, tuple((0, frame) for frame in range(int(headers[0].NumberOfFrames))))
    return Source(headers, tuple((number, 0) for number in range(len(headers))))


def _headers(files: Sequence[StoredFile]) -> tuple[Dataset, ...]:
    """Headers of files that belong together. Raises `Problem` where they do not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that do not keep to the standard
        return _checked([_header(file) for file in files], files)


def _checked(headers: Sequence[Dataset], files: Sequence[StoredFile]) -> tuple[Dataset, ...]:
    first, name = headers[0], files[0].path.name
    for file, header in zip(files, headers, strict=True):
        for key, words in _SHARED.items():
            if header[key].value != first[key].value:
                raise Problem(
                    f"{file.path.name} belongs to another {words} than {name}.", "Export one series alone."
                )
        if (header.Rows, header.Columns) != (first.Rows, first.Columns):
            raise Problem(f"{file.path.name} has another size than {name}.", "Export one stack alone.")
    if len({str(header.SOPInstanceUID) for header in headers}) < len(headers):
        raise Problem(
            "Two slices of the series have the same identifier (SOP Instance UID).",
            "Results could not tell which one they belong to: export the series anew from its source.",
        )
    if len(headers) > 1 and any(str(h.SOPClassUID) in _MULTI_FRAME for h in headers):
        raise Problem("The series has several files with many slices each.", "Export one of them alone.")
    _fill_thickness(headers)
    return tuple(headers)


def _fill_thickness(headers: Sequence[Dataset]) -> None:
    """Where a slice does not say how thick it is, the distance to its neighbour; of a single one 1 mm.

    DICOM demands a thickness of masks and maps, and a geometry of one slice counts by 1 mm here as well.
    """
    if str(headers[0].SOPClassUID) in _MULTI_FRAME or all(h.get("SliceThickness") for h in headers):
        return
    distance = 1.0
    if len(headers) > 1:
        one, other = (np.array(h.ImagePositionPatient, dtype=float) for h in headers[:2])
        cosines = np.array(headers[0].ImageOrientationPatient, dtype=float)
        distance = round(abs(float(np.cross(cosines[:3], cosines[3:]) @ (other - one))), 6)
    for header in headers:
        if not header.get("SliceThickness"):
            header.SliceThickness = distance


def _header(file: StoredFile) -> Dataset:
    path = file.path
    try:
        header = dcmread(_readable(file), stop_before_pixels=True)
    except (OSError, InvalidDicomError, ValueError, AttributeError, KeyError, EOFError) as error:
        raise Problem(f"{path.name} cannot be read: {_reason(error)}.", "Copy it anew.") from error
    for key, words in _NEEDED.items():
        if not header.get(key):
            raise Problem(f"{path.name} does not say {words}.", "Export the series anew from its source.")
    if str(header.SOPClassUID) not in _MULTI_FRAME and not all(header.get(key) for key in _PLACED):
        raise Problem(
            f"{path.name} does not say where its slice lies or how large a pixel is.",
            "Results cannot be placed on it: export the series anew with its geometry.",
        )
    for key in _EMPTY_WHEN_MISSING:
        if key not in header:
            setattr(header, key, "")
    if header.get("PatientIdentityRemoved") == "YES" and not (
        header.get("DeidentificationMethod") or header.get("DeidentificationMethodCodeSequence")
    ):
        header.DeidentificationMethod = "Not stated in the source"
    if not header.get("FrameOfReferenceUID"):
        header.FrameOfReferenceUID = generate_uid(entropy_srcs=[str(header.SeriesInstanceUID), "frame"])
    return header


def _readable(file: StoredFile) -> Path | io.BytesIO:
    """What pydicom reads a header from: the file itself, or what was packed in a zip."""
    if file.packed is None:
        return file.path
    opened = file.open()
    try:
        return io.BytesIO(opened.read(0, opened.size))
    finally:
        opened.close()


def _reason(error: Exception) -> str:
    text = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    return "it is no DICOM file" if isinstance(error, InvalidDicomError) else text
