"""CT with many slices in one file (Enhanced CT, PS3.3 A.38): what belongs to each frame."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from pathlib import Path

from ml.volume.ct_slice import CtSlice, slice_of
from ml.volume.facts import Facts, Parsed, items_of
from ml.volume.samples import StoredFrame

_GROUPS = (
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelMeasuresSequence",
    "PixelValueTransformationSequence",
    "FrameVOILUTSequence",
    "CTImageFrameTypeSequence",
    "FrameContentSequence",
    "RealWorldValueMappingSequence",
)


def slices_of_frames(path: Path, frames: tuple[StoredFrame, ...], found: Parsed) -> tuple[CtSlice, ...]:
    """A slice a frame. What a frame does not say itself, all frames share. Raises `ValueError`."""
    facts = _whole_header(found)
    shared = facts.items("SharedFunctionalGroupsSequence")[:1]
    each = facts.items("PerFrameFunctionalGroupsSequence")
    if each and len(each) != len(frames):
        raise ValueError(f"it describes {len(each)} of {len(frames)} images")
    slices = []
    for number, frame in enumerate(frames):
        own: dict[str, Facts] = {}
        for part in (*shared, *each[number : number + 1]):  # later ones go before
            for group in _GROUPS:
                for item in part.items(group)[:1]:
                    own[group] = item
        content = own.get("FrameContentSequence", facts)
        slice_ = slice_of(path, frame, facts, own)
        acquisition = content.whole("FrameAcquisitionNumber")
        slices.append(replace(slice_, number=number + 1, acquisition=acquisition))
    return tuple(slices)


def _whole_header(found: Parsed) -> Facts:
    """With the part that belongs to single frames, which the quick walk over the header leaves out."""
    if not found.is_direct:
        return found.facts
    import pydicom

    head = found.file.read(0, found.header.pixels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that do not keep to the standard
        dataset = pydicom.dcmread(io.BytesIO(head), stop_before_pixels=True)
        return Facts(items_of(dataset))
