"""A region, or all of a photograph, as the one picture that a model of whole pictures looks at."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from ml.errors import Problem
from ml.geometry import Rect, Size
from ml.infer.explain import Floats
from ml.preparation import Bytes, Frame, Preparation, in_channels, prepared
from ml.slide.region import read_region
from ml.slide.slide import Slide

_MOST = 40_000_000  # px that are read: every photograph as it is, of slides an overview


def read_whole(slide: Slide, rect: Rect, how: Preparation) -> tuple[Bytes, Frame]:
    """A level-0 rectangle as the network sees it, (height, width, channels), and the way back from there.

    The same pixels as from the picture's file. Raises `Problem` for a model that looks at printing inks.
    """
    if how.channels == "cmyk":
        raise Problem(
            "This model looks at the four inks of a picture's file, and here are colours of a screen.",
            "Use it on the command line: parfocal-ml predict.",
        )
    scale = min(1.0, math.sqrt(_MOST / rect.area))
    out = Size(max(1, round(rect.width * scale)), max(1, round(rect.height * scale)))
    return prepared(in_channels(Image.fromarray(read_region(slide, rect, out)), how.channels), how)


def laid_back(maps: Floats, frames: tuple[Frame, ...], how: Preparation) -> Floats:
    """Maps (n, k, k) over prepared pictures as such maps over what those were made of."""
    edge = maps.shape[1]
    found = []
    for values, frame in zip(maps, frames, strict=True):
        whole = Image.fromarray(frame.laid_back(values, how.size))
        found.append(np.asarray(whole.resize((edge, edge), Image.Resampling.BOX)))
    return np.stack(found)
