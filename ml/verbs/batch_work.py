"""What is done with one item of a cohort: the same as with a single slide or series."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ml.batch.cohort import Looked, failure
from ml.batch.item import Outcome, Task
from ml.batch.summary import THUMBNAIL
from ml.errors import Problem
from ml.files import files_of, sha256_of
from ml.progress import Cancelled, Progress
from ml.report.atomic import whole_file, whole_folder
from ml.results.analysis import Analysis
from ml.results.ct_analysis import CtAnalysis
from ml.results.kept import save
from ml.verbs import analyze_command, analyze_ct_command
from ml.verbs.analyze import AnalyzeRequest, analyze
from ml.verbs.analyze_ct import AnalyzeCtRequest, analyze_ct
from ml.zoo.store import find

if TYPE_CHECKING:
    from PIL import Image

    from ml.report.content import ReportContent
    from ml.report.ct_content import CtContent
    from ml.report.ct_material import CtMaterial

T = TypeVar("T")

_log = logging.getLogger(__name__)
_SMALL = 320  # px: the longer side of a small picture
_NOTHING = "No tissue was found."


def words_of(task: Task) -> analyze_command.AnalyzeWords:
    """The task as `parfocal-ml analyze` would be told it."""
    item, wanted = task.item, task.wanted
    return analyze_command.AnalyzeWords(
        slide=item.path,
        model=wanted.model,
        out=task.folder,
        region=item.region,
        outline=item.outline,
        spacing=item.spacing,
        device=wanted.device,
        batch=wanted.batch,
        cam=wanted.cam,
        threshold=wanted.threshold,
        comment=wanted.comment,
    )


class LocalWork:
    """The `Work` of `ml.batch.cohort` on this computer."""

    def look(self, task: Task, progress: Progress) -> Looked | Outcome:
        """Analyze; whatever goes wrong with one item is its outcome."""
        return bounded(lambda: _look_at(task, progress))

    def sha256(self, task: Task, progress: Progress) -> str:
        """What the analysis would say that it has seen; empty where the files cannot be read."""
        try:
            return sha256_of(_files(task), lambda: progress.stop_wished)
        except (OSError, Problem):
            return ""


def do(task: Task, progress: Progress) -> Outcome:
    """Look and write, one after the other."""
    looked = LocalWork().look(task, progress)
    return looked if isinstance(looked, Outcome) else looked()


def _files(task: Task) -> Sequence[Path]:
    """The files that a run hashes, in its order. Raises `Problem`."""
    if task.item.kind == "ct":
        return analyze_ct_command.chosen_series(task.item.path, task.item.series, Progress()).files
    from ml.slide.opening import open_slide

    with open_slide(task.item.path) as slide:
        return sorted(slide.files) or files_of(task.item.path)


def bounded(work: Callable[[], T]) -> T | Outcome:
    """What the work gives; whatever goes wrong in it, as an outcome."""
    began = time.perf_counter()
    try:
        return work()
    except Problem as problem:
        return failure(problem, time.perf_counter() - began)
    except Cancelled:
        return Outcome("stopped")
    except Exception as bug:  # one item; the other thousand go on
        _log.exception("An item of a cohort failed")
        reason = f"Something unexpected happened ({type(bug).__name__}). The log has the details."
        return Outcome("failed", time.perf_counter() - began, reason=reason, details=traceback.format_exc())


def _look_at(task: Task, progress: Progress) -> Looked | Outcome:
    began = time.perf_counter()
    if task.item.kind == "ct":
        series = analyze_ct_command.chosen_series(task.item.path, task.item.series, progress)
        wanted = task.wanted
        request = AnalyzeCtRequest(
            series, wanted.model, device=wanted.device, batch=wanted.batch, cam=wanted.cam != "none"
        )
        seen = analyze_ct(request, progress)
        write = partial(_write_ct, task, request, seen, began)
        complete = seen.complete
    else:
        asked = analyze_command.request_from(words_of(task))
        analysis = analyze(asked, progress)
        write = partial(write_slide, task, asked, analysis, began)
        complete = analysis.complete
    if not complete:
        return Outcome("stopped")
    return partial(_written, write)


def _written(write: Callable[[], Outcome]) -> Outcome:
    return bounded(write)


def write_slide(task: Task, request: AnalyzeRequest, analysis: Analysis, began: float) -> Outcome:
    """Write all that a single analysis would, and the small picture. Raises `Problem`."""
    from ml.report.findings import gather
    from ml.slide.opening import open_slide
    from ml.verbs.export import ExportRequest, export

    sha256 = analysis.provenance.slide_sha256
    if not analysis.scores.scored.any():
        with whole_folder(task.folder, replace=True):  # an empty one: this was looked at
            pass
        seconds = time.perf_counter() - began
        return Outcome("done", seconds, sha256, {"found": _NOTHING, "patches": 0})
    with open_slide(request.slide) as slide, whole_folder(task.folder, replace=True) as folder:
        material = analyze_command.material_of(slide, analysis, request.model, words_of(task))
        export(ExportRequest(material, folder), Progress())
        save(analysis, folder)
        from ml.report.figure import overlaid

        _save_small(overlaid(material), folder / THUMBNAIL)
        figures = _slide_figures(gather(material))
    return Outcome("done", time.perf_counter() - began, sha256, figures)


def _write_ct(task: Task, request: AnalyzeCtRequest, seen: CtAnalysis, began: float) -> Outcome:
    from ml.report.ct_content import gather_ct
    from ml.report.ct_material import CtMaterial
    from ml.verbs.export_ct import export_ct

    material = CtMaterial(request.series, seen, find(request.model).card, comment=task.wanted.comment)
    with whole_folder(task.folder, replace=True) as folder:
        export_ct(material, folder, Progress())
        save(seen, folder)
        picture = _key_picture(material)
        if picture is not None:
            _save_small(picture, folder / THUMBNAIL)
        figures = _ct_figures(gather_ct(material))
    return Outcome("done", time.perf_counter() - began, seen.provenance.series_sha256, figures)


def _key_picture(material: CtMaterial) -> Image.Image | None:
    """The slice that most speaks for a finding, else the middle one; None where it cannot be read."""
    from ml.report.ct_pictures import shown_slice
    from ml.volume.slice import hounsfield_of

    found = max(material.findings, key=lambda finding: finding.peak, default=None)
    number = len(material.series) // 2 if found is None else found.peak_slice
    slice_ = material.series.slices[number]
    try:
        return shown_slice(hounsfield_of(slice_), material.window, slice_.spacing or (1.0, 1.0))
    except Problem:
        return None


def _slide_figures(content: ReportContent) -> dict[str, object]:
    """A line of the table. Shares are of the scored patches."""
    figures: dict[str, object] = {
        "found": content.headline,
        "patches": content.patches.scored,
        "scored_mm2": content.patches.scored_area_mm2,
        "boxes": len(content.boxes),
        "shown_class": content.shown.class_name,
        "threshold": content.shown.threshold,
    }
    for class_ in content.classes:
        figures |= {
            f"mean_{class_.name}": class_.mean,
            f"highest_{class_.name}": class_.highest,
            f"share_{class_.name}": class_.share,
            f"mm2_{class_.name}": class_.area_mm2,
        }
    if content.slide_answer is not None:
        answer = content.slide_answer
        figures["slide"] = answer.likeliest
        figures |= {f"slide_{n}": p for n, p in zip(answer.class_names, answer.probabilities, strict=True)}
    if content.likeness is not None:
        figures["unlike_training_data"] = content.likeness.share
    return figures | _made(content.run.device, content.run.model_sha256, content.slide.sha256, content.notes)


def _ct_figures(content: CtContent) -> dict[str, object]:
    figures: dict[str, object] = {
        "found": content.headline,
        "slices": content.looked_at,
        "findings": len(content.findings),
    }
    for class_ in content.classes:
        figures |= {
            f"highest_{class_.name}": class_.highest,
            f"top_mean_{class_.name}": class_.top_mean,
            f"peak_slice_{class_.name}": class_.slice_number,
            f"slices_{class_.name}": class_.slices,
        }
    sha256 = str(content.model["weights_sha256"])
    return figures | _made(str(content.run["device"]), sha256, content.series_sha256, content.notes)


def _made(device: str, model_sha256: str, sha256: str, notes: Sequence[str]) -> dict[str, object]:
    return {"device": device, "model_sha256": model_sha256, "sha256": sha256, "notes": " ".join(notes)}


def _save_small(image: Image.Image, path: Path) -> None:
    small = image.convert("RGB")
    small.thumbnail((_SMALL, _SMALL))
    with whole_file(path) as part:
        small.save(part, format="JPEG", quality=85)
