"""A class activation map as a DICOM Parametric Map: raw floats, in place on the source slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.sr.codedict import codes

from ml.export.author import CREATOR, MANUFACTURER, Algorithm, equipment, short
from ml.export.saving import save
from ml.export.source import Source

SERIES_NUMBER = 9003


@dataclass(frozen=True, eq=False)
class FindingMap:
    """The map of one finding: (n, rows, columns) float32, ≥ 0, for the n slices named (from 0).

    Raw values of the network, already placed on whole slices. What was not looked at is no slice here.
    """

    name: str
    values: NDArray[np.float32]
    slices: Sequence[int]
    algorithm: Algorithm


def write_map(source: Source, cam: FindingMap, path: Path) -> None:
    """Write a map as one Parametric Map of 32-bit floats with a real-world mapping of slope 1.

    Raises `Problem` when the disk does not let us, `ValueError` where the map does not fit the series or is
    not finite.
    """
    slices = list(cam.slices)
    if cam.values.shape != (len(slices), *source.size):
        raise ValueError(f"the map is {cam.values.shape}, {len(slices)} slices are {source.size}")
    if not np.isfinite(cam.values).all():
        raise ValueError("the map holds values that are not finite")
    save(lambda: _parametric_map(source, cam), source, path)


def _parametric_map(source: Source, cam: FindingMap) -> hd.pm.ParametricMap:
    top = float(cam.values.max(initial=0.0)) or 1.0
    return hd.pm.ParametricMap(
        source_images=list(source.some(cam.slices)),
        pixel_array=np.ascontiguousarray(cam.values, dtype=np.float32),
        series_instance_uid=hd.UID(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[_mapping(cam.name, top)],
        voi_lut_transformations=[_shown(top)],
        content_label="GRADCAM",
        content_description=short(f"Grad-CAM of {cam.name}"),
        content_creator_name=CREATOR,
        series_description=short(f"Grad-CAM of {cam.name}, research use only"),
        derived_pixel_contrast=hd.pm.DerivedPixelContrastValues.QUANTITY,
        contributing_equipment=[_model(cam.algorithm)],
        **source.planes(cam.slices),
        **equipment(),
    )


def _shown(top: float) -> hd.VOILUTTransformation:
    """From 0 to the highest value; exact, because values below 1 have no window in DICOM's usual function."""
    return hd.VOILUTTransformation(
        window_center=top / 2,
        window_width=top,
        voi_lut_function=hd.VOILUTFunctionValues.LINEAR_EXACT,
    )


def _mapping(name: str, top: float) -> hd.pm.RealWorldValueMapping:
    """Values mean themselves: no unit, the quantity is gradient-weighted class activation."""
    return hd.pm.RealWorldValueMapping(
        lut_label="GRADCAM",
        lut_explanation=short(f"Grad-CAM of {name}"),
        unit=codes.UCUM.NoUnits,
        value_range=(0.0, top),
        slope=1.0,
        intercept=0.0,
        quantity_definition=codes.DCM.GradientWeightedClassActivation,
    )


def _model(algorithm: Algorithm) -> hd.ContributingEquipment:
    """A Parametric Map has no place for an algorithm: the model contributed as equipment."""
    words = "; ".join(f"{name}={value}" for name, value in algorithm.parameters.items())
    return hd.ContributingEquipment(
        manufacturer=MANUFACTURER,
        purpose_of_reference=codes.DCM.ProcessingEquipment,
        manufacturer_model_name=short(algorithm.name),
        software_versions=short(algorithm.version),
        contribution_description=words[:1024] or None,
    )
