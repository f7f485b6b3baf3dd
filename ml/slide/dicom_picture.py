"""A single DICOM image (a CT slice, a radiograph) shown as a plain picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.progress import Progress
from ml.slide.dicom_codec import KNOWN, NATIVE, PixelForm, decoded
from ml.slide.picture_source import PictureSource, to_byte
from ml.slide.pillow_source import check_size
from ml.slide.slide import Pixels

_BRAIN = (40.0, 80.0)
"""Centre and width in Hounsfield units, for a CT slice that brings no window of its own."""

_NOT_A_PICTURE = {
    "SEG": "a segmentation, which is laid over another image",
    "SR": "a structured report",
    "ANN": "a set of annotations",
    "PR": "a presentation state",
    "KO": "a selection of images",
}


def is_dicom(head: bytes) -> bool:
    """Whether a file that begins like this (132 bytes or more) is DICOM."""
    return head[128:132] == b"DICM"


def dicom_source(path: Path) -> PictureSource:
    """Look at a DICOM file. Raises `SlideProblem` when it holds no plain picture."""
    import pydicom

    dataset = pydicom.dcmread(path)
    kind = str(dataset.get("Modality", ""))
    if kind in _NOT_A_PICTURE or "Rows" not in dataset:
        what = _NOT_A_PICTURE.get(kind, "a DICOM file without a picture")
        raise SlideProblem(f"{path.name} is {what}.", "Open the image that it belongs to.", path=path)
    size = Size(int(dataset.Columns), int(dataset.Rows))
    check_size(path, size)
    samples, bits = int(dataset.get("SamplesPerPixel", 1)), int(dataset.get("BitsAllocated", 8))
    if samples not in {1, 3, 4} or bits not in {1, 8, 16, 32, 64}:  # decoders would make room for all of it
        what = f"{path.name} is damaged: {samples} samples of {bits} bits a pixel cannot be."
        raise SlideProblem(what, "Copy it anew from where it comes from.", path=path)
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    spacing = dataset.get("PixelSpacing") or dataset.get("ImagerPixelSpacing")
    return PictureSource(
        kind=f"DICOM {kind}".strip(),
        size=size,
        write=lambda out, _: _write(path, out, _),
        spacing_doubt=_not_microscopic(spacing),
        warning=f"This file holds {frames} images; the first is shown." if frames > 1 else "",
        properties={"dicom.Modality": kind, "dicom.SOPClassUID": str(dataset.get("SOPClassUID", ""))},
    )


def _not_microscopic(spacing: Any) -> str:
    if not spacing:
        return "The file does not say how large a pixel is."
    return f"A pixel is {float(spacing[0]):.3g} mm wide: this is no picture from a microscope."


def _write(path: Path, out: Pixels, progress: Progress) -> None:
    import pydicom

    progress.check()
    dataset = pydicom.dcmread(path)
    _lift_first_frame(dataset)
    values = _values(dataset)
    if values.ndim == 3:
        most = float(np.iinfo(values.dtype).max if values.dtype.kind == "u" else values.max())
        bits = int(dataset.get("BitsStored", 8))
        if dataset.PhotometricInterpretation != "PALETTE COLOR":  # a palette has a depth of its own
            most = min(most, 2.0**bits - 1)
        out[:] = values if values.dtype == np.uint8 else to_byte(values, 0, most)
        return
    numbers = values.astype(np.float32)
    black, white = _window(dataset, numbers)
    grey = to_byte(numbers, black, white)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        grey = 255 - grey
    out[:] = grey[..., None]


def _lift_first_frame(dataset: Any) -> None:
    """Write up what an enhanced image says of its first frame where a plain one says it: scale and window."""
    for groups in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        for frame in dataset.get(groups, ())[:1]:
            for name in ("PixelValueTransformationSequence", "FrameVOILUTSequence"):
                for said in frame.get(name, ())[:1]:
                    for element in said:
                        if element.tag not in dataset:
                            dataset.add(element)


def _values(dataset: Any) -> Any:
    """The first frame: (height, width) in the units of the modality, or (height, width, 3) RGB."""
    from pydicom.pixels.processing import apply_color_lut, apply_modality_lut

    stored = _stored(dataset)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        return apply_color_lut(stored, dataset)
    return stored if stored.ndim == 3 else apply_modality_lut(stored, dataset)


def _stored(dataset: Any) -> Any:
    """The first frame as it is stored; compressed ones by our own codecs, which know more than Pillow's."""
    from pydicom.encaps import get_frame
    from pydicom.pixels.utils import pixel_array

    syntax = str(dataset.file_meta.TransferSyntaxUID)
    if syntax in NATIVE or syntax not in KNOWN:
        return pixel_array(dataset, index=0)
    form = PixelForm(
        syntax=syntax,
        width=int(dataset.Columns),
        height=int(dataset.Rows),
        samples=int(dataset.SamplesPerPixel),
        bits_allocated=int(dataset.BitsAllocated),
        bits_stored=int(dataset.BitsStored),
        is_signed=bool(dataset.PixelRepresentation),
        photometric=str(dataset.PhotometricInterpretation),
        is_planar=bool(dataset.get("PlanarConfiguration", 0)),
    )
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    return decoded(get_frame(dataset.PixelData, 0, number_of_frames=frames), form)


def _window(dataset: Any, numbers: Any) -> tuple[float, float]:
    """Values shown black and white: the file's first window, the brain's for CT, else the whole range."""
    center, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    if (center is None or width is None) and dataset.get("Modality") == "CT":
        center, width = _BRAIN
    if center is not None and width is not None and width > 1:
        # DICOM PS3.3 C.11.2.1.2: the window reaches from c - 0.5 - (w-1)/2 to c - 0.5 + (w-1)/2.
        return center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
    low, high = float(numbers.min()), float(numbers.max())
    return low, high if high > low else low + 1


def _first(value: Any) -> float | None:
    if value is None or value == "":
        return None
    return float(value[0] if hasattr(value, "__getitem__") and not isinstance(value, str) else value)
