"""Whether models handed on to WSInfer, and taken over from it, give the same probabilities there and here.

The same slide goes through the package `wsinfer` and through `parfocal-ml analyze`; patches of the same
place are compared. Models: the built-in one as it is exported, and networks of timm with two logits and with
one in folders as the zoo has them, whose patches are enlarged or made smaller.

`wsinfer` 0.6.1 needs zarr < 3 and tiffslide < 3, so it may live in an environment of its own, and then
PARFOCAL_WSINFER names the Python of that environment. PARFOCAL_DATA names the folder of real slides.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

EDGE = 3000  # px
LIMIT = 0.003  # of a probability, any class, any patch

# Runs in WSInfer's Python. Its own command line is not used because it asks a server for a list of models.
THERE = """
import json, sys
from wsinfer.modellib.models import LocalModelTorchScript
from wsinfer.modellib.run_inference import run_inference
from wsinfer.patchlib import segment_and_patch_directory_of_slides
from wsinfer_zoo.client import ModelConfiguration
slides, model, results = sys.argv[1:]
config = ModelConfiguration.from_dict(json.load(open(model + "/config.json")))
segment_and_patch_directory_of_slides(slides, results, config.patch_size_pixels, config.spacing_um_px)
local = LocalModelTorchScript(config=config, model_path=model + "/torchscript_model.pt")
failed = run_inference(slides, results, local, batch_size=32, num_workers=0)
assert failed == ([], []), failed
"""


@dataclass(frozen=True)
class Case:
    """A model to compare with, and the slide it looks at."""

    name: str
    classes: tuple[str, ...]  # empty: the built-in model
    patch: int = 0  # px, of `spacing`
    spacing: float = 0.0  # µm/px
    seen: int = 0  # px, after Resize
    slide: str = "cmu1_small_region.svs"
    architecture: str = "resnet18"  # what the configuration calls it; timm has no preactresnet34


TWO, ONE = ("other", "tumor"), ("tumor",)
CASES = (
    Case("built-in", ()),
    Case("built-in, 154 to 224 px", (), slide="carotid_thrombus_he.svs"),
    Case("two logits, smaller by 2", TWO, 128, 1.0, 128),
    Case("two logits, smaller by 1.4", TWO, 224, 0.7, 224),
    Case("one logit, 350 to 224 px", ONE, 350, 0.25, 224, architecture="preactresnet34"),
    Case("one logit, 100 to 224 px", ONE, 100, 0.5, 224),
    Case("one logit, smaller by 4", ONE, 96, 2.916, 96, "carotid_thrombus_he.svs"),
)


def made(case: Case, slide: Path, folder: Path) -> Path:
    """The WSInfer folder of a case."""
    if not case.classes:
        parfocal("models", "export", "cellularity", "--as", "wsinfer", "--out", str(folder))
        return folder
    import timm
    import torch

    from ml.model.torchscript import traced

    torch.manual_seed(1)
    network = timm.create_model("resnet18", pretrained=False, num_classes=len(case.classes)).eval()
    with torch.inference_mode():
        logits = network(some_patches(slide, case))
    with torch.no_grad():  # so that probabilities spread over 0..1 on tissue
        scale = 2 / logits.std(0)
        network.fc.weight *= scale[:, None]
        network.fc.bias.copy_((network.fc.bias - logits.mean(0)) * scale)
    folder.mkdir()
    (folder / "torchscript_model.pt").write_bytes(traced(network, case.seen, case.seen))
    config = {
        "spec_version": "1.0",
        "architecture": case.architecture,
        "num_classes": len(case.classes),
        "patch_size_pixels": case.patch,
        "spacing_um_px": case.spacing,
        "class_names": list(case.classes),
        "transform": [
            {"name": "Resize", "arguments": {"size": case.seen}},
            {"name": "ToTensor"},
            {"name": "Normalize", "arguments": {"mean": [0.7, 0.55, 0.7], "std": [0.2, 0.25, 0.2]}},
        ],
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def cut_out(slide: Path, path: Path) -> Path:
    """A slide of 3,000 px each way of the middle of a large one, pixel by pixel; a small one as it is."""
    import tifffile

    from ml.geometry import Size
    from ml.slide.opening import open_slide

    with open_slide(slide) as opened:
        info = opened.info
        if max(info.size.width, info.size.height) <= EDGE:
            return slide
        left, top = (info.size.width - EDGE) // 2, (info.size.height - EDGE) // 2
        pixels = opened.read_block(0, left, top, Size(EDGE, EDGE))
        dots = (1e4 / info.spacing.spacing.x, 1e4 / info.spacing.spacing.y)
    with tifffile.TiffWriter(path) as file:
        tiled = {"tile": (256, 256), "photometric": "rgb", "compression": "deflate", "metadata": None}
        file.write(pixels, resolution=dots, resolutionunit="CENTIMETER", **tiled)
        for step in (4,):  # a coarser level that is not what an antialiased reduction gives
            coarse = (dots[0] / step, dots[1] / step)
            file.write(
                pixels[::step, ::step], resolution=coarse, resolutionunit="CENTIMETER", subfiletype=1, **tiled
            )
    return path


def some_patches(slide: Path, case: Case) -> object:
    """Sixteen patches of the middle of a slide, normalised: (16, 3, px, px)."""
    import torch

    from ml.geometry import Rect, Size
    from ml.slide.opening import open_slide
    from ml.slide.region import read_region

    with open_slide(slide) as opened:
        edge = case.patch * case.spacing / opened.info.spacing.spacing.mean
        x, y = opened.info.size.width / 2 - 2 * edge, opened.info.size.height / 2 - 2 * edge
        seen = case.seen
        block = read_region(opened, Rect(x, y, 4 * edge, 4 * edge), Size(4 * seen, 4 * seen))
    patches = block.reshape(4, seen, 4, seen, 3).swapaxes(1, 2).reshape(16, seen, seen, 3)
    tensor = torch.from_numpy(patches).permute(0, 3, 1, 2).float() / 255
    return (tensor - torch.tensor([0.7, 0.55, 0.7])[:, None, None]) / 0.2


def parfocal(*words: str) -> None:
    """Our command line, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "ml", *words], capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise SystemExit(f"parfocal-ml {' '.join(words)}: {done.stdout}{done.stderr}")


def there(slide: Path, model: Path, folder: Path) -> dict[tuple[int, int], list[float]]:
    """What WSInfer says: probabilities by the top left corner of the patch."""
    (folder / "slides").mkdir(parents=True)
    shutil.copy(slide, folder / "slides")
    python = os.environ.get("PARFOCAL_WSINFER", sys.executable)
    words = [python, "-c", THERE, str(folder / "slides"), str(model), str(folder / "results")]
    # Its zoo's client makes a folder in the home folder.
    calm = os.environ | {"HOME": str(folder), "WSINFER_FORCE_CPU": "1", "PYTHONPATH": ""}
    done = subprocess.run(words, env=calm, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(f"wsinfer: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return read_table(next((folder / "results" / "model-outputs-csv").glob("*.csv")))


def here(slide: Path, model: Path, name: str, folder: Path) -> dict[tuple[int, int], list[float]]:
    """The same from `parfocal-ml`: the model is imported under a name, and analyzes the slide."""
    parfocal("models", "import", str(model), "--name", name)
    parfocal("analyze", str(slide), "--model", name, "--out", str(folder), "--cam", "none")
    return read_table(folder / "results.csv")


def read_table(path: Path) -> dict[tuple[int, int], list[float]]:
    """Both write `minx,miny,width,height,prob_<class>…`: probabilities by the top left corner, level-0 px."""
    with path.open(encoding="utf-8") as file:
        return {
            (int(row["minx"]), int(row["miny"])): [float(v) for k, v in row.items() if k.startswith("prob_")]
            for row in csv.DictReader(file)
        }


def main() -> int:
    """Print one line a case; 1 where a patch differs by more than the limit."""
    data = os.environ.get("PARFOCAL_DATA")
    python = os.environ.get("PARFOCAL_WSINFER", sys.executable)
    asked = subprocess.run([python, "-c", "import wsinfer"], capture_output=True, check=False)
    if not data or asked.returncode:
        print(
            "PARFOCAL_DATA is not set" if not data else "wsinfer is not installed: see the top of this file"
        )
        return 0
    worst = 0.0
    chosen = [case for case in CASES if not sys.argv[1:] or any(word in case.name for word in sys.argv[1:])]
    for number, case in enumerate(chosen):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            slide = cut_out(Path(data) / "slides" / case.slide, folder / "slide.tif")
            os.environ["PARFOCAL_HOME"] = str(folder / "home")
            model = made(case, slide, folder / "model")
            one = there(slide, model, folder / "there")
            other = here(slide, model, f"case-{number}", folder / "here")
        both = sorted(set(one) & set(other))
        off = np.abs(np.array([one[k] for k in both]) - np.array([other[k] for k in both]))
        spread = np.array([one[k] for k in both])[:, -1]
        print(
            f"{case.name:32s} {len(both):4d} patches in both, {len(one) - len(both)} only there, "
            f"{len(other) - len(both)} only here; probabilities {spread.min():.2f} to {spread.max():.2f}; "
            f"difference: mean {off.mean():.5f}, greatest {off.max():.5f}",
            flush=True,
        )
        worst = max(worst, float(off.max()))
    print(f"greatest of all {worst:.5f}, limit {LIMIT}: {'within' if worst <= LIMIT else 'BEYOND'}")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
