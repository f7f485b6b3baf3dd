"""Several parts of one analysis, each of other rows of the same grid, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ml.results.analysis import Analysis
from ml.results.cam import CamMap
from ml.results.scores import Scores, Values


def joined(parts: Sequence[Analysis]) -> Analysis:
    """The whole: each patch as the part says that scored it; seconds are those of all parts together.

    Raises `ValueError` for parts of different slides, models, regions or grids.
    """
    first = parts[0]
    if any(_of(part) != _of(first) for part in parts):
        raise ValueError("these parts are not of one analysis")
    kept = np.logical_or.reduce([part.scores.grid.kept for part in parts])
    grid = replace(first.scores.grid, kept=kept)
    values = _filled([part.scores.values for part in parts])
    strange = [part.scores.strangeness for part in parts if part.scores.strangeness is not None]
    scores = Scores(grid, first.scores.class_names, values, _filled(strange) if strange else None)
    cams = [part.cam for part in parts if part.cam is not None]
    cam = None
    if cams:
        cam = CamMap(grid, cams[0].class_index, cams[0].cells, _filled([c.values for c in cams]))
    made = first.provenance
    patches = sum(int(str(part.provenance.parameters["patches"])) for part in parts)
    provenance = replace(
        made,
        seconds=sum(part.provenance.seconds for part in parts),
        parameters={**made.parameters, "patches": patches},
    )
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    complete = all(part.complete for part in parts)
    return Analysis(first.region, scores, cam, provenance, complete, notes)


def _of(part: Analysis) -> tuple[object, ...]:
    made, grid = part.provenance, part.scores.grid
    return (
        *(made.slide_sha256, made.model_sha256, part.region, part.scores.class_names),
        *(grid.origin, grid.patch, grid.rows, grid.columns),
    )


def _filled(arrays: Sequence[Values]) -> Values:
    """The first value of each place that is none of NaN."""
    whole = arrays[0].copy()
    for array in arrays[1:]:
        missing = np.isnan(whole)
        whole[missing] = array[missing]
    return whole
