"""A report says when tissue is unlike what the model was trained on; other models' reports do not."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pypdfium2

from ml.report.facts import facts
from ml.report.findings import gather
from ml.report.material import Material
from ml.report.pdf import build_pdf


def strange(material: Material, share: float) -> Material:
    """The same, by a model that finds the first `share` of the patches strange."""
    scores = material.analysis.scores
    places = np.flatnonzero(scores.scored.ravel())
    values = np.full(scores.scored.size, np.nan, np.float32)
    values[places] = 0.5
    values[places[: round(share * len(places))]] = 3.0
    made = replace(scores, strangeness=values.reshape(scores.scored.shape))
    return replace(material, analysis=replace(material.analysis, scores=made))


def first_page(material: Material) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(build_pdf(gather(material), ())))
    try:
        text: str = document[0].get_textpage().get_text_range()
        return " ".join(text.split())
    finally:
        document.close()


def test_the_first_page_warns(material: Material) -> None:
    text = first_page(strange(material, 1.0))
    assert "Caution" in text
    assert "of the patches are unlike what this model was trained on" in text
    assert "do not rely on it" in text


def test_a_few_strange_patches_are_a_fact_and_no_warning(material: Material) -> None:
    text = first_page(strange(material, 0.03))
    assert "Caution" not in text
    assert "unlike what this model was trained on" in text
    assert "do not rely on it" not in text


def test_for_programs(material: Material) -> None:
    told = facts(gather(strange(material, 1.0)))["likeness"]
    assert isinstance(told, dict)
    assert told["share"] == 1.0
    assert told["warning"] is True
    assert "likeness" not in facts(gather(material))


def test_other_models_do_not_mention_it(make_material: Callable[..., Material]) -> None:
    assert "unlike" not in first_page(make_material())
