"""Write what a person takes away: the report, and the same results for other programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ml.progress import Progress, Step
from ml.report.material import Material

PHASE = "Writing the report"


@dataclass(frozen=True, eq=False)
class ExportRequest:
    """What to report, and the folder to write into; it is made when it is missing."""

    material: Material
    folder: Path


def export(request: ExportRequest, progress: Progress) -> tuple[Path, ...]:
    """Write all files of a report and say which, the PDF first.

    `report.pdf`, `report.json`, `results.csv`, `boxes.csv`, `annotations.geojson`, `heatmap.tif`, and
    `gradcam.tif` where there is a Grad-CAM map. Each is there whole or not at all; files of an earlier report
    in the folder are replaced. Everything is drawn before the first file is written. Raises `Problem` when
    the slide cannot be read any more or the disk does not let us, `Cancelled` when a stop is wished.
    """
    from ml.report.atomic import cannot_write

    progress.step(Step("Drawing the report", 0, 0))
    writers = _writers(request.material, progress)
    try:
        request.folder.mkdir(parents=True, exist_ok=True)
        if request.material.analysis.cam is None:  # one of an earlier report would tell of another analysis
            (request.folder / "gradcam.tif").unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(request.folder.name, error) from error
    written = []
    for done, (name, write) in enumerate(writers.items()):
        progress.check()
        progress.step(Step(PHASE, done, len(writers)))
        write(request.folder / name)
        written.append(request.folder / name)
    progress.step(Step(PHASE, len(writers), len(writers)))
    return tuple(written)


def _writers(material: Material, progress: Progress) -> dict[str, Callable[[Path], None]]:
    """What is to be written under which name, everything gathered and drawn."""
    from ml.report.facts import write_facts
    from ml.report.figure import crops_in_words, draw_pictures
    from ml.report.findings import gather
    from ml.report.outlines import write_outlines
    from ml.report.pdf import write_pdf
    from ml.report.raster import write_cam, write_heatmap
    from ml.report.table import write_boxes, write_results

    analysis = material.analysis
    content = gather(material)
    pictures = draw_pictures(material, progress)
    note = crops_in_words(material)
    writers: dict[str, Callable[[Path], None]] = {
        "report.pdf": lambda path: write_pdf(content, pictures, path, pictures_note=note),
        "report.json": lambda path: write_facts(content, path),
        "results.csv": lambda path: write_results(analysis.scores, path),
        "boxes.csv": lambda path: write_boxes(content.boxes, path),
        "annotations.geojson": lambda path: write_outlines(material, path),
        "heatmap.tif": lambda path: write_heatmap(analysis, path),
    }
    if analysis.cam is not None:
        writers["gradcam.tif"] = lambda path: write_cam(analysis, path)
    return writers
