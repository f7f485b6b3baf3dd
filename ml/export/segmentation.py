"""Masks of findings as a DICOM Segmentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import highdicom as hd
import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.export.author import CREATOR, NOTICE, Algorithm, equipment, short
from ml.export.saving import OWN_SCHEME, save
from ml.export.source import Source
from ml.export.terms import ABNORMAL, term

SERIES_NUMBER = 9002


@dataclass(frozen=True, eq=False)
class Segment:
    """One finding's mask: (slices, rows, columns) bool over the whole source series.

    `algorithm` is the model it comes from; None where a person drew it.
    """

    name: str
    mask: NDArray[np.bool_]
    algorithm: Algorithm | None = None


def above(cam: NDArray[np.float32], threshold: float) -> NDArray[np.bool_]:
    """Where a map reaches a threshold (NaN never does): the mask of a thresholded CAM."""
    with np.errstate(invalid="ignore"):
        reached: NDArray[np.bool_] = cam >= threshold
    return reached


def write_segmentation(
    source: Source, segments: Sequence[Segment], path: Path, description: str = ""
) -> None:
    """Write masks as one binary SEG, a segment a finding; segments may overlap.

    Frames without any voxel are left out. Raises `Problem` where all masks are empty or the disk does not
    let us, `ValueError` where a mask has not the shape of the series.
    """
    shape = (source.count, *source.size)
    for segment in segments:
        if segment.mask.shape != shape:
            raise ValueError(f"the mask of {segment.name} is {segment.mask.shape}, the series {shape}")
    if not any(segment.mask.any() for segment in segments):
        raise Problem(
            "There is no mask to export: no finding reaches the threshold.",
            "Choose a lower threshold, or export the map itself.",
        )
    stacked = np.stack([segment.mask for segment in segments], axis=-1).astype(np.uint8)
    save(lambda: _segmentation(source, segments, stacked, description or NOTICE), source, path)


def _segmentation(
    source: Source, segments: Sequence[Segment], stacked: NDArray[np.uint8], description: str
) -> hd.seg.Segmentation:
    return hd.seg.Segmentation(
        source_images=list(source.headers),
        pixel_array=stacked,
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_describe(number, s) for number, s in enumerate(segments, 1)],
        series_instance_uid=hd.UID(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        content_label="FINDINGS",
        content_description=short(description),
        content_creator_name=CREATOR,
        series_description="Findings, research use only",
        omit_empty_frames=True,
        coding_schemes=[OWN_SCHEME],
        **source.planes(range(source.count)),
        **equipment(),
    )


def _describe(number: int, segment: Segment) -> hd.seg.SegmentDescription:
    by_hand = segment.algorithm is None
    kind = hd.seg.SegmentAlgorithmTypeValues
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=short(segment.name),
        segmented_property_category=ABNORMAL,
        segmented_property_type=term(segment.name),
        algorithm_type=kind.MANUAL if by_hand else kind.AUTOMATIC,
        algorithm_identification=None if segment.algorithm is None else segment.algorithm.sequence(),
        tracking_uid=hd.UID(),
        tracking_id=short(segment.name),
    )
