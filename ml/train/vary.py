"""Pictures turned, moved, relit and restained while a network learns, a whole batch at a time."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from ml.train.augment import blurred, restained
from ml.train.study_recipe import Vary


def varied(pictures: Tensor, vary: Vary, chance: torch.Generator) -> Tensor:
    """Another view of each picture, (n, channels, h, w) in 0..1. What `vary` leaves at 0 is left alone."""
    pictures = _moved(pictures, vary, chance)
    if vary.stain > 0 and pictures.shape[1] == 3:
        pictures = restained(pictures, vary.stain, chance)
    if vary.light > 0:
        count = pictures.shape[0]
        contrast, brightness = (
            1 + vary.light * (2 * torch.rand(count, 1, 1, 1, generator=chance) - 1) for _ in range(2)
        )
        middle = pictures.mean(dim=(1, 2, 3), keepdim=True)
        pictures = ((pictures - middle) * contrast + middle * brightness).clamp(0, 1)
    if vary.blur > 0:
        pictures = blurred(pictures, vary.blur, chance)
    return pictures


def _moved(pictures: Tensor, vary: Vary, chance: torch.Generator) -> Tensor:
    """Flip, turn, zoom and shift in one resampling; edges are continued as in a mirror."""
    turns = torch.zeros(pictures.shape[0])
    if vary.quarter_turns:
        turns = torch.randint(4, turns.shape, generator=chance) * (math.pi / 2)
    mirror = torch.ones_like(turns)
    if vary.flip or vary.quarter_turns:
        mirror = torch.randint(2, turns.shape, generator=chance) * 2.0 - 1
    if not (vary.rotate or vary.scale or vary.shift):
        return _exact(pictures, turns, mirror)
    turns = turns + math.radians(vary.rotate) * _both(turns, chance)
    zoom = 1 + vary.scale * _both(turns, chance)
    x, y = (2 * vary.shift * _both(turns, chance) for _ in range(2))
    height, width = pictures.shape[-2:]
    cos, sin, ratio = turns.cos(), turns.sin(), height / width
    theta = torch.stack(
        [
            torch.stack([cos / zoom * mirror, -sin / zoom * ratio, x], dim=1),
            torch.stack([sin / zoom * mirror / ratio, cos / zoom, y], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(theta, list(pictures.shape), align_corners=False)
    return functional.grid_sample(pictures, grid, align_corners=False, padding_mode="reflection")


def _exact(pictures: Tensor, turns: Tensor, mirror: Tensor) -> Tensor:
    """Quarter turns and mirrors alone move whole pixels."""
    quarters = (turns / (math.pi / 2)).round().long()
    square = pictures.shape[-1] == pictures.shape[-2]
    parts = []
    for picture, quarter, side in zip(pictures, quarters.tolist(), mirror.tolist(), strict=True):
        turned = torch.rot90(picture, quarter if square else 2 * (quarter // 2), (1, 2))
        parts.append(turned.flip(2) if side < 0 else turned)
    return torch.stack(parts)


def _both(like: Tensor, chance: torch.Generator) -> Tensor:
    """Even between -1 and 1."""
    return 2 * torch.rand(like.shape, generator=chance) - 1
