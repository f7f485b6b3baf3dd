"""The facts of a report as JSON, for programs and for whoever checks the PDF."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

from ml.report.atomic import whole_file
from ml.report.content import ReportContent
from ml.report.ct_content import CtContent

SCHEMA = "parfocal-report"
CT_SCHEMA = "parfocal-ct-report"
SCHEMA_VERSION = 1
NOTICE = "Research use only. Not for diagnosis."


def facts(content: ReportContent | CtContent) -> dict[str, object]:
    """The content as JSON holds it, with schema and version first. NaN becomes null."""
    schema = SCHEMA if isinstance(content, ReportContent) else CT_SCHEMA
    head = {"schema": schema, "schema_version": SCHEMA_VERSION, "notice": NOTICE}
    told = dataclasses.asdict(content)
    for name in ("likeness", "slide_answer"):  # most models do not know; their reports stay as they were
        if told.get(name, ...) is None:
            del told[name]
    if not told["signed_by"]:
        del told["signed_by"]
    body = _without_nan(told)
    assert isinstance(body, dict)
    return head | body


def write_facts(content: ReportContent | CtContent, path: Path) -> None:
    """Write `report.json` (UTF-8, indented). Raises `Problem` when it cannot be written."""
    text = json.dumps(facts(content), ensure_ascii=False, indent=2, allow_nan=False)
    with whole_file(path) as part:
        part.write_text(text + "\n", encoding="utf-8")


def _without_nan(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _without_nan(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return value
