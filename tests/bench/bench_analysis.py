"""What an analysis costs beside the bare network, and how much memory it takes.

Ratios between things measured in turn in one process; the memory in a process of its own. PARFOCAL_DATA
names the folder of real slides; without it a slide is made from scikit-image's picture.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROUNDS = 5
EDGE_PATCHES = 20  # the region is 20 × 20 patches


def model_path(folder: Path) -> tuple[Path, str]:
    """The built-in model; else a random network of the same kind and size."""
    from ml import paths

    builtin = paths.resources() / "models" / "cellularity"
    if builtin.is_dir():
        return builtin, "the built-in model cellularity"
    import timm
    from safetensors.torch import save_file

    from ml.zoo.bundle import write_bundle
    from ml.zoo.card import ModelCard

    network = timm.create_model("efficientnet_lite0", pretrained=False, num_classes=4)
    save_file(network.state_dict(), folder / "weights.safetensors")
    names = ("a", "b", "c", "d")
    card = ModelCard(
        "random", "Random", "0", "efficientnet_lite0", names, 224, 0.5, (0.5,) * 3, (0.5,) * 3, ""
    )
    return write_bundle(card, folder / "weights.safetensors", folder / "random").path, (
        "a random efficientnet_lite0 at 224 px (the built-in model is not here)"
    )


def slide_path(folder: Path) -> Path:
    """The real whole slide; else one made of mirrored copies of scikit-image's ihc picture."""
    data = os.environ.get("PARFOCAL_DATA")
    if data:
        return Path(data) / "slides" / "carotid_thrombus_he.svs"
    import tifffile
    from skimage.data import immunohistochemistry

    picture = immunohistochemistry()
    block = np.concatenate([picture, picture[:, ::-1]], axis=1)
    block = np.tile(np.concatenate([block, block[::-1]]), (8, 8, 1))
    path = folder / "ihc.tif"
    # 0.5 µm/px is 20,000 px a cm
    options = {
        "tile": (256, 256),
        "photometric": "rgb",
        "compression": "jpeg",
    }
    with tifffile.TiffWriter(path) as file:
        for step in (1, 4, 16):
            level = np.ascontiguousarray(block[::step, ::step])
            file.write(
                level,
                resolution=(20000 / step, 20000 / step),
                resolutionunit="CENTIMETER",
                subfiletype=int(step > 1),
                **options,
            )
    return path


def compare(slide_file: Path, bundle: Path) -> None:
    """Wall time of an analysis over that of the bare network on the same patches, in turn."""
    import torch

    from ml.annotation.shapes import Shape
    from ml.geometry import Rect
    from ml.infer import run as run_module
    from ml.infer.loader import PatchLoader
    from ml.infer.ready import make_ready
    from ml.infer.run import Wishes, run
    from ml.model.device import choose_device
    from ml.progress import Progress
    from ml.slide.opening import open_slide
    from ml.zoo.bundle import open_bundle

    model = make_ready(open_bundle(bundle), choose_device("auto"))
    network, loaders = model.network, []
    make_loader = run_module._loader

    def noted(*arguments: object) -> PatchLoader:
        loaders.append(make_loader(*arguments))
        return loaders[-1]

    run_module._loader = noted
    with open_slide(slide_file) as slide:
        spacing, size = slide.info.spacing, slide.info.size
        patch = network.card.size_on(spacing.spacing)
        width, height = EDGE_PATCHES * patch.width, EDGE_PATCHES * patch.height
        region = Shape.rectangle(Rect((size.width - width) // 2, (size.height - height) // 2, width, height))
        wishes = Wishes(region=region, cam="none", least_tissue=0)
        grid = run_module.bare_grid(slide, spacing, network, wishes)
        with PatchLoader(slide, grid, grid.kept, network.device.batch, 2, Progress()) as loader:
            batches = [batch.patches for batch in loader]
        print(
            f"{grid.count} patches of {grid.pixels} px, batches of {network.device.batch}, "
            f"{network.device.in_words}, {torch.get_num_threads()} threads"
        )
        times: dict[str, list[float]] = {
            "model": [],
            "analysis": [],
            "with Grad-CAM": [],
            "reading": [],
            "waiting": [],
        }
        for round_ in range(ROUNDS + 1):
            began = time.perf_counter()
            for batch in batches:
                network.probabilities(batch)
            bare = time.perf_counter() - began
            began = time.perf_counter()
            run(slide, spacing, model, wishes, Progress())
            analysis = time.perf_counter() - began
            began = time.perf_counter()
            run(slide, spacing, model, Wishes(region=region, least_tissue=0), Progress())
            explained = time.perf_counter() - began
            if round_:  # the first one warms up
                loader = loaders[-2]
                figures = (bare, analysis, explained, loader.seconds_reading, loader.seconds_waiting)
                for name, seconds in zip(times, figures, strict=True):
                    times[name].append(seconds)
    report(times, grid.count)


def report(times: dict[str, list[float]], patches: int) -> None:
    """Medians, and the range of what was seen."""

    def ratio(over: str, under: str) -> str:
        ratios = [a / b for a, b in zip(times[over], times[under], strict=True)]
        return f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"

    print(f"model alone: {patches / statistics.median(times['model']):.1f} patches/s")
    print(f"analysis: {patches / statistics.median(times['analysis']):.1f} patches/s")
    print(f"analysis / model alone: {ratio('analysis', 'model')}   aim <= 1.10")
    print(f"analysis with Grad-CAM of every patch / model alone: {ratio('with Grad-CAM', 'model')}")
    print(f"readers' busy time / analysis: {ratio('reading', 'analysis')}")
    print(f"the network waits for patches / analysis: {ratio('waiting', 'analysis')}")


def resident(key: str) -> int:
    """`VmRSS` or `VmHWM` (the highest so far) of this process, bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise RuntimeError(key)


def memory(slide_file: Path, bundle: Path) -> None:
    """Peak of a whole-slide analysis with Grad-CAM over what the loaded model takes, in this process."""
    from ml.progress import Progress
    from ml.verbs.analyze import AnalyzeRequest, analyze, warm_up

    warm_up(str(bundle))
    loaded = resident("VmRSS")
    analysis = analyze(AnalyzeRequest(slide_file, str(bundle)), Progress())
    more = (resident("VmHWM") - loaded) / 2**20
    count, seconds = int(analysis.scores.scored.sum()), analysis.provenance.seconds
    print(f"whole slide: {count} patches in {seconds:.0f} s, {count / seconds:.1f} patches/s, with Grad-CAM")
    print(f"peak memory over the loaded model ({loaded / 2**20:.0f} MiB): {more:.0f} MiB   aim <= 600")


def main() -> int:
    """Both measurements."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["PARFOCAL_HOME"] = str(folder / "home")
        bundle, what = model_path(folder)
        slide_file = slide_path(folder)
        print(f"{slide_file.name}, {what}")
        compare(slide_file, bundle)
        if sys.platform == "linux":
            arguments = [sys.executable, __file__, "memory", str(slide_file), str(bundle)]
            return subprocess.run(arguments, check=False).returncode
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    if sys.argv[1:2] == ["memory"]:
        sys.exit(memory(Path(sys.argv[2]), Path(sys.argv[3])))
    sys.exit(main())
