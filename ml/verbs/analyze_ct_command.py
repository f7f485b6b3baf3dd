"""`parfocal-ml analyze-ct`: a folder of DICOM through a model of CT, and the files that come out of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ml.errors import Problem
from ml.progress import Progress
from ml.report.atomic import require_free
from ml.verbs.analyze_ct import AnalyzeCtRequest, analyze_ct
from ml.verbs.console import DONE, REFUSED, STOPPED, Teller, stopping
from ml.volume.opening import open_ct
from ml.volume.series import Series
from ml.zoo.store import find


@dataclass(frozen=True)
class AnalyzeCtWords:
    """The command's arguments as they were typed."""

    path: Path
    model: str
    out: Path
    series: str = ""  # SeriesInstanceUID, or with #0, #1, … after it, where there are several
    slices: str = ""  # "10-40", from 1; empty: all
    device: str = "auto"
    cam: bool = True
    comment: str = ""
    overwrite: bool = False
    keep_identity: bool = False  # the patient, names of files and identifiers stay in what is written
    dicom: bool = False  # also as DICOM objects, into a folder `dicom`


def run_ct_command(words: AnalyzeCtWords, teller: Teller) -> int:
    """Analyze, write the results, tell how it went; the exit code. A stopped run writes what is there."""
    progress = Progress(teller.step, teller.part)
    try:
        require_free(words.out, overwrite=words.overwrite)
        with stopping(progress):
            series = chosen_series(words.path, words.series, progress)
            first, last = _slices(words.slices, len(series))
            request = AnalyzeCtRequest(series, words.model, first, last, words.device, cam=words.cam)
            analysis = analyze_ct(request, progress)
            facts: dict[str, object] = {
                "slices": int(analysis.scores.scored.sum()),
                "of": len(series),
                "seconds": round(analysis.provenance.seconds, 2),
                "device": analysis.provenance.device,
                "notes": [*series.remarks, *analysis.notes],
            }
            if analysis.scores.scored.any():
                from ml.report.ct_content import gather_ct
                from ml.report.ct_material import CtMaterial
                from ml.verbs.export_ct import export_ct

                material = CtMaterial(series, analysis, find(words.model).card, comment=words.comment)
                facts["headline"] = gather_ct(material).headline
                written = export_ct(
                    material, words.out, Progress(), keep_identity=words.keep_identity, dicom=words.dicom
                )
                facts["files"] = [path.name for path in written if path.parent == words.out]
                if words.dicom:
                    facts["dicom"] = [path.name for path in written if path.parent != words.out]
    except Problem as problem:
        teller.failed(problem)
        return REFUSED
    teller.end("done" if analysis.complete else "stopped", facts)
    return DONE if analysis.complete else STOPPED


def chosen_series(path: Path, key: str, progress: Progress) -> Series:
    """The one series that is meant: by its UID or key, or the only one.

    Raises `Problem` where there is none, or more than one.
    """
    found = open_ct(path, progress)
    wanted = [s for s in found.series if not key or key in {s.uid, s.key}]
    if len(wanted) == 1:
        return wanted[0]
    if not found.series:
        reasons = " ".join(left.reason for left in (*found.broken, *found.others)[:3])
        raise Problem(f"{path.name} holds no CT slices. {reasons}".strip(), "Give a folder of CT as DICOM.")
    listed = "; ".join(f"{series.key} ({len(series)} slices)" for series in found.series[:10])
    if not wanted:
        raise Problem(f"There is no series {key}.", f"There are: {listed}.")
    raise Problem(
        f"{path.name} holds {len(wanted)} stacks of slices.", f"Choose one with --series UID: {listed}."
    )


def _slices(text: str, count: int) -> tuple[int, int | None]:
    """First and last slice, from 0, of words like "10-40" or "12". Raises `Problem`."""
    if not text:
        return 0, None
    try:
        numbers = [int(part) for part in text.split("-")]
        first, last = numbers if len(numbers) == 2 else (*numbers, *numbers)
    except ValueError:
        raise Problem(
            f"“{text}” is no range of slices.", f"Write 10-40, or one number, from 1 to {count}."
        ) from None
    return first - 1, last - 1
