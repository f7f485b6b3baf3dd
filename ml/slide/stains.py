"""One stain of a slide alone, and the vectors that say what a stain's colour is.

Colour deconvolution after Ruifrok and Johnston, "Quantification of histochemical staining by color
deconvolution", Anal Quant Cytol Histol 23:291-299, 2001: light that passes several stains is weakened by each
in turn, so that optical densities add up, and a 3 × 3 matrix takes them apart.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.slide.look import StainView
from ml.slide.slide import Pixels

Vector = tuple[float, float, float]
"""Optical density of a stain in R, G and B; only the proportions matter."""

Vectors = tuple[tuple[str, Vector], ...]
"""Stains by name and in order, as `StainView.vectors` has them: two or three."""

_NO_STAIN = 1e-3  # length of a vector
_ALIKE = 0.05  # volume of the vectors: below it a little noise becomes a lot of stain
_STAINED = 0.15  # optical density from which on a pixel holds stain (Macenko et al. 2009)
_PERCENT = 1.0  # of the angles that are left out at both ends, as there
_SAME = 0.985  # cosine of two vectors

_H_QUPATH = ("Hematoxylin", (0.65111, 0.70119, 0.29049))

PRESETS: Mapping[str, Vectors] = {
    # What QuPath starts with (Bankhead et al., Sci Rep 7:16878, 2017), after Ruifrok and Johnston.
    "H&E": (_H_QUPATH, ("Eosin", (0.2159, 0.8012, 0.5581))),
    "H-DAB": (_H_QUPATH, ("DAB", (0.26917, 0.56824, 0.77759))),
    # scikit-image's `rgb_from_hed`, Ruifrok and Johnston's own figures.
    "H&E and DAB": (
        ("Hematoxylin", (0.65, 0.70, 0.29)),
        ("Eosin", (0.07, 0.99, 0.11)),
        ("DAB", (0.27, 0.57, 0.78)),
    ),
    # scikit-image's `rgb_from_hpx`, `rgb_from_hax` and `rgb_from_bpx`, after G. Landini.
    "PAS": (("Hematoxylin", (0.644211, 0.716556, 0.266844)), ("PAS", (0.175411, 0.972178, 0.154589))),
    "H-AEC": (("Hematoxylin", (0.650, 0.704, 0.286)), ("AEC", (0.2743, 0.6796, 0.6803))),
    "Masson": (
        ("Methyl blue", (0.7995107, 0.5913521, 0.10528667)),
        ("Ponceau fuchsin", (0.09997159, 0.73738605, 0.6680326)),
    ),
}
"""Vectors to start from, by a name for a person. The first is the default."""


def view_of(stain: str, preset: str = "H&E") -> StainView:
    """The view of one stain of a preset. Raises `KeyError` for names that are not in `PRESETS`."""
    vectors = PRESETS[preset]
    if stain not in dict(vectors):
        raise KeyError(stain)
    return StainView(stain, vectors)


def check(view: StainView) -> None:
    """Raises `Problem`, with words for a person, where the vectors cannot be told apart or are none."""
    for name, vector in view.vectors:
        if not all(np.isfinite(vector)) or np.linalg.norm(vector) < _NO_STAIN or min(vector) < -0.5:
            raise Problem(f"The vector of {name} is no stain.", "Type three numbers such as 0.65 0.70 0.29.")
    if view.stain not in dict(view.vectors) or not 2 <= len(view.vectors) <= 3:
        raise Problem(f"“{view.stain}” is not among the stains.", "Choose one of those that are listed.")
    if abs(float(np.linalg.det(_matrix(view.vectors)))) < _ALIKE:
        raise Problem("These stains have nearly the same colour.", "Take vectors that differ more.")


class Unmixing:
    """One stain in its own colour on white, (n, 3) uint8 to the same shape: for `ColorTable`."""

    def __init__(self, view: StainView) -> None:
        check(view)
        self._place = [name for name, _ in view.vectors].index(view.stain)
        self._colors = _matrix(view.vectors)
        self._stains = np.linalg.inv(self._colors)

    def __call__(self, colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Each colour by itself."""
        from skimage.color import combine_stains, separate_stains

        amounts = separate_stains(colors[np.newaxis], self._stains)
        others = [place for place in range(3) if place != self._place]
        amounts[..., others] = 0
        rgb = combine_stains(amounts, self._colors)[0]
        shown: NDArray[np.uint8] = np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
        return shown


def unmixed(pixels: Pixels, view: StainView) -> Pixels:
    """The one stain in its own colour on white: (h, w, 3) uint8 to the same shape. Raises `Problem`.

    What `skimage.color.separate_stains` and `combine_stains` give with the other stains at nothing.
    """
    return Unmixing(view)(pixels.reshape(-1, 3)).reshape(pixels.shape)


def amounts_of(pixels: NDArray[np.uint8], vectors: Vectors) -> NDArray[np.float64]:
    """Optical density (base 10) of each stain: (n, 3) uint8 to (n, 3), of two stains the third is the rest.

    Negative amounts, which noise makes, count as they are: a mean over them is not shifted. Raises `Problem`.
    """
    check(StainView(vectors[0][0], vectors))
    light = np.maximum(pixels.astype(np.float64), 1) / 255
    amounts: NDArray[np.float64] = -np.log10(light) @ np.linalg.inv(_matrix(vectors))
    return amounts


def vector_of(pixels: Pixels) -> Vector:
    """The stain vector of a region that holds this one stain: its mean optical density, made to length 1.

    (h, w, 3) uint8, any size. After Ruifrok and Johnston (2001), who measured single-stained slides so.
    Raises `Problem` where there is too little colour in it.
    """
    densities = _densities(pixels)
    if len(densities) < max(16, 0.02 * pixels[..., 0].size):
        raise Problem("There is too little stain in what was picked.", "Drag over a part that is stained.")
    return _as_vector(densities.mean(axis=0))


def vectors_from_region(pixels: Pixels) -> tuple[Vector, Vector]:
    """The vectors of the two stains that a region holds: the bluer (as hematoxylin) first, then the other.

    (h, w, 3) uint8. After Macenko et al., "A method for normalizing histology slides for quantitative
    analysis", ISBI 2009, 1107-1110. Raises `Problem` where it holds too little tissue, or one colour only.
    """
    densities = _densities(pixels)
    if len(densities) < max(200, 0.01 * pixels[..., 0].size):
        raise Problem("There is too little tissue in view.", "Go to a part with both stains, and try again.")
    _, _, axes = np.linalg.svd(densities - 0.0, full_matrices=False)
    plane = axes[:2] * np.where(axes[:2].sum(axis=1, keepdims=True) < 0, -1, 1)
    angles = np.arctan2(densities @ plane[1], densities @ plane[0])
    low, high = np.percentile(angles, [_PERCENT, 100 - _PERCENT])
    found = [np.cos(angle) * plane[0] + np.sin(angle) * plane[1] for angle in (low, high)]
    one, other = sorted((_as_vector(np.clip(vector, 0, None)) for vector in found), key=lambda v: -v[0])
    if float(np.dot(one, other)) > _SAME:
        raise Problem("There is one colour only in view.", "Go to a part with both stains, and try again.")
    return one, other


def _densities(pixels: Pixels) -> NDArray[np.float64]:
    """Optical densities of what is stained, (n, 3)."""
    light = np.maximum(pixels.reshape(-1, 3).astype(np.float64), 1) / 255
    densities: NDArray[np.float64] = -np.log10(light)
    stained: NDArray[np.float64] = densities[densities.max(axis=1) > _STAINED]
    return stained


def _as_vector(vector: NDArray[np.float64]) -> Vector:
    red, green, blue = (float(value) for value in vector / max(float(np.linalg.norm(vector)), 1e-9))
    return red, green, blue


def _matrix(vectors: Vectors) -> NDArray[np.float64]:
    """Three rows of length 1; of two stains the third is what neither explains (their cross product)."""
    rows = [np.array(vector, dtype=np.float64) for _, vector in vectors]
    rows = [row / max(float(np.linalg.norm(row)), 1e-9) for row in rows]
    if len(rows) == 2:
        rest = np.cross(rows[0], rows[1])
        rows.append(rest / max(float(np.linalg.norm(rest)), 1e-9))
    return np.stack(rows)
