"""Pictures of slices as DICOM Secondary Capture: what was on the screen, with its window in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from ml.export.author import NOTICE, equipment
from ml.export.saving import save
from ml.export.source import Source
from ml.volume.window import Window, windowed

SERIES_NUMBER = 9001


@dataclass(frozen=True, eq=False)
class Picture:
    """A slice as it was shown, px for px: (rows, columns) or (rows, columns, 3) uint8."""

    slice_number: int  # from 0, in the order of the stack
    pixels: NDArray[np.uint8]
    window: Window
    words: str = ""  # what lies over it: "Grad-CAM of subdural"

    @property
    def description(self) -> str:
        """The window, and what lies over the slice."""
        window = f"Window level {self.window.level:g} HU, width {self.window.width:g} HU"
        return ". ".join(part for part in (window, self.words, NOTICE.rstrip(".")) if part) + "."


def grey(values: NDArray[np.floating], window: Window) -> NDArray[np.uint8]:
    """HU, (rows, columns), as grey levels 0..255 by DICOM's LINEAR_EXACT (C.11.2.1.3.2), half goes up."""
    shown: NDArray[np.uint8] = np.floor(windowed(values, [window])[..., 0] * 255 + 0.5).astype(np.uint8)
    return shown


def write_pictures(source: Source, pictures: Sequence[Picture], folder: Path) -> tuple[Path, ...]:
    """Write `picture-0001.dcm` and so on into a folder, as one new series; the paths.

    Raises `Problem` when the disk does not let us, `ValueError` where a picture has not the slice's size.
    """
    series = hd.UID()
    written = []
    for number, picture in enumerate(pictures, 1):
        if picture.pixels.shape[:2] != source.size:
            raise ValueError(f"the picture is {picture.pixels.shape[:2]}, the slice {source.size}")
        path = folder / f"picture-{number:04d}.dcm"
        save(partial(_image, source, picture, series, number), source, path)
        written.append(path)
    return tuple(written)


def _image(source: Source, picture: Picture, series: str, number: int) -> Dataset:
    header = source.header(picture.slice_number)
    color = picture.pixels.ndim == 3
    made = hd.sc.SCImage.from_ref_dataset(
        ref_dataset=header,
        pixel_array=np.ascontiguousarray(picture.pixels),
        photometric_interpretation="RGB" if color else "MONOCHROME2",
        bits_allocated=8,
        coordinate_system="PATIENT",
        series_instance_uid=series,
        series_number=SERIES_NUMBER,
        sop_instance_uid=hd.UID(),
        instance_number=number,
        pixel_spacing=source.geometry(picture.slice_number, "PixelSpacing"),  # type: ignore[arg-type]  # mm, not whole ones
        patient_orientation=_sides(source, picture.slice_number),
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        series_description="Key images, research use only",
        **equipment(),
    )
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.DerivationDescription = picture.description
    made.ImageComments = picture.description
    made.BurnedInAnnotation = "NO"
    made.SourceImageSequence = [_reference(header, source.frames(picture.slice_number))]
    return made


def _reference(header: Dataset, frames: list[int] | None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = header.SOPClassUID
    item.ReferencedSOPInstanceUID = header.SOPInstanceUID
    if frames is not None:
        item.ReferencedFrameNumber = frames
    item.PurposeOfReferenceCodeSequence = [
        hd.sr.CodedConcept.from_code(codes.DCM.SourceImageForImageProcessingOperation)
    ]
    return item


def _sides(source: Source, slice_: int) -> tuple[str, str]:
    """To which side of the patient rows and columns run, one letter each."""
    cosines = np.array(source.geometry(slice_, "ImageOrientationPatient"))
    letters = []
    for direction in (cosines[:3], cosines[3:]):
        axis = int(np.argmax(np.abs(direction)))
        letters.append(("LR", "PA", "HF")[axis][0 if direction[axis] > 0 else 1])
    return letters[0], letters[1]
