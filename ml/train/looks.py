"""Where a network looks while it learns: Grad-CAM over the same few pictures, drawn anew as epochs pass."""

from __future__ import annotations

import copy
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn

from ml.infer.explain import RawGradCAM
from ml.report.cam_picture import write_overlay
from ml.train.feed import Feed
from ml.train.seen import as_a_person_sees
from ml.train.study_recipe import StudyRecipe

FOLDER = "looks"

_PATIENCE = 5.0  # an epoch is looked at when learning took so many times as long as the last look
_KEPT = 2  # epochs whose pictures stay: whoever shows them may be one behind


class Looks:
    """Looks at a copy: what is learned is the same with and without it.

    `module` is the whole network, whose last layer may be learned by itself; `rows` are those of the feed
    that are looked at; pictures go into `folder`.
    """

    def __init__(
        self, module: nn.Module, feed: Feed, recipe: StudyRecipe, rows: tuple[int, ...], folder: Path
    ) -> None:
        self._module, self._feed, self._recipe = module, feed, recipe
        self._rows, self._folder = rows, folder / FOLDER
        self._layer = _layer_name(module, recipe.network.cam_layer)
        self._took, self._ended = 0.0, -np.inf

    def look(self, epoch: int) -> tuple[str, ...]:
        """PNG files, one a row, each for the class that the network says; none where it is too soon.

        None ever where the network has no layer with a map of places.
        """
        began = time.perf_counter()
        if not self._layer or began - self._ended < _PATIENCE * self._took:
            return ()
        seen = self._feed[(self._rows, -1)][0]
        maps = _maps(copy.deepcopy(self._module).cpu(), self._layer, seen)
        if maps is None:
            self._layer = ""
            return ()
        scale = float(maps.max())
        self._folder.mkdir(parents=True, exist_ok=True)
        files = [self._folder / f"{epoch:04d}_{place}.png" for place in range(len(self._rows))]
        for pixels, values, file in zip(_pixels(seen, self._recipe), maps, files, strict=True):
            height, width = pixels.shape[:2]
            large = Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR)
            write_overlay(pixels, np.asarray(large, dtype=np.float32), scale, file)
        self._tidy()
        self._ended = time.perf_counter()
        self._took = self._ended - began
        return tuple(map(str, files))

    def _tidy(self) -> None:
        """Pictures of earlier epochs go."""
        epochs = sorted({path.name.partition("_")[0] for path in self._folder.glob("*.png")})
        for old in epochs[:-_KEPT]:
            for path in self._folder.glob(f"{old}_*.png"):
                path.unlink(missing_ok=True)


def _maps(module: nn.Module, layer: str, seen: Tensor) -> np.ndarray | None:
    """Raw maps (n, cells, cells) of the likeliest class of each picture; None without a map of places."""
    module.eval().requires_grad_(False)
    shapes: list[int] = []
    found = module.get_submodule(layer)
    hook = found.register_forward_hook(lambda _, __, output: shapes.append(output.ndim))
    with torch.inference_mode():
        said = module(seen).argmax(dim=1).tolist()
    hook.remove()
    if shapes[-1:] != [4]:
        return None
    with torch.enable_grad(), RawGradCAM(module, found) as cam:
        maps = cam(seen, [ClassifierOutputTarget(one) for one in said])
    made: np.ndarray = np.ascontiguousarray(maps, dtype=np.float32)
    return made


def _layer_name(module: nn.Module, named: str) -> str:
    """The layer that the recipe names, else the last stage that timm knows of; empty where there is none."""
    stages = getattr(module, "feature_info", None)
    try:
        name = named or (str(stages[-1]["module"]) if stages else "")
        module.get_submodule(name)
    except (AttributeError, KeyError, TypeError, IndexError):
        return ""
    return name


def _pixels(seen: Tensor, recipe: StudyRecipe) -> list[np.ndarray]:
    """What the network sees, as (height, width, 3) uint8."""
    plan = recipe.network
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (plan.mean, plan.std))
    bytes_ = ((seen * std + mean).clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    return [as_a_person_sees(one, plan) for one in bytes_]
