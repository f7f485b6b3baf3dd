"""Exports that are killed: a process that forks, and whose children die at a seeded moment of the writing.

python -m tests.robustness.export_child FOLDER SEED REPORTS COPIES

A child sets a timer when the first byte is about to be written; the signal ends it as `kill -9` does, with
nothing tidied up. After each the parent tells, as a JSON line, which files lie there under their own names
and which of them are not whole. What is whole is known from an export that nobody killed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pypdfium2

from ml.annotation.shapes import Annotation, Shape
from ml.deidentify.copy import copy_without_identity
from ml.geometry import Rect, Size, Spacing
from ml.patches import PatchGrid
from ml.progress import Progress, Step
from ml.record.verify import verify
from ml.report import figure
from ml.report.material import LayerSettings, Material
from ml.results.analysis import Analysis, Provenance
from ml.results.boxes import BoxRule, find_boxes
from ml.results.cam import CamMap
from ml.results.scores import Scores
from ml.slide.opening import open_slide
from ml.slide.slide import KnownSpacing
from ml.verbs.export import PHASE, ExportRequest, export
from ml.zoo.store import find
from tests.ml.deidentify.planted import write_svs

_SAME = ("results.csv", "boxes.csv", "annotations.geojson", "heatmap.tif", "gradcam.tif", "privacy.txt")


def material_of(slide_path: Path) -> Material:
    """A report of made-up numbers on a real file; no network is needed for it."""
    slide = open_slide(slide_path)
    size, spacing = slide.info.size, Spacing.square(0.499)
    outline = Shape.rectangle(Rect.of_size(size))
    grid = PatchGrid.over(outline, size, Size(64, 64), 64, lambda rects: np.ones(len(rects)), 0.1)
    card = find("cellularity").card
    values = np.random.default_rng(3).dirichlet(np.ones(len(card.class_names)), (grid.rows, grid.columns))
    scores = Scores(grid, card.class_names, values.astype(np.float32))
    cam = CamMap.empty(grid, 1, 7)
    cam.values[:] = np.random.default_rng(4).random(cam.values.shape, dtype=np.float32)
    made = Provenance(
        slide_path.name,
        "cd" * 32,
        size,
        KnownSpacing(spacing, "the file"),
        card.name,
        card.version,
        card.weights_sha256,
        "CPU",
        "2026-03-01T10:00:00+01:00",
        1.0,
    )
    boxes = find_boxes(scores, BoxRule(1, 0.4), spacing)
    drawn = tuple(Annotation(Shape.rectangle(Rect(n, n, 9, 9)), f"Mine {n}") for n in range(200))
    analysis = Analysis(None, scores, cam, made)
    return Material(slide, analysis, card, LayerSettings(1, 0.4), boxes, {}, drawn, "Seen.")


def killed(work: Callable[[Progress], object], begins: Callable[[Step], bool], seconds: float) -> int:
    """Do it in a child that is killed so long after `begins`; the signal, 0 where it was quicker."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

        def step(told: Step) -> None:
            if begins(told) and signal.getitimer(signal.ITIMER_REAL)[0] == 0:
                signal.setitimer(signal.ITIMER_REAL, max(1e-6, seconds))

        work(Progress(step))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def writing_seconds(work: Callable[[Progress], object], begins: Callable[[Step], bool]) -> float:
    """How long the writing takes when nobody kills it."""
    began: list[float] = []
    work(Progress(lambda told: began.append(time.perf_counter()) if begins(told) else None))
    return time.perf_counter() - began[0]


def unsound(folder: Path, good: Path) -> list[str]:
    """Files under their own names that are not whole."""
    found = []
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.name in _SAME and path.read_bytes() != (good / path.name).read_bytes():
            found.append(path.name)
        if path.suffix == ".json":
            json.loads(path.read_bytes())
        if path.suffix == ".pdf":
            pypdfium2.PdfDocument(path).close()
    if (folder / "record.json").exists():  # the last one: then all of them are there
        checked = verify(folder, Progress())
        found += [item.name for item in checked.items if item.kind == "file" and item.state != "holds"]
    return found


def tell(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def main(folder: Path, seed: int, reports: int, copies: int) -> None:
    """Reports first, each into the folder of the one before it, then copies of a slide."""
    dice = random.Random(seed)
    slide = folder / "slide.svs"
    write_svs(slide)
    material, good, out = material_of(slide), folder / "good", folder / "report"
    pictures = figure.draw_pictures(material, Progress())[:2]  # drawn once: only the writing is killed
    figure.draw_pictures = lambda *_: pictures  # type: ignore[assignment]
    begins: Callable[[Step], bool] = lambda told: told.phase == PHASE  # noqa: E731
    whole = writing_seconds(lambda p: export(ExportRequest(material, good), p), begins)
    for _ in range(reports):
        died = killed(lambda p: export(ExportRequest(material, out), p), begins, dice.uniform(0, 1.2 * whole))
        names = sorted(path.name for path in out.iterdir() if not path.name.startswith("."))
        tell(kind="report", signal=died, files=names, unsound=unsound(out, good))
    copy_without_identity(slide, folder / "copied.svs", Progress())
    right, target = (folder / "copied.svs").read_bytes(), folder / "copy.svs"
    begins = lambda told: told.phase == "Copying pixels"  # noqa: E731
    (folder / "warm").mkdir()
    whole = writing_seconds(lambda p: copy_without_identity(slide, folder / "warm" / "a.svs", p), begins)
    for _ in range(copies):
        target.unlink(missing_ok=True)
        died = killed(lambda p: copy_without_identity(slide, target, p), begins, dice.uniform(0, 1.2 * whole))
        there = target.exists()
        wrong = [target.name] if there and target.read_bytes() != right else []
        tell(kind="copy", signal=died, files=[target.name] if there else [], unsound=wrong)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:5]))
