"""The series that results refer to: its headers, read once, never written."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage, generate_uid

from ml.errors import Problem
from ml.volume.series import Series

_MULTI_FRAME = {EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage}
_NEEDED = {
    "SOPClassUID": "which kind of object it is",
    "SOPInstanceUID": "its own identifier",
    "StudyInstanceUID": "its study",
    "SeriesInstanceUID": "its series",
    "Rows": "its height",
    "Columns": "its width",
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
    """Headers (without pixels) of one series, in the order of its stack.

    One header a slice, or one header with several frames. Slices are counted from 0 in that order.
    """

    headers: tuple[Dataset, ...]

    @property
    def multi_frame(self) -> bool:
        """Whether all slices lie in one file."""
        return str(self.headers[0].SOPClassUID) in _MULTI_FRAME

    @property
    def count(self) -> int:
        """Number of slices."""
        return int(self.headers[0].NumberOfFrames) if self.multi_frame else len(self.headers)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of a slice."""
        return int(self.headers[0].Rows), int(self.headers[0].Columns)

    def header(self, slice_: int) -> Dataset:
        """The header in which a slice stands."""
        return self.headers[0 if self.multi_frame else slice_]

    def frames(self, slice_: int) -> list[int] | None:
        """The frame numbers (from 1) of a slice in its file; None where the file holds nothing else."""
        return [slice_ + 1] if self.multi_frame else None

    def some(self, slices: Iterable[int]) -> tuple[Dataset, ...]:
        """The headers in which these slices stand, each once, in their order."""
        found = dict.fromkeys(0 if self.multi_frame else slice_ for slice_ in slices)
        return tuple(self.headers[number] for number in found)


def source_of(series: Series) -> Source:
    """The source that a series found on the disk is. Raises `Problem` as `read_source` does."""
    return read_source([slice_.path for slice_ in series.slices])


def read_source(paths: Sequence[Path]) -> Source:
    """The headers of a series' files, given in the order of its stack.

    Raises `Problem` that names the file which cannot be read, belongs elsewhere or does not say where it
    lies. What a header leaves out but every derived object must hold is filled in memory: empty entries of
    patient and study, and a frame of reference made from the series' UID.
    """
    if not paths:
        raise ValueError("a series has at least one file")
    headers = [_header(path) for path in paths]
    first = headers[0]
    for path, header in zip(paths, headers, strict=True):
        for key, words in (("StudyInstanceUID", "study"), ("SeriesInstanceUID", "series")):
            if header[key].value != first[key].value:
                raise Problem(
                    f"{path.name} belongs to another {words} than {paths[0].name}.",
                    "Export one series alone.",
                )
        if (header.Rows, header.Columns) != (first.Rows, first.Columns):
            raise Problem(f"{path.name} has another size than {paths[0].name}.", "Export one stack alone.")
    if len(headers) > 1 and any(str(h.SOPClassUID) in _MULTI_FRAME for h in headers):
        raise Problem("The series has several files with many slices each.", "Export one of them alone.")
    return Source(tuple(headers))


def _header(path: Path) -> Dataset:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that do not keep to the standard
            header = dcmread(path, stop_before_pixels=True)
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


def _reason(error: Exception) -> str:
    text = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    return "it is no DICOM file" if isinstance(error, InvalidDicomError) else text
