"""Small CT slices in every transfer syntax that imagecodecs can write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate

from tests.ml.volume.scans import ct_dataset

PREFIX = "1.2.840.10008.1.2"
Encode = Callable[[NDArray[Any]], bytes]


def _jpeg(samples: NDArray[Any], predictor: int) -> bytes:
    unsigned = samples.view(np.uint16)
    found: bytes = imagecodecs.jpeg8_encode(unsigned, lossless=True, predictor=predictor, bitspersample=16)
    return found


LOSSLESS: dict[str, Encode] = {
    f"{PREFIX}.4.57": lambda samples: _jpeg(samples, 4),
    f"{PREFIX}.4.70": lambda samples: _jpeg(samples, 1),
    f"{PREFIX}.4.80": lambda samples: imagecodecs.jpegls_encode(samples.view(np.uint16)),
    f"{PREFIX}.4.90": lambda samples: imagecodecs.jpeg2k_encode(samples, codecformat="J2K", reversible=True),
    f"{PREFIX}.4.201": lambda samples: imagecodecs.htj2k_encode(samples, reversible=True),
}
"""How each lossless compression is written; signed values as they are, or as JPEG has them, without sign."""

PLAIN = (PREFIX, f"{PREFIX}.1", f"{PREFIX}.2", f"{PREFIX}.1.99", f"{PREFIX}.5")


def written(stored: NDArray[Any], syntax: str, **changes: object) -> FileDataset:
    """One CT slice in a transfer syntax."""
    dataset = ct_dataset(stored, **changes)
    dataset.file_meta.TransferSyntaxUID = syntax
    if syntax in LOSSLESS:
        dataset.PixelData = encapsulate([LOSSLESS[syntax](stored)])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    elif syntax == f"{PREFIX}.5":
        dataset.file_meta.TransferSyntaxUID = f"{PREFIX}.1"
        dataset.compress(syntax, generate_instance_uid=False)
    elif syntax == f"{PREFIX}.2":
        dataset.PixelData = stored.astype(stored.dtype.newbyteorder(">")).tobytes()
        dataset.set_original_encoding(is_implicit_vr=False, is_little_endian=False)
    return dataset


def save(path: Path, dataset: FileDataset) -> Path:
    """Into a file, in the syntax that it names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path
