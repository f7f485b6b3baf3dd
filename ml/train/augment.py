"""Other laboratories, scanners and nuclear sizes out of the pictures at hand, a whole batch at a time."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from ml.train.recipe import Fit

_LEAST = 1e-3  # of transmitted light: the logarithm of black is not wanted


def place_squares(
    images: Tensor, edge: int, zoom: tuple[float, float], chance: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Cut a square out of each picture, turned and mirrored: (n, c, edge, edge), and where it lay.

    `images` is (n, c, h, h). Squares measure `zoom` times `edge` px, no more than the picture, and are
    resized to `edge`. The second tensor is (n, 3): left, top and edge of each in px of its picture.
    """
    count, whole = images.shape[0], images.shape[-1]
    share = zoom[0] + (zoom[1] - zoom[0]) * torch.rand(count, generator=chance)
    size = (edge * share).clamp(max=whole)
    left, top = ((whole - size) * torch.rand(count, generator=chance) for _ in range(2))
    center = torch.stack([left + size / 2, top + size / 2], dim=1) * 2 / whole - 1
    quarter = torch.randint(4, (count,), generator=chance) * (math.pi / 2)
    mirror = torch.randint(2, (count,), generator=chance) * 2.0 - 1
    cos, sin, scale = quarter.cos(), quarter.sin(), size / whole
    theta = torch.stack(
        [
            torch.stack([cos * scale * mirror, -sin * scale, center[:, 0]], dim=1),
            torch.stack([sin * scale * mirror, cos * scale, center[:, 1]], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(theta, [count, images.shape[1], edge, edge], align_corners=False)
    squares = functional.grid_sample(images, grid, align_corners=False, padding_mode="reflection")
    return squares, torch.stack([left, top, size], dim=1)


def vary(squares: Tensor, fit: Fit, chance: torch.Generator) -> Tensor:
    """Another stain, lamp and focus for each square (n, 3, h, w) in 0..1. Nuclei stay countable."""
    count = squares.shape[0]
    stained, remixed = _stain_matrices()
    stains = torch.einsum("nchw,cs->nshw", -squares.clamp(min=_LEAST).log(), stained)
    spread = fit.stain * torch.randn(count, 3, 1, 1, generator=chance)
    stains = stains.clamp(min=0) * spread.clamp(-0.6, 0.6).exp()
    brown = (torch.rand(count, generator=chance) < fit.brown).float().view(-1, 1, 1, 1)
    swapped = stains[:, [0, 2, 1]]  # what was eosin is shown as DAB
    stains = stains * (1 - brown) + swapped * brown
    light = torch.einsum("nshw,sc->nchw", stains, remixed).neg().exp()
    lamp = 1 - 0.08 * torch.rand(count, 3, 1, 1, generator=chance)
    return blurred((light * lamp).clamp(0, 1), fit.blur, chance)


def blurred(squares: Tensor, share: float, chance: torch.Generator) -> Tensor:
    """Some of them a little out of focus: a Gaussian of 0.5 to 1.3 px, one for the batch."""
    sigma = 0.5 + 0.8 * float(torch.rand(1, generator=chance))
    place = torch.arange(-3.0, 4.0)
    kernel = (-(place**2) / (2 * sigma**2)).exp()
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1).repeat(3, 1, 1, 1)
    soft = functional.conv2d(functional.pad(squares, (3, 3, 0, 0), "reflect"), kernel, groups=3)
    soft = functional.conv2d(functional.pad(soft, (0, 0, 3, 3), "reflect"), kernel.mT, groups=3)
    chosen = (torch.rand(squares.shape[0], generator=chance) < share).float().view(-1, 1, 1, 1)
    return squares * (1 - chosen) + soft * chosen


def restained(pictures: Tensor, spread: float, chance: torch.Generator) -> Tensor:
    """Hematoxylin, eosin and the rest by random factors each (HED jitter, after Tellez et al. 2018).

    (n, 3, h, w) RGB in 0..1; `spread` is that of the logarithm of the factors.
    """
    stained, remixed = _stain_matrices()
    stains = torch.einsum("nchw,cs->nshw", -pictures.clamp(min=_LEAST).log(), stained)
    factors = (spread * torch.randn(pictures.shape[0], 3, 1, 1, generator=chance)).clamp(-0.6, 0.6).exp()
    return torch.einsum("nshw,sc->nchw", stains * factors, remixed).neg().exp().clamp(0, 1)


@cache
def _stain_matrices() -> tuple[Tensor, Tensor]:
    """RGB densities (natural logarithm) to hematoxylin, eosin, DAB and back (Ruifrok and Johnston 2001)."""
    from skimage.color import hed_from_rgb, rgb_from_hed

    return torch.tensor(hed_from_rgb).float(), torch.tensor(rgb_from_hed).float()
