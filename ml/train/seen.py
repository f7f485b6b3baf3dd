"""What a network gets, as a person can look at it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ml.preparation import Bytes
from ml.train.study_recipe import NetworkPlan


def as_a_person_sees(pixels: Bytes, plan: NetworkPlan) -> Bytes:
    """(height, width, 3): of CT the slice, not those beside it, in its first window; inks as colour."""
    if plan.channels == "cmyk":
        return np.asarray(Image.fromarray(pixels, "CMYK").convert("RGB"))
    if pixels.shape[2] == 3 and not plan.windows:
        return pixels
    own = len(plan.windows) * plan.neighbours  # channels of the slices below come before
    return np.repeat(pixels[..., own : own + 1], 3, axis=2)
