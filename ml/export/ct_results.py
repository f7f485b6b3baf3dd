"""All of an analyzed series' results into one folder of DICOM objects, ready to be sent."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ml.export.measured import Judged, Measured, MeasuredAcross
from ml.export.parametric_map import FindingMap, write_map
from ml.export.secondary_capture import Picture, write_pictures
from ml.export.segmentation import Segment, write_segmentation
from ml.export.source import Source
from ml.export.structured_report import write_report
from ml.progress import Progress, Step
from ml.report.atomic import cannot_write

PHASE = "Writing DICOM"

Kind = Literal["pictures", "segments", "maps", "report"]
"""What can be left out: Secondary Captures, the Segmentation, Parametric Maps, the structured report."""


@dataclass(frozen=True, eq=False)
class CtResults:
    """What there is to hand on; whatever is empty is not written."""

    source: Source
    pictures: tuple[Picture, ...] = ()
    segments: tuple[Segment, ...] = ()
    maps: tuple[FindingMap, ...] = ()
    measured: tuple[Measured | MeasuredAcross, ...] = ()
    judged: tuple[Judged, ...] = ()
    reader: str = ""  # "Family^Given" of who measured and judged


def only(results: CtResults, kinds: Container[str]) -> CtResults:
    """The same without the kinds that are not named."""
    return replace(
        results,
        pictures=results.pictures if "pictures" in kinds else (),
        segments=results.segments if "segments" in kinds else (),
        maps=results.maps if "maps" in kinds else (),
        measured=results.measured if "report" in kinds else (),
        judged=results.judged if "report" in kinds else (),
    )


def write_results(results: CtResults, folder: Path, progress: Progress | None = None) -> tuple[Path, ...]:
    """Write all objects and say which. Raises `Problem`, `Cancelled`.

    `picture-0001.dcm` …, `segmentation.dcm`, `map-01-subdural.dcm` …, `report.dcm`. Each is there whole or
    not at all; files of these names that are there already are replaced.
    """
    progress = progress or Progress()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder.name, error) from error
    steps = _writers(results, folder)
    written: list[Path] = []
    for done, write in enumerate(steps):
        progress.check()
        progress.step(Step(PHASE, done, len(steps)))
        written += write()
    progress.step(Step(PHASE, len(steps), len(steps)))
    return tuple(written)


def _writers(results: CtResults, folder: Path) -> list[Callable[[], tuple[Path, ...]]]:
    source = results.source

    def segmentation() -> tuple[Path, ...]:
        write_segmentation(source, results.segments, folder / "segmentation.dcm")
        return (folder / "segmentation.dcm",)

    def report() -> tuple[Path, ...]:
        write_report(source, results.measured, results.judged, folder / "report.dcm", results.reader)
        return (folder / "report.dcm",)

    def one_map(number: int, cam: FindingMap) -> tuple[Path, ...]:
        word = "".join(c if c.isalnum() and c.isascii() else "-" for c in cam.name.lower()).strip("-")
        path = folder / f"map-{number:02d}-{word or 'finding'}.dcm"
        write_map(source, cam, path)
        return (path,)

    steps: list[Callable[[], tuple[Path, ...]]] = []
    if results.pictures:
        steps.append(lambda: write_pictures(source, results.pictures, folder))
    if results.segments:
        steps.append(segmentation)
    for number, cam in enumerate(results.maps, 1):
        steps.append(lambda number=number, cam=cam: one_map(number, cam))  # type: ignore[misc]
    if results.measured or results.judged:
        steps.append(report)
    return steps
