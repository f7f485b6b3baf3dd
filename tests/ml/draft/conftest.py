"""A draft of every kind of section on an analyzed slide, and the paper that comes of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from ml.draft.compose import compose, plates_of
from ml.draft.draft import Draft
from ml.draft.evidence import Evidence
from ml.draft.paper import Paper, Plate
from ml.draft.slide_evidence import evidence_of_material
from ml.draft.store import FolderDrafts
from ml.draft.template import parse_template
from ml.progress import Progress
from ml.report.material import Material
from tests.ml.report.conftest import make_material, material  # noqa: F401 - fixtures

MADE = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
ODD = "Dense <b>here</b> & #there $x$ *not bold* \\ 5 µm² ≥ 見 {{ 7 * 7 }}"

TEMPLATE = """
title = "Everything"
subject = "slide"
heading = "A report of <everything>"

[[header.fields]]
name = "case"
title = "Case"
required = true

[[sections]]
key = "comment"
title = "Comment"
kind = "text"

[[sections]]
key = "synopsis"
title = "Synopsis"
kind = "form"

[[sections.fields]]
name = "size"
title = "Largest extent"
type = "number"
unit = "mm"
least = 0
most = 99.5
required = true

[[sections.fields]]
name = "grade"
type = "choice"
options = ["G1", "G2 & more"]

[[sections.fields]]
name = "also"
title = "Also seen"
type = "multi"
options = ["necrosis", "<crush>"]

[[sections.fields]]
name = "on"
title = "Seen on"
type = "date"

[[sections.fields]]
name = "tumour"
title = "Tumour"
type = "bool"

[[sections]]
key = "analysis"
title = "Analysis"
kind = "text"
words = \"\"\"
{% if analyzed %}
{{ summary }}
{% endif %}
Extent {{ answers.size }}; {{ classes | length }} classes.
\"\"\"

[[sections]]
key = "figures"
title = "Pictures"
kind = "figures"
figures = ["slide", "heatmap", "gradcam", "boxes", "top boxes"]

[[sections]]
key = "classes"
title = "Classes"
kind = "table"
table = "classes"

[[sections]]
key = "boxes"
title = "Boxes"
kind = "table"
table = "boxes"

[[sections]]
key = "annotations"
title = "Annotations"
kind = "table"
table = "annotations"

[[sections]]
key = "provenance"
title = "Where the numbers come from"
kind = "provenance"
"""


@pytest.fixture
def store(tmp_path: Path) -> FolderDrafts:
    return FolderDrafts(tmp_path / "drafts")


@pytest.fixture
def picture() -> bytes:
    """A PNG of 64 × 48 px."""
    packed = io.BytesIO()
    Image.linear_gradient("L").resize((64, 48)).convert("RGB").save(packed, "PNG")
    return packed.getvalue()


@pytest.fixture
def draft(store: FolderDrafts, picture: bytes) -> Draft:
    """All fields answered, an odd comment, one snapshot."""
    made = parse_template(TEMPLATE, "everything.toml").draft
    made = made.answer("", "case", "H 26/17 <A>")
    answers = {"size": 12.5, "grade": "G2 & more", "also": ("necrosis", "<crush>"), "on": "2026-02-03"}
    for name, value in (answers | {"tumour": False}).items():
        made = made.answer("synopsis", name, value)
    comment = made.section("comment")
    made = made.put(replace(comment, text=f"{ODD}\nSecond line.\n\nSecond paragraph."))
    header = replace(made.header, hospital="Hospital & Sons", author="Dr. Ünal", logo=store.keep(picture))
    made = replace(made, header=header)
    return made.with_picture(store.keep(picture), "Snapshot <1>", "Seen at ×20.")


@pytest.fixture
def evidence(material: Material) -> Evidence:  # noqa: F811
    return evidence_of_material(material)


@pytest.fixture
def drawn(evidence: Evidence) -> dict[str, tuple[Plate, ...]]:
    return {name: plates_of(made) for name, made in evidence.draw(Progress()).items()}


@pytest.fixture
def paper(
    draft: Draft, evidence: Evidence, drawn: dict[str, tuple[Plate, ...]], store: FolderDrafts
) -> Paper:
    made = compose(draft, evidence, drawn, store.picture, MADE)
    assert not made.problems
    return made


Make = Callable[..., Material]
