"""The report on a model: read back by other libraries, its numbers beside scikit-learn's."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from sklearn.metrics import average_precision_score, balanced_accuracy_score, confusion_matrix, roc_auc_score

from ml.evaluate.curves import curves
from ml.report.model_facts import model_report
from ml.report.model_report import html_of, pdf_of, write_model_report
from ml.report.plot import ticks
from ml.train import figures
from ml.train.study_recipe import Task
from ml.zoo.card import ModelCard

WHEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
CLASSES = ("colon <normal>", "colon & tumour", "lung")


def study(output: str = "softmax", skill: float = 2.5) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """Facts as a study leaves them, of 300 answers of 60 patients; and the labels and answers themselves."""
    chance = np.random.default_rng(3)
    labels = np.eye(3, dtype=np.float32)[chance.choice(3, 300, p=[0.5, 0.3, 0.2])]
    logits = chance.normal(size=(300, 3)) + skill * labels
    if output == "softmax":
        found = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    else:
        found = 1 / (1 + np.exp(-logits + skill / 2))
    found = found.astype(np.float32)
    task = Task(CLASSES, output=output)  # type: ignore[arg-type]
    groups = [f"p{n % 60}" for n in range(300)]
    facts = {
        "figures": figures.report(task, found, labels, groups, draws=50),
        "curves": curves(CLASSES, found, labels, independent=output == "sigmoid"),
        "leakage": {
            "groups_on_two_sides_count": 0,
            "same_files_count": 0,
            "near_duplicates_count": 0,
            "confounding": [{"what": "site", "strength": 0.1, "chance": 0.2}],
            "in_words": [
                "300 pictures of 60 groups.",
                "No group, file or near-duplicate stands on two sides.",
            ],
        },
        "balance": "nothing is done about it",
        "temperature": 1.3,
        "published": "F1 0.5",
        "epochs": [
            {"fold": f, "epoch": e, "fit_loss": 1 / e, "loss": 1.2 / e, "auroc": 0.9, "seconds": 1}
            for f in range(3)
            for e in (1, 2, 3)
        ],
    }
    return json.loads(json.dumps(facts)), labels, found


def card(output: str = "softmax") -> ModelCard:
    return ModelCard(
        "three", "Three <tissues>", "1.0", "resnet18", CLASSES, 64, 0.5, (0.5,) * 3, (0.5,) * 3, "ab" * 32,
        output=output, members=3, summary="Tells three tissues.", training_data="300 pictures.",
        licence="Apache-2.0",
    )  # type: ignore[arg-type]  # fmt: skip


def words_of(html: str) -> str:
    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[str] = []
            self.tags: set[str] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.add(tag)

        def handle_data(self, data: str) -> None:
            self.found.append(data)

    reader = Reader()
    reader.feed(html)
    assert not reader.tags & {"script", "link", "img", "iframe", "tissues", "normal"}
    return " ".join(" ".join(reader.found).split())


def pdf_words(data: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(data))
    text = " ".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return " ".join(text.split())


def test_what_a_reader_sees() -> None:
    facts, labels, found = study()
    report = model_report(facts, card())
    truth, said = labels.argmax(axis=1), found.argmax(axis=1)
    right = f"right in {(truth == said).mean() * 100:.1f} % of 300 pictures of 60 patients"
    balanced = f"{balanced_accuracy_score(truth, said) * 100:.1f} %"
    commonest = f"“colon <normal>” of every picture is right in {(truth == 0).mean() * 100:.1f} %"
    area = f"{roc_auc_score(labels[:, 2], found[:, 2]):.3f} ("
    precise = f"{average_precision_score(labels[:, 2], found[:, 2]):.3f} ("
    expected = (
        right,
        balanced,
        commonest,
        area,
        precise,
        "Three <tissues>",
        "Research use only",
        "none found",
    )
    for text in (words_of(html_of(report, WHEN)), pdf_words(pdf_of(report, WHEN))):
        for words in (*expected, "2026-03-01", "Apache-2.0", "Cramér’s V 0.10", "colon & tumour", "F1 0.5"):
            assert words in text, words
    assert [list(row) for row in report.confusion] == confusion_matrix(truth, said).tolist()
    assert report.warnings == ()
    assert [plot.title[:3] for plot in report.plots] == ["Can", "Fin", "How", "How"]


def test_settings_that_were_looked_for_are_named_with_who_decided() -> None:
    facts, *_ = study()
    assert "Settings that were looked for" not in words_of(html_of(model_report(facts, card()), WHEN))
    facts["search"] = {
        "tried": 8,
        "auroc": 0.912,
        "settings": {"fit.rate": 0.0042},
        "lines": [["how much it changes at each step", "0.0003 to 0.03", "0.0042"]],
        "in_words": "8 were tried, 5 of them to the end. Taken was what told 12 patients apart best.",
    }
    report = model_report(facts, card())
    for text in (words_of(html_of(report, WHEN)), pdf_words(pdf_of(report, WHEN))):
        assert "Settings that were looked for before it learned" in text
        assert "how much it changes at each step 0.0003 to 0.03 0.0042" in text
        assert "5 of them to the end. Taken was what told 12 patients" in text
        assert "AUROC was 0.912" in text
    old = {"tried": 8, "auroc": 0.912, "settings": {"fit.rate": 0.0042}}
    assert "8 were tried. With what was taken" in words_of(
        html_of(model_report(facts | {"search": old}, card()), WHEN)
    )


def test_the_page_needs_nothing_from_elsewhere_and_its_drawings_are_sound() -> None:
    facts, *_ = study()
    html = html_of(model_report(facts, card()), WHEN)
    assert not re.findall(r"(?:src|href|url)\s*[=(]", html)
    assert set(re.findall(r"https?://[^\"'\s<]+", html)) == {"http://www.w3.org/2000/svg"}
    drawings = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(drawings) == 5
    for drawing in drawings:
        root = ET.fromstring(drawing)
        assert root.get("viewBox")
        assert "clip" not in drawing
        assert "None" not in drawing  # a word that some readers take for black
    counts = ET.fromstring(drawings[0])
    numbers = [e.text for e in counts.iter("{http://www.w3.org/2000/svg}text") if (e.text or "").isdigit()]
    assert numbers == [str(n) for row in facts["figures"]["confusion"] for n in row]


def test_labels_that_stand_on_their_own_have_no_confusion_but_a_curve_each() -> None:
    facts, labels, found = study("sigmoid")
    report = model_report(facts, card("sigmoid"))
    assert report.confusion == ()
    assert f"“lung” {roc_auc_score(labels[:, 2], found[:, 2]):.3f}" in report.verdict
    reliability = report.plots[0]
    assert [line.name for line in reliability.lines] == ["", *CLASSES]
    assert pdf_of(report, WHEN).startswith(b"%PDF")


def test_no_evidence_and_leaks_are_said_first() -> None:
    facts, *_ = study(skill=0.0)
    facts["leakage"] |= {
        "near_duplicates_count": 4,
        "in_words": ["300 pictures of 60 groups.", "4 pairs on two sides look the same."],
    }
    report = model_report(facts, card())
    assert any("No evidence" in words for words in report.warnings)
    assert "4 pairs on two sides look the same." in report.warnings
    assert {tile.label: tile.good for tile in report.tiles}["Leakage"] is False
    text = pdf_words(pdf_of(report, WHEN))
    facts["leakage"]["groups_on_two_sides_count"] = 1
    assert "too good" in model_report(facts, card()).verdict
    assert text.index("4 pairs on two sides") < text.index("What it said")


def boxes() -> Mapping[str, object]:
    return {
        "lesion": {
            "slides": 6, "patients": 6, "boxes": 12, "overlap": 0.5, "precision": 0.75, "recall": 0.82,
            "f1": {"value": 0.78, "low": 0.7, "high": 0.85}, "average_precision": 0.7, "challenge": 0.6,
            "found_at_false_alarms": {"0.5": 0.6, "1": 0.8}, "grid_allows": {"0.1": 0.9}, "rules": [],
        }
    }  # fmt: skip


def test_boxes_come_first_where_there_are_some() -> None:
    facts, *_ = study("sigmoid")
    report = model_report(facts | {"boxes": boxes()}, card("sigmoid"))
    assert "82\u202f% of 12 boxes of “lesion”" in report.verdict
    assert report.tiles[0].value == "0.78"
    assert "0.780 (0.700 to 0.850)" in words_of(html_of(report, WHEN))


def test_older_studies_without_curves_and_one_epoch(tmp_path: Path) -> None:
    facts, *_ = study()
    del facts["curves"]
    facts["epochs"] = facts["epochs"][:1]
    write_model_report(facts, card(), tmp_path, WHEN)
    first = (tmp_path / "report.pdf").read_bytes(), (tmp_path / "report.html").read_text(encoding="utf-8")
    write_model_report(facts, card(), tmp_path, WHEN)
    assert first == (
        (tmp_path / "report.pdf").read_bytes(),
        (tmp_path / "report.html").read_text(encoding="utf-8"),
    )
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["report.html", "report.pdf"]


@pytest.mark.parametrize(("low", "high"), [(0, 1), (1, 40), (0, 0.03), (0, 1234), (1, 2)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 3 <= len(found) <= 6
    assert low <= found[0] < found[-1] <= high + 1e-9
    assert len({round(b - a, 9) for a, b in pairwise(found)}) == 1
