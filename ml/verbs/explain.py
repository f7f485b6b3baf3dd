"""`parfocal-ml explain`: where a model saw what speaks for a class, in pictures, CT slices or a slide."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.progress import Progress, Step
from ml.report.atomic import whole_file
from ml.slide.slide import KnownSpacing
from ml.verbs.analyze import AnalyzeRequest, analyze
from ml.verbs.loaded import ready_model
from ml.verbs.predict import PICTURES, pictures_in
from ml.verbs.study import made_folder

if TYPE_CHECKING:
    from ml.infer.explain import Explainer
    from ml.infer.explained import Explained
    from ml.results.analysis import Analysis
    from ml.zoo.card import ModelCard

_LONGEST = 1600  # px of a region's longer side in the PNG
_HEAD = ("name", "class", "probability", "highest", "x", "y", "problem")


@dataclass(frozen=True)
class ExplainRequest:
    """What is explained, for which classes, where to."""

    path: Path  # a picture, a slide, a DICOM file, or a folder of pictures or DICOM files
    model: str
    out: Path  # a folder
    classes: tuple[str, ...] = ()  # names; empty: all of the model's
    region: Shape | None = None  # of a slide; None: the whole of it
    spacing: KnownSpacing | None = None  # of a slide whose file does not say
    device: str = "auto"


@dataclass(frozen=True)
class ExplainedOut:
    """What was written: a PNG a class, the maps as TIFF, and `explained.csv`."""

    count: int  # pictures, slices, or 1 slide
    unreadable: tuple[str, ...]
    files: tuple[Path, ...]


def explain(request: ExplainRequest, progress: Progress) -> ExplainedOut:
    """Grad-CAM for each class. Maps are laid back over the picture's own pixels, or placed on the slide.

    Of a picture or slice NAME: `NAME.CLASS.png`, its highest value over all classes shown as 1, and
    `NAME.gradcam.tif`, raw. Of a slide the same for the region, `NAME.CLASS.gradcam.tif` with its place. A
    path with a region, or with an ending that only slides have, is a slide. Raises `Problem`, `Cancelled`.
    """
    ready = ready_model(request.model, request.device)
    explainer = ready.required_explainer
    chosen = _chosen(request.classes, explainer.network.card)
    if _is_slide(request, explainer.network.card):
        return _slide(request, explainer.network.card, chosen, progress)
    return _pictures(request, explainer, chosen, progress)


def _chosen(names: tuple[str, ...], card: ModelCard) -> tuple[int, ...]:
    for name in names:
        if name not in card.class_names:
            raise Problem(
                f"The model “{card.title}” has no class “{name}”.", f"It has {', '.join(card.class_names)}."
            )
    return tuple(map(card.class_names.index, names)) or tuple(range(len(card.class_names)))


def _is_slide(request: ExplainRequest, card: ModelCard) -> bool:
    if card.preparation is not None:
        if request.region is not None:
            raise Problem(
                f"The model “{card.title}” looks at whole pictures, not at regions of slides.",
                "Leave the region out, or choose a model of patches.",
            )
        return False
    known = request.path.suffix.lower() in PICTURES
    return request.region is not None or (request.path.is_file() and not known)


def _pictures(
    request: ExplainRequest, explainer: Explainer, chosen: tuple[int, ...], progress: Progress
) -> ExplainedOut:
    from ml.infer.explained import Unread, explain_pictures, explain_slices

    if not request.path.exists():
        name = request.path.name or request.path
        raise Problem(f"Invalid path: {name} is neither a file nor a folder.", "Check it.")
    if explainer.network.card.looks_at_ct:
        several = explain_slices(explainer, request.path, chosen, progress)
    else:
        several = explain_pictures(explainer, pictures_in(request.path), chosen, progress)
    out = made_folder(request.out)
    root = request.path if request.path.is_dir() else request.path.parent
    files, rows, unreadable = list[Path](), list[Sequence[object]](), []
    for one in several:
        name = one.path.relative_to(root).as_posix()
        if isinstance(one, Unread):
            unreadable.append(f"{name}: {one.why}")
            rows.append([name, *[""] * (len(_HEAD) - 2), one.why])
            continue
        files += _write_one(one, name, explainer.network.card, chosen, out)
        rows += _rows(one, name, explainer.network.card, chosen)
    files.append(_write_table(rows, out))
    return ExplainedOut(len({row[0] for row in rows}) - len(unreadable), tuple(unreadable), tuple(files))


def _write_one(one: Explained, name: str, card: ModelCard, chosen: tuple[int, ...], out: Path) -> list[Path]:
    from ml.report.cam_picture import write_maps, write_overlay

    stem = name.replace("/", "_")
    scale = float(one.maps.max())
    files = []
    for number, index in enumerate(chosen):
        files.append(out / f"{stem}.{_word(card.class_names[index])}.png")
        write_overlay(one.pixels, one.maps[number], scale, files[-1])
    facts: dict[str, object] = {
        "file": one.path.name,
        "model": f"{card.name} {card.version}",
        "model_sha256": card.weights_sha256,
        "highest": scale,
    }
    files.append(out / f"{stem}.gradcam.tif")
    write_maps(one.maps, [card.class_names[index] for index in chosen], facts, files[-1])
    return files


def _rows(one: Explained, name: str, card: ModelCard, chosen: tuple[int, ...]) -> list[Sequence[object]]:
    import numpy as np

    rows: list[Sequence[object]] = []
    for number, index in enumerate(chosen):
        values = one.maps[number]
        y, x = np.unravel_index(int(values.argmax()), values.shape)
        probability = f"{float(one.probabilities[index]):.6f}"
        rows.append([name, card.class_names[index], probability, f"{float(values.max()):.6g}", x, y, ""])
    return rows


def _slide(
    request: ExplainRequest, card: ModelCard, chosen: tuple[int, ...], progress: Progress
) -> ExplainedOut:
    """One run a class; the scores are the same each time."""
    import numpy as np

    from ml.report.raster import write_cam

    asked = AnalyzeRequest(
        request.path, request.model, request.region, request.spacing, device=request.device, least_tissue=0.0
    )
    files, rows = list[Path](), list[Sequence[object]]()
    for index in chosen:
        progress.check()
        analysis = analyze(replace(asked, cam_class=index), progress)
        progress.check()
        cam = analysis.cam
        assert cam is not None
        out, stem = made_folder(request.out), f"{request.path.name}.{_word(card.class_names[index])}"
        progress.step(Step("Drawing the map", 0, 0))
        _write_region(request.path, analysis, out / f"{stem}.png")
        write_cam(analysis, out / f"{stem}.gradcam.tif")
        files += [out / f"{stem}.png", out / f"{stem}.gradcam.tif"]
        row, column = np.unravel_index(int(np.nan_to_num(cam.values).argmax()), cam.values.shape)
        bounds = cam.grid.bounds
        x = bounds.x + (column + 0.5) * cam.grid.patch.width / cam.cells
        y = bounds.y + (row + 0.5) * cam.grid.patch.height / cam.cells
        mean = float(np.nanmean(analysis.scores.values[..., index]))
        highest = f"{float(np.nanmax(cam.values)):.6g}"
        place = (round(float(x)), round(float(y)))
        rows.append([request.path.name, card.class_names[index], f"{mean:.6f}", highest, *place, ""])
    files.append(_write_table(rows, request.out))
    return ExplainedOut(1, (), tuple(files))


def _write_region(path: Path, analysis: Analysis, png: Path) -> None:
    import numpy as np

    from ml.report.cam_picture import write_overlay
    from ml.report.view import View
    from ml.slide.opening import open_slide
    from ml.slide.region import read_region

    cam: Any = analysis.cam
    with open_slide(path) as slide:
        bounds = analysis.region.bounds if analysis.region else slide.info.bounds
        view = View.of(bounds, analysis.provenance.spacing.spacing, _LONGEST)
        pixels = read_region(slide, view.rect, view.size)
    values = np.nan_to_num(view.sample(cam.values, cam.grid)).astype(np.float32)
    write_overlay(pixels, values, cam.scale, png)


def _write_table(rows: list[Sequence[object]], out: Path) -> Path:
    path = out / "explained.csv"
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([_HEAD, *rows])
    return path


def _word(name: str) -> str:
    """A class as a part of a file's name."""
    return "".join(letter if letter.isalnum() else "-" for letter in name)
