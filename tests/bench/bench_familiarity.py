"""How well distances of features tell tissue of other organs and laboratories from what `lung-colon` knows.

Every distance is learned from the pictures that the shipped network learned from, its threshold laid at the
99 % quantile of those that its epoch was chosen on; shares beyond it are of pictures and patches that it
never saw. Slides without a pixel size are taken at the one that is printed. PARFOCAL_DATA names the data.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ml import paths
from ml.annotation.shapes import Shape
from ml.geometry import Rect, Size, Spacing
from ml.model.device import choose_device
from ml.model.familiarity import distances
from ml.model.features import noted_features
from ml.model.network import Network, load_network
from ml.patches import PatchGrid
from ml.progress import Progress
from ml.slide.opening import open_slide
from ml.slide.region import read_region
from ml.tissue import find_tissue, overview_for
from ml.train.familiarity import gaussians
from ml.train.folds import fold_numbers, folds_of
from ml.train.pictures import read_pictures
from ml.train.study_recipe import Vary, read_study_recipe
from ml.train.table import read_rows
from ml.train.vary import varied
from ml.zoo.store import find

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

LAYERS = ("", "blocks.4", "blocks.5", "blocks.6")
MOST = 150  # patches of a slide, drawn by chance
SLIDES = (
    ("skin", "cmu1_small_region.svs", None),
    ("skin field", "skin_he_field.tif", 0.5),
    ("carotid", "carotid_thrombus_he.svs", None),
    ("head, neck 0.5", "tcga_head_neck_jp2k_no_mpp.svs", 0.5),
    ("head, neck 0.25", "tcga_head_neck_jp2k_no_mpp.svs", 0.25),
)


def main(model: str) -> None:
    """Print the table: a line a distance, a column a set, shares beyond the threshold."""
    data = Path(os.environ["PARFOCAL_DATA"])
    network = load_network(find(model), choose_device("cpu"))
    recipe = read_study_recipe(paths.resources() / "recipes" / "lung-colon.toml")
    pictures = read_pictures(read_rows(recipe.sources, recipe.task, data), recipe.network, Progress())
    fold = folds_of(fold_numbers(pictures, recipe.task, recipe.division), recipe.division)[0]
    report = pictures.pixels[fold.report]
    sets: dict[str, Bytes] = {
        "fit": pictures.pixels[fold.fit],
        "choose": pictures.pixels[fold.choose],
        "held out": report,
        "other stain": stained(report[::2]),
        "JPEG 30": np.stack([as_jpeg(picture, 30) for picture in report[::2]]),
        "softer": np.stack([softer(picture) for picture in report[::2]]),
    }
    for name, file, spacing in SLIDES:
        sets[name] = patches_of(data / "slides" / file, spacing, network)
    sets["breast"] = breast(data / "patches" / "breast_100x")
    seen = {name: look(network, patches) for name, patches in sets.items()}
    names = [name for name in sets if name not in {"fit", "choose"}]
    print(f"{'':32s}" + "".join(f"{name:>16s}" for name in names))
    print(f"{'patches':32s}" + "".join(f"{len(sets[name]):16d}" for name in names))
    for title, distance in measures(seen["fit"], pictures.labels[fold.fit]).items():
        threshold = np.quantile(distance(seen["choose"]), 0.99, method="higher")
        shares = [float((distance(seen[name]) > threshold).mean()) for name in names]
        print(f"{title:32s}" + "".join(f"{share:15.1%} " for share in shares), flush=True)


def look(network: Network, patches: Bytes) -> dict[str, Floats]:
    """Features of each layer, and probabilities."""
    found: dict[str, list[Floats]] = {}
    for start in range(0, len(patches), 32):
        part = np.ascontiguousarray(patches[start : start + 32])
        with (
            noted_features(network.module, LAYERS[0]) as last,
            noted_features(network.module, LAYERS[1]) as fourth,
            noted_features(network.module, LAYERS[2]) as fifth,
            noted_features(network.module, LAYERS[3]) as sixth,
        ):
            answers = network.probabilities(part)
        for layer, features in zip(LAYERS, (last, fourth, fifth, sixth), strict=True):
            found.setdefault(layer, []).append(torch.cat(features).numpy())
        found.setdefault("answers", []).append(answers)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def measures(fit: dict[str, Floats], labels: Floats) -> dict[str, Callable[[dict[str, Floats]], Floats]]:
    """By name: what gives a distance for each patch of a set."""
    made: dict[str, Callable[[dict[str, Floats]], Floats]] = {
        "least sure (1 - highest)": lambda seen: 1 - seen["answers"].max(axis=1)
    }
    for layer in LAYERS:
        where = layer or "before the last layer"
        tensors = gaussians(fit[layer], labels)
        assert tensors is not None
        made[f"Mahalanobis, {where}"] = lambda seen, layer=layer, tensors=tensors: distances(  # type: ignore[misc]
            torch.from_numpy(seen[layer]), tensors
        ).numpy()
        known = unit(fit[layer])
        made[f"nearest, {where}"] = lambda seen, layer=layer, known=known: (  # type: ignore[misc]
            1 - (unit(seen[layer]) @ known.T).max(axis=1)
        )
    return made


def unit(features: Floats) -> Floats:
    """Each row of length 1."""
    scaled: Floats = features / np.linalg.norm(features, axis=1, keepdims=True)
    return scaled


def patches_of(path: Path, spacing: float | None, network: Network) -> Bytes:
    """Patches with a tenth of tissue, as an analysis takes them; at most `MOST`, drawn by chance."""
    with open_slide(path) as slide:
        known = slide.info.spacing
        microns = Spacing.square(spacing) if spacing or known is None else known.spacing
        edge = network.card.size_on(microns)
        whole = Shape.rectangle(slide.info.bounds)
        grid = PatchGrid.over(whole, slide.info.size, edge, network.card.patch_pixels)
        overview = overview_for(slide, grid.bounds)
        tissue = find_tissue(overview, grid.bounds, microns.mean * grid.bounds.width / overview.shape[1])
        rects = grid.rects()[grid.inside]
        rects = rects[tissue.share(rects) >= 0.1]
        drawn = np.random.default_rng(0).permutation(len(rects))[:MOST]
        size = Size(network.card.patch_pixels, network.card.patch_pixels)
        return np.stack([read_region(slide, Rect(*rects[n]), size) for n in drawn])


def breast(folder: Path) -> Bytes:
    """The middle of photographs of breast, another microscope at another scale."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".png", ".jpg"})
    drawn = np.random.default_rng(0).permutation(len(files))[:MOST]
    found = []
    for number in drawn:
        with Image.open(files[number]) as image:
            left, top = (image.width - 224) // 2, (image.height - 224) // 2
            found.append(np.asarray(image.convert("RGB").crop((left, top, left + 224, top + 224))))
    return np.stack(found)


def stained(pictures: Bytes) -> Bytes:
    """As another laboratory might stain them: twice the variation of training."""
    batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    made = varied(batch, Vary(stain=0.3, light=0.2), torch.Generator().manual_seed(1)).clamp(0, 1)
    changed: Bytes = (made * 255).round().byte().permute(0, 2, 3, 1).numpy()
    return changed


def as_jpeg(picture: Bytes, quality: int) -> Bytes:
    """The picture, compressed strongly."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def softer(picture: Bytes) -> Bytes:
    """As a slide of 0.73 µm/px looks, enlarged."""
    small = Image.fromarray(picture).resize((154, 154), Image.Resampling.BILINEAR)
    return np.asarray(small.resize((224, 224), Image.Resampling.BILINEAR))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "lung-colon")
