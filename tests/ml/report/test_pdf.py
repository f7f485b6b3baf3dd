"""The PDF, read back by another library."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from ml.annotation.shapes import Annotation, Shape
from ml.draft.slide_evidence import evidence_of_material
from ml.errors import Problem
from ml.geometry import Rect
from ml.preparation import Preparation
from ml.report.content import ReportContent
from ml.report.figure import Picture, crops_in_words, draw_pictures
from ml.report.findings import gather
from ml.report.material import Material
from ml.report.pdf import MOST_ROWS, build_pdf, write_pdf
from ml.report.words import SPACE
from ml.results.boxes import BoxRule
from ml.results.likeness import Likeness

WHEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def report(material: Material, **changes: object) -> bytes:
    content: ReportContent = dataclasses.replace(gather(material, WHEN), **changes)
    return build_pdf(content, draw_pictures(material), pictures_note=crops_in_words(material))


def pages_of(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(io.BytesIO(data))
    pages = [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in document]
    document.close()
    return pages


def text_of(data: bytes) -> str:
    return " ".join("\n".join(pages_of(data)).split())


def test_what_a_reader_sees(material: Material) -> None:
    data = report(material)
    pages = pages_of(data)
    for number, page in enumerate(pages, start=1):
        assert "Research use only. Not for diagnosis." in page
        assert f"Page {number} of {len(pages)}" in page
        assert "Straße" in page
    text = text_of(data)
    for words in (
        "Dense <b>here</b> & there.",
        "Tiny <model> 1.2",
        "0.5 µm/px, from: the file",
        "cd" * 32,
        "ab" * 32,
        "CPU (no CUDA device found)",
        "threshold 0.70",
        "much & more",
        "some, “few”",
        "Only a test.",
        "kappa 0.81",
        "Version of torch 2.6.0",
        "01 March 2026, 12:30",
        "accepted",
        "rejected",
        "A1 Mine Necrosis 0.0005",
    ):
        assert words in text, words
    assert sum(f"{box.score:.2f}" in text for box in material.boxes) == len(material.boxes)


def test_no_folder_comes_along(material: Material) -> None:
    data = report(material)
    document = pypdfium2.PdfDocument(io.BytesIO(data))
    said = text_of(data) + repr(document.get_metadata_dict())
    document.close()
    assert "Jane" not in said
    assert "/home" not in said


def test_pictures_and_fonts(material: Material) -> None:
    pictures = draw_pictures(material)
    names = [picture.name for picture in pictures]
    assert names[:5] == ["slide", "region", "heatmap", "gradcam", "boxes"]
    kept = [n for n, box in enumerate(material.ordered(), 1) if material.verdict(box) != "rejected"]
    assert names[5:] == [f"box {n}" for n in kept]
    document = pypdfium2.PdfDocument(io.BytesIO(report(material)))
    found, fonts = 0, 0
    for page in document:
        for thing in page.get_objects(max_depth=3):
            found += thing.type == pdfium.FPDF_PAGEOBJ_IMAGE
            if thing.type == pdfium.FPDF_PAGEOBJ_TEXT:
                font = pdfium.FPDFTextObj_GetFont(thing.raw)
                assert pdfium.FPDFFont_GetIsEmbedded(font) == 1
                fonts += 1
    document.close()
    assert found == len(pictures)
    assert fonts > 50


def test_every_named_font_is_in_the_file(material: Material) -> None:
    data = report(material)
    assert data.count(b"/Helvetica") == 0
    assert data.count(b"/FontFile2") == 2


def test_equal_facts_give_equal_bytes(material: Material) -> None:
    assert report(material) == report(material)


def test_the_date_is_the_reports_own(material: Material) -> None:
    document = pypdfium2.PdfDocument(io.BytesIO(report(material)))
    said = document.get_metadata_dict()
    document.close()
    assert said["CreationDate"].startswith("D:20260301123000")
    assert said["Title"] == "Analysis report: Straße □.svs"


@pytest.mark.parametrize(
    ("comment", "seen"),
    [
        ("a < b && c > d </para> &amp;", "a < b && c > d </para> &amp;"),
        ("見る is not in the font", "□□ is not in the font"),
        ("שלום runs the other way", "□□□□ runs the other way"),
        ("Ж, µm², ×40, ≥ 5 — “q”", "Ж, µm², ×40, ≥ 5 — “q”"),
        ("tab\there\x07", "tab here"),
        ("x" * 5000, "x" * 60),
        ("long words " * 3000, "long words long words"),
    ],
)
def test_strange_comments(material: Material, comment: str, seen: str) -> None:
    text = text_of(report(material, comment=comment))
    assert seen in text.replace("\ufffe", "")
    assert ("cannot be shown here" in text) == ("□" in seen)


def test_nothing_found(make_material: Callable[..., Material]) -> None:
    text = text_of(report(make_material(rule=BoxRule(2, 1.0))))
    assert "Nothing found: no patch reached the threshold 1.00" in text
    assert "No boxes were found" in text


def test_what_the_person_drew_is_reported(make_material: Callable[..., Material]) -> None:
    made = make_material(rule=BoxRule(2, 1.0))
    region = made.analysis.region
    assert region is not None
    bare = Annotation(region)
    inside = Annotation(Shape.rectangle(Rect(300, 300, 200, 120)), color=(200, 30, 30))
    made = dataclasses.replace(made, annotations=(bare, inside, dataclasses.replace(bare, name="Lesion")))
    pictures = {picture.name: picture for picture in draw_pictures(made)}
    assert pictures["boxes"].title == "Annotations in the region"
    assert (np.asarray(pictures["boxes"].image) == (200, 30, 30)).all(axis=-1).sum() > 1000
    text = text_of(report(made))
    assert "A1 – – 0.0060 0.20, 0.18 300, 300, 200, 120" in text  # the bare outline is not among them
    assert "A2 Lesion" in text
    plain = {p.name for p in draw_pictures(dataclasses.replace(made, annotations=(bare,)))}
    assert "boxes" not in plain


def test_nothing_scored(make_material: Callable[..., Material]) -> None:
    made = make_material(scored=0.0, complete=False)
    text = text_of(report(made))
    assert "Nothing was scored" in text
    assert "nan" not in text.lower().replace("finance", "")


def test_a_whole_picture_is_no_patch(make_material: Callable[..., Material]) -> None:
    made = make_material(region=None, patch=1024)
    card = dataclasses.replace(made.card, preparation=Preparation((64, 64)))
    likeness = Likeness(0, 1)
    scores = dataclasses.replace(made.analysis.scores, values=np.array([[[0.1, 0.2, 0.7]]], np.float32))
    made = dataclasses.replace(made, card=card, analysis=dataclasses.replace(made.analysis, scores=scores))
    told = evidence_of_material(made)
    assert told.summary.replace(SPACE, " ").startswith("Looked at as one picture: much & more 70 %, some")
    assert ("Looked at", "As one picture") in told.provenance
    assert [column.title for column in told.grids["classes"].columns] == ["Class", "Probability"]
    said = [text_of(report(made)), likeness.in_words(), likeness.of_a_few_in_words()]
    assert "looks at a picture as a whole" in said[0]
    assert "Looked at as one picture" in said[0].replace(SPACE, " ")
    assert not any("patch" in one.lower() for one in said)


def test_an_incomplete_run_says_so(make_material: Callable[..., Material]) -> None:
    notes = ("The batch was halved to 4: the card was full.", "Kept in /home/Doe, Jane (1950)/x.log")
    made = make_material(scored=0.5, complete=False, notes=notes)
    text = text_of(report(made))
    assert "The analysis was stopped before its end." in text
    assert "the rest is unknown" in text
    assert "The batch was halved to 4" in text


def test_without_grad_cam(make_material: Callable[..., Material]) -> None:
    made = make_material(with_cam=False)
    assert "gradcam" not in [picture.name for picture in draw_pictures(made)]
    assert "Grad-CAM" not in text_of(report(made))


def test_thousands_of_boxes(make_material: Callable[..., Material]) -> None:
    values = np.full((96, 128, 3), 0.1, dtype=np.float32)
    values[::2, ::2, 2] = 0.9
    made = make_material(region=None, patch=8, values=values, verdicts=("open",), with_cam=False)
    assert len(made.boxes) == 48 * 64
    pictures = draw_pictures(made)
    assert sum(picture.name.startswith("box ") for picture in pictures) == 12
    data = build_pdf(gather(made, WHEN), pictures, pictures_note=crops_in_words(made))
    text = text_of(data)
    assert f"The first {MOST_ROWS:,} are listed here; {48 * 64 - MOST_ROWS:,} more are in boxes.csv." in text
    assert "The first 12 boxes of 3,072" in text
    assert f" {MOST_ROWS} much & more open" in text
    assert f" {MOST_ROWS + 1} much & more open" not in text
    assert 40 < len(pages_of(data)) < 90


def test_many_classes_notes_and_long_names(material: Material) -> None:
    content = gather(material, WHEN)
    many = tuple(dataclasses.replace(content.classes[0], name=f"class {n} " + "w" * 80) for n in range(90))
    slide = dataclasses.replace(content.slide, name="n" * 250 + ".svs", spacing_y_um=0.25)
    text = text_of(report(material, classes=many, slide=slide, notes=("A note. " * 40,) * 60))
    assert "class 89" in text
    assert "0.5 × 0.25 µm/px" in text


def test_wide_pictures_have_the_page_to_themselves(make_material: Callable[..., Material]) -> None:
    made = make_material(region=Shape.rectangle(Rect(0, 100, 1000, 300)))
    pictures: dict[str, Picture] = {picture.name: picture for picture in draw_pictures(made)}
    assert pictures["heatmap"].image.width == 1600
    assert not pictures["heatmap"].half
    assert len(pages_of(report(made))) >= 3


def test_letter_paper(material: Material) -> None:
    data = build_pdf(gather(material, WHEN), (), page="letter")
    document = pypdfium2.PdfDocument(io.BytesIO(data))
    assert document[0].get_size() == (612, 792)
    document.close()


def test_written_whole(material: Material, tmp_path: Path) -> None:
    content = gather(material, WHEN)
    write_pdf(content, (), tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes() == build_pdf(content, ())
    with pytest.raises(Problem, match=r"report\.pdf"):
        write_pdf(content, (), tmp_path / "report.pdf" / "report.pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]
