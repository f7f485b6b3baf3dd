"""The DICOM slide that annotations refer to: its instances, and level-0 px as mm on the slide, both ways."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.annotation.shapes import Ring
from ml.errors import Problem
from ml.geometry import Point
from ml.slide.dicom_series import slide_of, slides_in

Places = NDArray[np.float64]

# What every annotation takes over from its slide; an empty value is allowed where nothing is known.
_TAKEN_OVER = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate",
    "StudyTime", "ReferringPhysicianName",
)  # fmt: skip


@dataclass(frozen=True)
class DicomSlide:
    """The levels of one slide, level 0 first, as headers without pixels (pydicom datasets)."""

    levels: tuple[Any, ...]

    @property
    def full(self) -> Any:
        """The header of level 0."""
        return self.levels[0]

    @property
    def has_frame(self) -> bool:
        """Whether the slide says where its pixels lie in mm."""
        image = self.full
        return bool(
            image.get("FrameOfReferenceUID")
            and image.get("TotalPixelMatrixOriginSequence")
            and image.get("ImageOrientationSlide")
            and _spacing(image)
        )

    @cached_property
    def _axes(self) -> tuple[Places, Places]:
        """The place of px (0, 0), mm (3,), and the steps to the next px along x and along y, mm (2, 3)."""
        image = self.full
        origin = image.TotalPixelMatrixOriginSequence[0]
        corner = [float(origin.get(f"{axis}OffsetInSlideCoordinateSystem") or 0) for axis in ("X", "Y", "Z")]
        cosines = np.array(image.ImageOrientationSlide, dtype=float).reshape(2, 3)
        down, along = _spacing(image) or (math.nan, math.nan)
        steps = cosines * np.array([[along], [down]])
        # The origin is the middle of the first pixel; (0, 0) is its corner (PS3.3 C.8.12.4.1.1, C.10.5.1.2).
        return np.array(corner) - 0.5 * (steps[0] + steps[1]), steps

    def to_mm(self, ring: Ring) -> Places:
        """Level-0 places in mm of the slide's frame of reference; float64 (n, 3)."""
        corner, steps = self._axes
        return corner + np.array([(p.x, p.y) for p in ring]) @ steps

    def to_pixels(self, places: Places) -> Ring:
        """The other way, for float (n, 3) in mm; to a ten thousandth of a pixel."""
        corner, steps = self._axes
        back = (places.astype(np.float64) - corner) @ np.linalg.pinv(steps)
        return tuple(Point(x, y) for x, y in np.round(back, 4).tolist())

    def scale_of(self, instance: str) -> tuple[float, float] | None:
        """How many level-0 px one px of this instance is, along x and y; None if it is not of this slide."""
        for image in self.levels:
            if image.SOPInstanceUID == instance:
                return (
                    self.full.TotalPixelMatrixColumns / image.TotalPixelMatrixColumns,
                    self.full.TotalPixelMatrixRows / image.TotalPixelMatrixRows,
                )
        return None


def open_slide_headers(path: Path | None, why: str) -> DicomSlide:
    """The slide in a file (with the rest of its series) or a folder. Raises `Problem`; `why` is for whom."""
    import pydicom

    if path is None:
        raise Problem(
            f"{why} the slide itself, and it was not given.", "Open or name the DICOM slide with it."
        )
    if path.is_dir():
        slides = slides_in(path)
        if len(slides) > 1:
            raise Problem(
                f"“{path.name}” holds {len(slides)} slides.", "Name a file of the one that was annotated."
            )
        found = slides[0]
    else:
        found = slide_of(path)
    images = [pydicom.dcmread(kind.path, stop_before_pixels=True) for kind in found.volumes]
    images = [image for image in images if image.get("TotalPixelMatrixColumns")]
    if not images:
        raise Problem(f"“{path.name}” holds no level of a slide.", "Name a file of the slide.")
    for image in images:
        for name in _TAKEN_OVER:
            if name not in image:
                setattr(image, name, "")
    images.sort(key=lambda image: -int(image.TotalPixelMatrixColumns))
    return DicomSlide(tuple(images))


def _spacing(image: Any) -> tuple[float, float] | None:
    """Pixel size of an image in mm, down a column first, as DICOM has it; None where it does not say."""
    groups = image.get("SharedFunctionalGroupsSequence")
    measures = groups[0].get("PixelMeasuresSequence") if groups else None
    spacing = measures[0].get("PixelSpacing") if measures else image.get("PixelSpacing")
    return None if spacing is None else (float(spacing[0]), float(spacing[1]))
