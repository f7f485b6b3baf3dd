"""Heatmap and Grad-CAM as TIFF: the numbers themselves, with their place on the slide, for other programs."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import numpy as np

from ml.patches import PatchGrid
from ml.report.atomic import whole_file
from ml.report.words import file_name
from ml.results.analysis import Analysis, Provenance
from ml.results.scores import Values

_GDAL_NODATA = (42113, "s", 0, "nan", True)  # what GDAL and its kin take as "nothing here"
_UM_A_CM = 1e4


def write_heatmap(analysis: Analysis, path: Path) -> None:
    """Write `heatmap.tif`: float32, one channel a class, one pixel a patch, NaN where nothing was scored.

    An OME-TIFF: pixel size in µm both in the resolution tags and in the OME header, which also holds the
    names of the channels and where on the slide the raster begins. Raises `Problem` when it cannot be
    written.
    """
    scores = analysis.scores
    channels = np.moveaxis(scores.values, -1, 0)
    _write(path, channels, scores.class_names, scores.grid, 1, analysis.provenance, "Probability of a patch")


def write_cam(analysis: Analysis, path: Path) -> None:
    """Write `gradcam.tif`: raw values as float32, one pixel a cell of the map, NaN where none was made.

    One channel, named after the class that is explained; else as `write_heatmap`. Raises `Problem`, and
    `ValueError` where there is no map.
    """
    cam = analysis.cam
    if cam is None:
        raise ValueError("There is no Grad-CAM map to write.")
    name = analysis.scores.class_names[cam.class_index]
    what = f"Grad-CAM, raw; {cam.scale:.6g} is the 99th percentile, which the report shows as 1"
    _write(path, cam.values[np.newaxis], (name,), cam.grid, cam.cells, analysis.provenance, what)


def _write(
    path: Path,
    channels: Values,
    names: tuple[str, ...],
    grid: PatchGrid,
    cells: int,
    made: Provenance,
    what: str,
) -> None:
    import tifffile

    spacing = made.spacing.spacing
    x_um, y_um = grid.patch.width * spacing.x / cells, grid.patch.height * spacing.y / cells
    metadata = {
        "axes": "CYX",
        "Name": file_name(made.slide_name),
        "Description": _description(grid, cells, made, what),
        "PhysicalSizeX": x_um,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": y_um,
        "PhysicalSizeYUnit": "µm",
        "Channel": {"Name": list(names)},
        "Plane": _plane(grid.origin.x * spacing.x, grid.origin.y * spacing.y, len(names)),
        # the same file for the same numbers: the header would otherwise carry a random one
        "UUID": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{path.name} {made.slide_sha256} {made.model_sha256}")),
    }
    with whole_file(path) as part:
        tifffile.imwrite(
            part,
            np.ascontiguousarray(channels, dtype=np.float32),
            ome=True,
            photometric="minisblack",
            compression="zlib",
            resolution=(_UM_A_CM / x_um, _UM_A_CM / y_um),
            resolutionunit="CENTIMETER",
            software="Parfocal",
            metadata=metadata,
            extratags=[_GDAL_NODATA],
        )


def _plane(x_um: float, y_um: float, channels: int) -> dict[str, list[object]]:
    return {
        "PositionX": [x_um] * channels,
        "PositionXUnit": ["µm"] * channels,
        "PositionY": [y_um] * channels,
        "PositionYUnit": ["µm"] * channels,
    }


def _description(grid: PatchGrid, cells: int, made: Provenance, what: str) -> str:
    """What a program needs to lay the raster on the slide, as JSON."""
    said = {
        "what": what,
        "slide": file_name(made.slide_name),
        "slide_sha256": made.slide_sha256,
        "model": f"{made.model_name} {made.model_version}",
        "model_sha256": made.model_sha256,
        "origin_px": [grid.origin.x, grid.origin.y],  # level 0
        "pixel_px": [grid.patch.width / cells, grid.patch.height / cells],  # level-0 px a pixel here
        "notice": "Research use only. Not for diagnosis.",
    }
    return json.dumps(said, ensure_ascii=True)
