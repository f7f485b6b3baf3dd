"""Repeat the analysis of a record and say what came out otherwise: slides and CT alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ml.errors import Problem
from ml.geometry import Spacing
from ml.progress import Cancelled, Progress
from ml.record import stored
from ml.report.findings import plain
from ml.slide.slide import KnownSpacing

if TYPE_CHECKING:
    from ml.record.compare import Comparison
    from ml.record.verify import Verification
    from ml.results.analysis import Analysis, Provenance
    from ml.results.ct_analysis import CtAnalysis, CtProvenance

T = TypeVar("T")


@dataclass(frozen=True)
class RerunRequest:
    """The folder of a report; where its slide or series lies, if it cannot be found; another device."""

    folder: Path
    subject: Path | None = None
    device: str = ""  # empty: the one of the record where this computer has it, else the best there is


def rerun(request: RerunRequest, progress: Progress) -> Comparison:
    """Verify, analyze anew from the record's own parameters, compare.

    Equal numbers, bit for bit, need the same device, versions and number of threads; the last is set here,
    whatever else is otherwise is named. Raises `Problem` where the record is broken, or the slide or the
    model of its hash is not here; `Cancelled` when a stop is wished.
    """
    from ml.record.verify import verify

    checked = verify(request.folder, progress, request.subject)
    _require(checked)
    run = _run_slide if checked.said["kind"] == "slide" else _run_ct
    return run(checked, request, progress)


def _require(checked: Verification) -> None:
    if checked.signature.signer == "broken":
        raise Problem(checked.headline, "Ask for the report anew.")
    if checked.said.get("analysis") is None:
        raise Problem("No model looked at this: there is nothing to repeat.", "Analyze it, and report anew.")
    for item in checked.items:
        if item.kind in {"slide", "series"} and checked.subject is None:
            raise Problem(
                f"{item.name} {item.words}.", "Point to it: the analysis needs exactly that file again."
            )
        if item.kind == "model" and checked.model is None:
            raise Problem(f"{item.name}: {item.words}.", "Install the model that was used, then try again.")
    if not checked.said["analysis"]["complete"]:
        raise Problem(
            "The analysis was stopped before its end: there is nothing whole to compare with.",
            "Analyze the region anew.",
        )


def _run_slide(checked: Verification, request: RerunRequest, progress: Progress) -> Comparison:
    from ml.record.statement import region_from_json
    from ml.verbs.analyze import AnalyzeRequest, analyze

    said = checked.said
    used = said["analysis"]["parameters"]
    subject = said["subject"]
    assert checked.subject is not None
    wanted = AnalyzeRequest(
        checked.subject,
        str(checked.model),
        region_from_json(said["analysis"]["region"]),
        KnownSpacing(Spacing(*map(float, subject["spacing_um"])), str(subject["spacing_source"])),
        batch=int(used["batch"]),
        cam=used["cam"],
        cam_class=int(used["cam_class"]),
        least_tissue=float(used["least_tissue"]),
    )
    analysis = _computed(
        lambda device: analyze(replace(wanted, device=device), progress), used, request.device
    )
    if not analysis.complete:
        raise Cancelled
    return _compared_slide(checked, analysis)


def _run_ct(checked: Verification, request: RerunRequest, progress: Progress) -> Comparison:
    from ml.record.subject import found_series
    from ml.verbs.analyze_ct import AnalyzeCtRequest, analyze_ct

    said = checked.said
    used, subject = said["analysis"]["parameters"], said["subject"]
    assert checked.subject is not None
    series = found_series(checked.subject, str(subject["sha256"]), int(subject["slices"]), progress)
    if series is None:
        raise Problem("The series changed while it was read.", "Check its folder, and try again.")
    first, last = int(used["first_slice"]) - 1, int(used["last_slice"]) - 1
    cams = bool(said["results"]["cams"])
    wanted = AnalyzeCtRequest(series, str(checked.model), first, last, batch=int(used["batch"]), cam=cams)
    analysis = _computed(
        lambda device: analyze_ct(replace(wanted, device=device), progress), used, request.device
    )
    if not analysis.complete:
        raise Cancelled
    return _compared_ct(checked, analysis)


def _computed(run: Callable[[str], T], used: Mapping[str, Any], device: str) -> T:
    """The run on the device of the record, where it is here, and with as many threads."""
    from ml.errors import ModelProblem
    from ml.model.device import choose_device, computing_with

    wish = device or str(used["device_kind"])
    if not device:
        try:
            choose_device(wish)
        except ModelProblem:
            wish = "auto"
    with computing_with(int(used["threads"])):
        return run(wish)


def _compared_slide(checked: Verification, analysis: Analysis) -> Comparison:
    from ml.record.compare import (
        CAM_TOLERANCE,
        TOLERANCE,
        Comparison,
        boxes_apart,
        compared,
        difference,
    )
    from ml.record.statement import array_hash
    from ml.results.boxes import BoxRule, find_boxes

    said, scores, cam = checked.said, analysis.scores, analysis.cam
    results, made = said["results"], analysis.provenance
    same = array_hash(scores.values) == results["scores_sha256"]
    old = None if same else stored.slide_scores(checked, scores)
    numbers = [compared("Probabilities", scores.values, same, lambda: old, TOLERANCE, scaled=False)]
    found: tuple[str, ...] = ()
    if old is not None:
        rule, spacing = BoxRule(**said["boxes"]["rule"]), made.spacing.spacing
        before = find_boxes(replace(scores, values=old), rule, spacing)
        found = boxes_apart(before, find_boxes(scores, rule, spacing))
    if cam is not None:
        same = array_hash(cam.values) == results["cam_sha256"]
        maps = partial(stored.maps, checked)
        numbers.append(compared("Grad-CAM", cam.values, same, maps, CAM_TOLERANCE, scaled=True))
    if (told := results.get("slide_probabilities")) is not None:
        answer = analysis.slide_answer
        now = np.array(() if answer is None else answer.probabilities, dtype=np.float32)
        numbers.append(difference("The slide as a whole", np.array(told, dtype=np.float32), now, TOLERANCE))
    return Comparison(tuple(numbers), found, _circumstances(said, made), made.device)


def _compared_ct(checked: Verification, analysis: CtAnalysis) -> Comparison:
    from ml.record.compare import CAM_TOLERANCE, TOLERANCE, Comparison, compared, runs_apart
    from ml.record.statement import array_hash
    from ml.results.ct_findings import find_ct

    said, scores, made = checked.said, analysis.scores, analysis.provenance
    same = array_hash(scores.values) == said["results"]["scores_sha256"]
    old = None if same else stored.ct_scores(checked, scores)
    numbers = [compared("Probabilities", scores.values, same, lambda: old, TOLERANCE, scaled=False)]
    found: tuple[str, ...] = ()
    if old is not None:
        before, now = (find_ct(one, analysis.thresholds, "") for one in (replace(scores, values=old), scores))
        found = runs_apart(before, now, scores.class_names)
    if analysis.cams:
        values = np.stack([cam.values for cam in analysis.cams])
        hashes = [[c.slice_number, c.class_index, array_hash(c.values)] for c in analysis.cams]
        same, maps = hashes == said["results"]["cams"], partial(stored.maps, checked)
        numbers.append(compared("Grad-CAM", values, same, maps, CAM_TOLERANCE, scaled=True))
    return Comparison(tuple(numbers), found, _circumstances(said, made), made.device)


def _circumstances(said: Mapping[str, Any], made: Provenance | CtProvenance) -> tuple[str, ...]:
    """What is otherwise than it was, in words."""
    used = said["analysis"]["parameters"]
    lines = []
    then, now = (str(device).partition(":")[0] for device in (said["device"], plain(made.device)))
    if then != now:
        lines.append(f"device: {then} then, {now} now")
    for name, word in (("threads", "threads of the processor"), ("batch", "patches at once")):
        if used[name] != made.parameters[name]:
            lines.append(f"{word}: {used[name]} then, {made.parameters[name]} now")
    before = said["versions"]
    for name in sorted({*before, *made.versions}):
        old, new = before.get(name, "not there"), made.versions.get(name, "not there")
        if old != new:
            lines.append(f"{name}: {old} then, {new} now")
    return tuple(lines)
