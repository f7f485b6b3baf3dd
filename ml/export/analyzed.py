"""From an analyzed CT series to what is exported as DICOM: the same material as the report's."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ml.errors import Problem
from ml.export.author import Algorithm
from ml.export.ct_results import CtResults, write_results
from ml.export.measured import Judged, Measured
from ml.export.parametric_map import FindingMap
from ml.export.secondary_capture import Picture, grey
from ml.export.segmentation import Segment, above
from ml.export.source import Source, source_of
from ml.progress import Progress
from ml.report.ct_material import CtMaterial
from ml.report.figure import blend
from ml.results.ct_analysis import CtCam
from ml.results.heatmap import colorize
from ml.volume.series import Series
from ml.volume.window import Window

SHARE = 0.5
"""Of a map's highest value on a slice: what reaches it is in the mask, as in the report's boxes."""

_FAINT, _OPACITY = 0.05, 0.6  # of the overlay, as in the report's key images


def write_dicom(
    material: CtMaterial,
    folder: Path,
    measured: tuple[Measured, ...] = (),
    progress: Progress | None = None,
    clean: Callable[[Dataset], Dataset] | None = None,
) -> tuple[Path, ...]:
    """Export everything of an analysis; the files. Raises `Problem`, `Cancelled`.

    `clean` takes from a header of the series what results shall not carry on (`ml.deidentify.profile`).
    """
    results = dataclasses.replace(results_of(material, clean), measured=measured)
    return write_results(results, folder, progress)


def results_of(material: CtMaterial, clean: Callable[[Dataset], Dataset] | None = None) -> CtResults:
    """Pictures of the peaks, masks and maps where there are any, and all answers with their verdicts.

    What was rejected has no picture, mask or map; it stands in the report as rejected. Raises `Problem`
    where the series' files cannot be read any more.
    """
    source = source_of(material.series)
    if clean is not None:
        source = Source(tuple(clean(header) for header in source.headers), source.places)
    return CtResults(
        source,
        pictures=_pictures(material),
        segments=_segments(material, source),
        maps=_maps(material),
        judged=_judged(material),
    )


def _algorithm(material: CtMaterial, **more: str) -> Algorithm:
    card = material.card
    return Algorithm(card.name, card.version, {"weights": f"sha256:{card.weights_sha256[:16]}", **more})


def _judged(material: CtMaterial) -> tuple[Judged, ...]:
    """Each class over the slices that were looked at, then each finding at its peak."""
    scores, calibrated = material.analysis.scores, material.card.temperature != 1
    looked = tuple(int(number) for number in np.flatnonzero(scores.scored))
    whole = len(looked) == len(scores.values)
    made = []
    for class_index, name in enumerate(scores.class_names):
        highest = scores.summary(class_index).highest
        if np.isfinite(highest):
            algorithm = _algorithm(material, value="highest of all slices looked at")
            made.append(Judged(name, highest, algorithm, () if whole else looked, calibrated=calibrated))
    for finding in material.findings:
        verdict = cast(Literal["open", "accepted", "rejected"], material.verdict(finding))
        algorithm = _algorithm(material, threshold=f"{finding.threshold:g}", value="at its peak")
        name = scores.class_names[finding.class_index]
        made.append(
            Judged(name, finding.peak, algorithm, (finding.peak_slice,), verdict, calibrated=calibrated)
        )
    return tuple(made)


def shown_slice(series: Series, slice_number: int, window: Window) -> Picture:
    """A slice as it is looked at, plain. Raises `Problem` where it cannot be read."""
    return Picture(slice_number, grey(_values(series, slice_number), window), window, "As it was looked at")


def _pictures(material: CtMaterial) -> tuple[Picture, ...]:
    """The peak slice of each finding, plain, and with its map where there is one."""
    made = []
    for finding in material.findings:
        if material.verdict(finding) == "rejected":
            continue
        try:
            plain = grey(_values(material.series, finding.peak_slice), material.window)
        except Problem:  # a slice that went missing has no picture, as in the report
            continue
        name = material.analysis.scores.class_names[finding.class_index]
        words = f"Peak of {name}, probability {finding.peak:.2f}"
        made.append(Picture(finding.peak_slice, plain, material.window, words))
        cam = material.cam(finding)
        if cam is not None:
            rgb = np.repeat(plain[..., None], 3, axis=2)
            laid = blend(rgb, colorize(cam.shown(), _FAINT, _OPACITY, "inferno"))
            made.append(Picture(finding.peak_slice, laid, material.window, f"{words}. Grad-CAM of {name}"))
    return tuple(made)


def _values(series: Series, slice_number: int) -> NDArray[np.float32]:
    """HU of a slice, (rows, columns)."""
    voxels, scale, offset, _ = series.slices[slice_number].voxels()
    return (voxels * np.float64(scale) + offset).astype(np.float32)


def _by_class(material: CtMaterial) -> dict[int, list[CtCam]]:
    """Maps of each class, by slice; none of a finding that was rejected."""
    rejected = [f for f in material.findings if material.verdict(f) == "rejected"]
    found: dict[int, list[CtCam]] = {}
    for cam in sorted(material.analysis.cams, key=lambda cam: (cam.class_index, cam.slice_number)):
        within = (f.first <= cam.slice_number <= f.last for f in rejected if f.class_index == cam.class_index)
        if not any(within):
            found.setdefault(cam.class_index, []).append(cam)
    return found


def _maps(material: CtMaterial) -> tuple[FindingMap, ...]:
    return tuple(
        FindingMap(
            material.analysis.scores.class_names[class_index],
            np.stack([cam.values for cam in cams]),
            tuple(cam.slice_number for cam in cams),
            _algorithm(material),
        )
        for class_index, cams in _by_class(material).items()
    )


def _segments(material: CtMaterial, source: Source) -> tuple[Segment, ...]:
    """Where a map reaches its share of its highest value, on the slices that have one."""
    made = []
    for class_index, cams in _by_class(material).items():
        mask = np.zeros((source.count, *source.size), dtype=bool)
        for cam in cams:
            top = float(cam.values.max(initial=0))
            if top > 0:
                mask[cam.slice_number] = above(cam.values, SHARE * top)
        if mask.any():
            name = material.analysis.scores.class_names[class_index]
            rule = f"Grad-CAM at {SHARE:g} of its highest value or more"
            made.append(Segment(name, mask, _algorithm(material, mask=rule)))
    return tuple(made)
