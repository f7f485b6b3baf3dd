"""Lesions that a model missed and a person drew, gathered from the case library for a training."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ml.annotation.shapes import Annotation, Shape
from ml.results.analysis import Analysis
from ml.train.corrected import Question, Said, drawn_of
from viewer.cases.values import AnalysisRow, Item

if TYPE_CHECKING:
    from viewer.cases.library import Library

_IMPORTED = "Import"
"""How edits begin that read annotations from a file: who drew those, and after what, nobody knows."""


def drawn_on(
    library: Library,
    item: Item,
    annotations: Iterable[Annotation],
    question: Question,
    rows: Sequence[AnalysisRow],
    here: Sequence[Shape],
) -> tuple[Said, ...]:
    """What people drew of the model's classes on a slide that was analyzed, with by whom and when.

    A region that was analyzed is left out: it says where to look, not what is there. `rows` are the analyses
    that are kept, `here` regions of those that may not be written yet.
    """
    likely = [said for one in annotations if (said := drawn_of(one, question)) is not None]
    if not likely:
        return ()
    regions = {*here, *_regions(library, rows)}
    likely = [one for one in likely if one.shape not in regions]
    origins = library.origins(item.id, [one.drawn for one in likely])
    now, found = time.strftime("%Y-%m-%dT%H:%M:%S%z"), []
    for one in likely:
        origin = origins.get(one.drawn)  # None: drawn a moment ago, and not written yet
        if origin is None:
            found.append(replace(one, by=library.author, at=now))
        elif not origin.title.startswith(_IMPORTED):
            found.append(replace(one, by=origin.author, at=origin.at))
    return tuple(found)


def _regions(library: Library, rows: Sequence[AnalysisRow]) -> Iterable[Shape]:
    for row in rows:
        analysis = library.analysis(row.id)
        if isinstance(analysis, Analysis) and analysis.region is not None:
            yield analysis.region
