"""Nuclei of a hematoxylin-stained picture, found without a network: the labels of *cellularity*.

Hematoxylin is separated from eosin and DAB by colour deconvolution (Ruifrok and Johnston 2001, as
scikit-image has it). A nucleus is a blob of hematoxylin as large as nuclei are: a peak of the difference of
two Gaussians (which approximates the Laplacian of Lindeberg's blob detector, 1998), at the best of three
sizes, that stands out from its surroundings and holds enough stain. Sizes are in px at 0.5 µm/px.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.slide.slide import Pixels

Floats = NDArray[np.float32]

SPACING = 0.5
"""µm/px at which pictures are looked at."""

_SIZES = (2.4, 3.6, 5.2)  # px, standard deviations: small lymphocytes to large pale nuclei with a dark rim
_SURROUND = 2.5  # how much wider the surroundings are that a blob stands out from
_NEAREST = 5  # px, 2.5 µm: nuclei are not closer together
_CONTRAST = 0.008  # least height of a peak over its surroundings, in units of skimage's hematoxylin channel
_RELATIVE = (
    0.22  # ... and as a share of the picture's own strongest nuclei: pale stains count as dark ones do
)
_DOT = 3.0  # px, standard deviation of a nucleus on the map
_STAIN = 0.025  # least hematoxylin at the peak itself


@dataclass(frozen=True, eq=False)
class Nuclei:
    """Centres (n,) of the nuclei of one picture, in its px, x before y."""

    x: NDArray[np.intp]
    y: NDArray[np.intp]

    def within(self, left: float, top: float, edge: float) -> int:
        """How many lie in a square [left, left + edge) × [top, top + edge)."""
        inside = (self.x >= left) & (self.x < left + edge) & (self.y >= top) & (self.y < top + edge)
        return int(inside.sum())

    def map(self, edge: int) -> NDArray[np.uint8]:
        """Where they are: (edge, edge), 255 at each centre, fading like a Gaussian as wide as a nucleus."""
        from scipy import ndimage

        dots = np.zeros((edge, edge), dtype=np.float32)
        dots[self.y, self.x] = 2 * np.pi * _DOT**2
        soft = np.minimum(ndimage.gaussian_filter(dots, _DOT), 1)
        found: NDArray[np.uint8] = np.rint(255 * soft).astype(np.uint8)
        return found

    def __len__(self) -> int:
        return len(self.x)


def find_nuclei(picture: Pixels) -> Nuclei:
    """Nuclei of a picture (h, w, 3) uint8 RGB at 0.5 µm/px. Deterministic."""
    from scipy import ndimage
    from skimage.feature import peak_local_max

    stain = hematoxylin(picture)
    inner = ndimage.gaussian_filter(stain, _SIZES[0])
    blobs = np.max([_blobs(stain, size) for size in _SIZES], axis=0)
    strongest = float(np.percentile(blobs, 99.5))
    least = max(_CONTRAST, _RELATIVE * strongest)
    peaks = peak_local_max(  # type: ignore[no-untyped-call]
        blobs, min_distance=_NEAREST, threshold_abs=least, exclude_border=False
    )
    y, x = peaks[:, 0], peaks[:, 1]
    enough = inner[y, x] >= _STAIN
    return Nuclei(x[enough], y[enough])


def _blobs(stain: Floats, size: float) -> Floats:
    from scipy import ndimage

    found: Floats = ndimage.gaussian_filter(stain, size) - ndimage.gaussian_filter(stain, size * _SURROUND)
    return found


def hematoxylin(picture: Pixels) -> Floats:
    """How much hematoxylin each pixel holds: (h, w) float32, 0 and more; glass is 0 whatever its tint."""
    from skimage.color import hed_from_rgb, separate_stains

    bright = np.percentile(picture.reshape(-1, 3), 99, axis=0).astype(np.float32)
    glass = np.clip(bright, 200, 255)  # without glass in the picture the lamp's white is the best guess
    white = np.clip(picture / glass, 1e-3, 1).astype(np.float32)
    found: Floats = np.clip(separate_stains(white, hed_from_rgb)[..., 0], 0, None).astype(np.float32)
    return found
