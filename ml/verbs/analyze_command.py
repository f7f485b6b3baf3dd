"""`parfocal-ml analyze`: the request out of words, the run, and the files that come out of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Rect, Spacing
from ml.progress import Progress
from ml.report.atomic import require_free
from ml.results.analysis import Analysis
from ml.slide.slide import KnownSpacing
from ml.verbs.analyze import AnalyzeRequest, analyze
from ml.verbs.console import DONE, REFUSED, STOPPED, Teller, outcome, stopping
from ml.zoo.store import find

if TYPE_CHECKING:
    from ml.report.material import Material
    from ml.slide.slide import Slide


@dataclass(frozen=True)
class AnalyzeWords:
    """The command's arguments as they were typed."""

    slide: Path
    model: str
    out: Path
    region: str = ""
    outline: Path | None = None
    spacing: float | None = None
    device: str = "auto"
    batch: int | None = None
    cam: Literal["none", "found", "all"] = "all"
    threshold: float | None = None
    comment: str = ""
    overwrite: bool = False
    keep_identity: bool = False  # names of files and of who wrote it stay in the report


def run_command(words: AnalyzeWords, teller: Teller) -> int:
    """Analyze, write the results, tell how it went; the exit code. A stopped run writes what is there."""
    progress = Progress(teller.step, teller.part)
    try:
        request = request_from(words)
        require_free(words.out, overwrite=words.overwrite)
        with stopping(progress):
            analysis = analyze(request, progress)
            facts = outcome(analysis)
            if analysis.scores.scored.any():
                written = _export(words, request, analysis)
                facts["files"] = [path.name for path in written]
    except Problem as problem:
        teller.failed(problem)
        return REFUSED
    teller.end("done" if analysis.complete else "stopped", facts)
    return DONE if analysis.complete else STOPPED


def request_from(words: AnalyzeWords) -> AnalyzeRequest:
    """The request that the words mean. Raises `Problem` for words that mean none."""
    if words.region and words.outline:
        raise Problem(
            "Both --region and --outline are given.", "Give one of them, or none for the whole slide."
        )
    if words.threshold is not None and not 0 <= words.threshold <= 1:
        raise Problem(f"The threshold {words.threshold:g} is not between 0 and 1.", "Try 0.5.")
    region = _outline(words.outline) if words.outline else rectangle(words.region) if words.region else None
    return AnalyzeRequest(
        slide=words.slide,
        model=words.model,
        region=region,
        spacing=None if words.spacing is None else typed_spacing(words.spacing),
        device=words.device,
        batch=words.batch,
        cam=words.cam,
    )


def rectangle(text: str) -> Shape:
    """The region that the words mean. Raises `Problem`."""
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError:
        x = y = width = height = math.nan
    if not (all(map(math.isfinite, (x, y))) and 0 < width < math.inf and 0 < height < math.inf):
        raise Problem(
            f"The region “{text}” is not x,y,width,height.",
            "Give four numbers in pixels of the full resolution, for example --region 1000,2000,4096,4096.",
        )
    return Shape.rectangle(Rect(x, y, width, height))


def typed_spacing(value: float) -> KnownSpacing:
    """A spacing that was given as a number. Raises `Problem`."""
    if not 0.01 <= value <= 100:
        raise Problem(
            f"A pixel of {value:g} µm is not plausible.", "Give µm per pixel, for example 0.25 for ×40."
        )
    return KnownSpacing(Spacing.square(value), "given on the command line")


def _outline(path: Path) -> Shape:
    """The one outline in a GeoJSON file. Raises `Problem` where there is none, or more than one."""
    from ml.annotation.geojson import read_geojson

    found = read_geojson(path)
    if len(found) != 1:
        raise Problem(
            f"{path.name} holds {len(found) or 'no'} outlines, and one is needed.",
            "Save the one that is to be analyzed into a file of its own.",
        )
    if not found[0].shape.is_area:
        raise Problem(f"{path.name} holds no outline, but a line or points.", "Draw round what is meant.")
    return found[0].shape


def material_of(slide: Slide, analysis: Analysis, model: str, words: AnalyzeWords) -> Material:
    """What the window would report when nobody has touched anything."""
    from ml.report.material import LayerSettings, Material
    from ml.results.boxes import find_boxes, rule_of

    card = find(model).card
    rule = rule_of(card)
    if words.threshold is not None:
        rule = replace(rule, threshold=words.threshold)
    boxes = find_boxes(analysis.scores, rule, analysis.provenance.spacing.spacing)
    layers = LayerSettings(rule.class_index, rule.threshold)
    return Material(slide, analysis, card, layers, boxes, comment=words.comment, rule=rule)


def _export(words: AnalyzeWords, request: AnalyzeRequest, analysis: Analysis) -> tuple[Path, ...]:
    """Write all files of the result."""
    from ml.slide.opening import open_slide
    from ml.verbs.export import ExportRequest, export

    with open_slide(request.slide) as slide:
        material = material_of(slide, analysis, request.model, words)
        return tuple(export(ExportRequest(material, words.out, words.keep_identity), Progress()))
