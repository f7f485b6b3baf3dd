"""Write a report that a person has made: every output of one draft, into one folder, in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from ml.draft.compose import Drawn, compose, plates_of
from ml.draft.draft import Draft
from ml.draft.draft_json import to_json
from ml.draft.evidence import CtSource, Evidence, SlideSource
from ml.draft.paper import Paper
from ml.errors import Problem
from ml.progress import Progress, Step
from ml.report.atomic import cannot_write, whole_file
from ml.verbs.export import PHASE

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from ml.export.source import Source

Format = Literal["pdf", "html", "docx", "xlsx", "csv", "geojson", "numbers", "dicom"]
FORMATS: tuple[Format, ...] = get_args(Format)
TITLES: dict[Format, str] = {
    "pdf": "PDF",
    "html": "Web page",
    "docx": "Word document",
    "xlsx": "Spreadsheet",
    "csv": "Tables as CSV",
    "geojson": "Annotations (GeoJSON)",
    "numbers": "Results for programs",
    "dicom": "DICOM",
}
Kept = Callable[[str], bytes]
"""Gives a picture of the store by its SHA-256; raises `Problem` where it is gone."""


@dataclass(frozen=True)
class WrittenFile:
    """One file of an export. `kind` is the format that it belongs to."""

    path: Path
    kind: Format


@dataclass(frozen=True, eq=False)
class WriteRequest:
    """What to write, in which formats, into which folder; it is made when it is missing."""

    draft: Draft
    evidence: Evidence
    folder: Path
    kept: Kept
    formats: tuple[Format, ...] = ("pdf",)
    made: datetime | None = None  # now, if it is not said
    clean: Callable[[Dataset], Dataset] | None = None  # takes from headers what DICOM shall not carry on


@dataclass(frozen=True)
class _Output:
    """One file to be written, everything in it made already; `write` may give more than one."""

    name: str
    kind: Format
    write: Callable[[Path], tuple[Path, ...] | None] = field(compare=False)


def write_report(request: WriteRequest, progress: Progress) -> tuple[WrittenFile, ...]:
    """Write all outputs and say which, in the order of `FORMATS`.

    This is the one place where the files of a report come into its folder. Each is there whole or not at all;
    files of an earlier report with the same names are replaced. Everything is drawn and set before the first
    is written. Raises `Problem` when something cannot be read or written, `Cancelled` when a stop is wished.
    """
    progress.step(Step("Drawing the report", 0, 0))
    drawn = draw(request.evidence, progress)
    paper = compose(request.draft, request.evidence, drawn, request.kept, request.made)
    if paper.problems:
        raise paper.problems[0]
    outputs = list(_outputs(request, paper, progress))
    try:
        request.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(request.folder.name, error) from error
    written = []
    for done, output in enumerate(outputs):
        progress.check()
        progress.step(Step(PHASE, done, len(outputs)))
        target = request.folder / output.name
        more = output.write(target)
        written += [WrittenFile(path, output.kind) for path in (more if more is not None else (target,))]
    progress.step(Step(PHASE, len(outputs), len(outputs)))
    return tuple(written)


def draw(evidence: Evidence, progress: Progress) -> Drawn:
    """Every automatic figure, ready to be placed. Raises `Problem`, `Cancelled`."""
    return {name: plates_of(pictures) for name, pictures in evidence.draw(progress).items()}


def possible_formats(evidence: Evidence) -> tuple[Format, ...]:
    """Those that there is something for."""
    source = evidence.source
    lacking: set[Format] = set()
    if not evidence.analyzed:
        lacking.add("numbers")
    if isinstance(source, CtSource):
        lacking.add("geojson")
    elif not _is_dicom(source):
        lacking.add("dicom")
    return tuple(one for one in FORMATS if one not in lacking)


def _is_dicom(source: SlideSource) -> bool:
    return source.slide.info.vendor.startswith("DICOM whole slide")


def _outputs(request: WriteRequest, paper: Paper, progress: Progress) -> Iterator[_Output]:
    """What is to be written for each format that is wished."""
    wished = [one for one in FORMATS if one in request.formats]
    possible = possible_formats(request.evidence)
    pdf = b""
    if {"pdf", "dicom"} & set(wished):
        from ml.draft.as_pdf import pdf_of

        pdf = pdf_of(paper)
    for one in wished:
        progress.check()
        if one not in possible:
            raise Problem(f"There is nothing to write as {TITLES[one]}.", "Leave this format out.")
        if one == "pdf":
            yield _bytes("report.pdf", one, pdf)
        elif one == "dicom":
            yield from _dicom(request, paper, pdf, progress)
        elif one in {"geojson", "numbers"}:
            yield from _results(request, one)
        else:
            yield from _documents(paper, one)


def _documents(paper: Paper, one: Format) -> Iterator[_Output]:
    if one == "html":
        from ml.draft.as_html import html_of

        yield _bytes("report.html", one, html_of(paper).encode("utf-8"))
    elif one == "docx":
        from ml.draft.as_docx import docx_of

        yield _bytes("report.docx", one, docx_of(paper))
    elif one == "xlsx":
        from ml.draft.as_sheets import xlsx_of

        yield _bytes("tables.xlsx", one, xlsx_of(paper))
    else:
        from ml.draft.as_sheets import csv_of

        for grid in paper.grids:
            yield _bytes(f"{grid.key}.csv", one, csv_of(grid).encode("utf-8"))


def _results(request: WriteRequest, one: Format) -> Iterator[_Output]:
    """Annotations, and what an analysis leaves for programs."""
    source = request.evidence.source
    if one == "geojson":
        assert isinstance(source, SlideSource)
        yield _Output("annotations.geojson", one, _geojson(source))
        return
    yield _bytes("draft.json", one, (to_json(request.draft) + "\n").encode("utf-8"))
    for name, write in _numbers(source).items():
        yield _Output(name, one, write)


def _geojson(source: SlideSource) -> Callable[[Path], None]:
    from ml.annotation.geojson import write_geojson
    from ml.report.outlines import write_outlines

    def write(path: Path) -> None:
        if source.material is not None:
            write_outlines(source.material, path)
            return
        with whole_file(path) as part:
            write_geojson(source.annotations, part)

    return write


def _numbers(source: SlideSource | CtSource) -> Mapping[str, Callable[[Path], None]]:
    from ml.report.facts import write_facts

    if isinstance(source, CtSource):
        from ml.report.ct_content import gather_ct
        from ml.report.ct_table import write_slices

        assert source.material is not None
        material, told = source.material, gather_ct(source.material)
        return {
            "report.json": lambda path: write_facts(told, path),
            "slices.csv": lambda path: write_slices(material, path),
        }
    from ml.report.findings import gather
    from ml.report.raster import write_cam, write_heatmap
    from ml.report.table import write_results

    assert source.material is not None
    analysis, content = source.material.analysis, gather(source.material)
    writers: dict[str, Callable[[Path], None]] = {
        "report.json": lambda path: write_facts(content, path),
        "results.csv": lambda path: write_results(analysis.scores, path),
        "heatmap.tif": lambda path: write_heatmap(analysis, path),
    }
    if analysis.cam is not None:
        writers["gradcam.tif"] = lambda path: write_cam(analysis, path)
    return writers


def _dicom(request: WriteRequest, paper: Paper, pdf: bytes, progress: Progress) -> Iterator[_Output]:
    """The PDF in DICOM, and the results beside it as SR, SEG, Parametric Map and Secondary Capture."""
    from ml.export.encapsulated_pdf import write_encapsulated_pdf

    source = request.evidence.source
    if isinstance(source, CtSource):
        from ml.export.ct_results import CtResults, write_results
        from ml.export.source import source_of

        if source.material is not None:
            from ml.export.analyzed import results_of

            results = results_of(source.material, request.clean)
        else:
            results = CtResults(_cleaned(source_of(source.series), request.clean))
        results = replace(results, measured=source.measured)
        headers = results.source.headers
        if results.pictures or results.segments or results.maps or results.measured or results.judged:
            yield _Output("dicom", "dicom", lambda folder: write_results(results, folder, progress))
    else:
        from ml.exchange.dicom_slide import open_slide_headers

        path = source.slide.info.path
        headers = open_slide_headers(path, "The report takes patient and study from").levels
        if request.clean is not None:  # annotations as DICOM would name the patient: they are left out
            headers = tuple(map(request.clean, headers))
        elif source.annotations:
            yield _Output("dicom", "dicom", lambda folder: _slide_annotations(source, path, folder))

    def pdf_in_dicom(folder: Path) -> tuple[Path, ...]:
        _make(folder)
        target = folder / "document.dcm"
        write_encapsulated_pdf(pdf, headers, target, paper.title, paper.made)
        return (target,)

    yield _Output("dicom", "dicom", pdf_in_dicom)


def _cleaned(source: Source, clean: Callable[[Dataset], Dataset] | None) -> Source:
    from ml.export.source import Source

    return source if clean is None else Source(tuple(map(clean, source.headers)), source.places)


def _slide_annotations(source: SlideSource, slide: Path, folder: Path) -> tuple[Path, ...]:
    """What was drawn on a DICOM slide, as bulk annotations and as a structured report."""
    from ml.exchange.contract import About, Document
    from ml.exchange.dicom_report import MOST
    from ml.exchange.formats import write

    _make(folder)
    document = Document(source.annotations, about=About(dicom=slide))
    write(folder / "annotations.dcm", document, "dicom-ann")
    if len(source.annotations) > MOST:
        return (folder / "annotations.dcm",)
    write(folder / "report.dcm", document, "dicom-sr")
    return folder / "annotations.dcm", folder / "report.dcm"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder.name, error) from error


def _bytes(name: str, kind: Format, data: bytes) -> _Output:
    def write(path: Path) -> None:
        with whole_file(path) as part:
            part.write_bytes(data)

    return _Output(name, kind, write)
