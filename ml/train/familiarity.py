"""What a network makes of its training pictures, kept so that it can tell what is unlike them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor, nn

from ml.model.familiarity import distances
from ml.model.features import noted_features
from ml.progress import Progress, Step
from ml.train.duration import REMEMBERING
from ml.train.feed import Feed, Order, loader
from ml.train.folds import Fold, Rows
from ml.zoo.familiarity import Familiarity

Floats = NDArray[np.float32]

_QUANTILE = 0.99  # of pictures to choose on: what lies beyond it counts as unlike
_AXES = 64  # strongest axes that are kept; on lung-colon 256 flag no more of other tissue
_LEAST = 10  # pictures of a class, or of a set of labels, that it takes to say where they lie
_MOST = 5000  # pictures that are learned from, evenly spread


@dataclass(frozen=True)
class Learned:
    """The check for a bundle: what its card says (but for the hash), and the bytes of its file."""

    how: Familiarity
    content: bytes


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Features of one layer, (n, features), of pictures that were not learned from."""

    layer: str
    choose: Tensor  # the threshold is laid on these
    report: Tensor  # and tried on these


def learn_familiarity(
    module: nn.Module, feed: Feed, fold: Fold, labels: Floats, held_out: HeldOut, progress: Progress
) -> Learned | None:
    """Where pictures lie in a network's features: told by those learned from, (n, classes) `labels` of all.

    None where features do not tell pictures apart. Raises `Cancelled`.
    """
    fit = _thinned(fold.fit)
    tensors = gaussians(_features(module, feed, fit, held_out.layer, progress), labels[fit])
    if tensors is None:
        return None
    chosen, reported = (distances(found, tensors).numpy() for found in (held_out.choose, held_out.report))
    threshold = float(np.quantile(chosen, _QUANTILE, method="higher"))
    if not threshold > 0:
        return None
    beyond = round(float((reported > threshold).mean()), 4)
    how = Familiarity("", threshold, "mahalanobis", held_out.layer, _QUANTILE, beyond, len(reported))
    return Learned(how, save(dict(tensors)))


def gaussians(features: Floats, labels: Floats) -> Mapping[str, torch.Tensor] | None:
    """`center`, `axes`, `means` of (n, d) features, as `ml.model.familiarity.distances` takes them.

    One mean for each set of labels that occurs often enough, one covariance within them, shrunk as Ledoit and
    Wolf (2004) do. None where there is no spread.
    """
    from sklearn.covariance import LedoitWolf

    _, codes, counts = np.unique(labels, axis=0, return_inverse=True, return_counts=True)
    codes = codes.reshape(-1)
    kept = counts[codes] >= _LEAST
    if not kept.any():  # too few of any: all pictures as one class
        codes, kept = np.zeros_like(codes), np.ones_like(kept)
    wide = features[kept].astype(np.float64)
    codes = np.unique(codes[kept], return_inverse=True)[1].reshape(-1)
    center = wide.mean(axis=0)
    _, spread, directions = np.linalg.svd(wide - center, full_matrices=False)
    count = min(_AXES, max(1, len(wide) // 4), int((spread > 1e-6 * max(spread.max(), 1e-30)).sum()))
    if spread.max() < 1e-6:
        return None
    turned = (wide - center) @ directions[:count].T
    means = np.stack([turned[codes == code].mean(axis=0) for code in range(codes.max() + 1)])
    within = LedoitWolf(assume_centered=True).fit(turned - means[codes]).covariance_
    variances, axes = np.linalg.eigh(within)
    if variances.min() <= 0:
        return None
    whitened = directions[:count].T @ (axes / np.sqrt(variances))
    placed = (means @ axes) / np.sqrt(variances)
    made = {"center": center, "axes": whitened, "means": placed}
    return {name: torch.from_numpy(np.ascontiguousarray(value, np.float32)) for name, value in made.items()}


def _thinned(rows: Rows) -> Rows:
    if len(rows) <= _MOST:
        return rows
    thinned: Rows = rows[np.linspace(0, len(rows) - 1, _MOST).round().astype(np.intp)]
    return thinned


def _features(module: nn.Module, feed: Feed, rows: Rows, layer: str, progress: Progress) -> Floats:
    module.eval()
    with torch.inference_mode(), noted_features(module, layer) as found:
        for number, (pictures, _, _) in enumerate(loader(feed, Order(rows, 64, 0, None))):
            progress.check()
            progress.step(Step(REMEMBERING, number * 64, len(rows)))
            module(pictures)
    made: Floats = torch.cat(found).cpu().numpy()
    return made
