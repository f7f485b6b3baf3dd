"""Write what a person takes away: the report, and the same results for other programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ml.progress import Progress, Step
from ml.report.material import Material
from ml.verbs import sealed

if TYPE_CHECKING:
    from ml.report.figure import Picture

PHASE = "Writing the report"


@dataclass(frozen=True, eq=False)
class ExportRequest:
    """What to report, and the folder to write into; it is made when it is missing."""

    material: Material
    folder: Path
    keep_identity: bool = False  # True: file names, annotations' texts and who wrote it stay in


def export(request: ExportRequest, progress: Progress) -> tuple[Path, ...]:
    """Write all files of a report and say which, the PDF first, the signed record of all others last.

    `report.pdf`, `report.json`, `results.csv`, `boxes.csv`, `annotations.geojson`, `heatmap.tif`, and
    `gradcam.tif` where there is a Grad-CAM map; then `privacy.txt` and `record.json`. Each is there whole or
    not at all; files of an earlier report in the folder are replaced. Everything is drawn before the first
    file is written. Raises `Problem` when the slide cannot be read any more or the disk does not let us,
    `Cancelled` when a stop is wished.
    """
    from ml.record.seal import unseal
    from ml.record.statement import slide_statement
    from ml.report.atomic import cannot_write
    from ml.report.figure import draw_pictures

    progress.step(Step("Drawing the report", 0, 0))
    material, privacy = sealed.of_slide(request.material, keep_identity=request.keep_identity)
    pictures = draw_pictures(material, progress)
    writers = _writers(material, pictures)
    said = slide_statement(material, pictures, sealed.who(keep_identity=request.keep_identity))
    try:
        request.folder.mkdir(parents=True, exist_ok=True)
        unseal(request.folder)
        if material.analysis.cam is None:  # one of an earlier report would tell of another analysis
            (request.folder / "gradcam.tif").unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(request.folder.name, error) from error
    written: list[Path] = []
    for done, (name, write) in enumerate(writers.items()):
        progress.check()
        progress.step(Step(PHASE, done, len(writers)))
        write(request.folder / name)
        written.append(request.folder / name)
    subject = material.analysis.provenance.slide_sha256, material.slide.info.path
    written += sealed.finish(request.folder, written, said, privacy, subject)
    progress.step(Step(PHASE, len(writers), len(writers)))
    return tuple(written)


def _writers(material: Material, pictures: Sequence[Picture]) -> dict[str, Callable[[Path], None]]:
    """What is to be written under which name, everything gathered and drawn."""
    from ml.report.facts import write_facts
    from ml.report.figure import crops_in_words
    from ml.report.findings import gather
    from ml.report.outlines import write_outlines
    from ml.report.pdf import write_pdf
    from ml.report.raster import write_cam, write_heatmap
    from ml.report.table import write_boxes, write_results

    analysis = material.analysis
    content = replace(gather(material), signed_by=sealed.signed_by())
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
