"""Analyses as JSON and arrays, and back: no pickle, nothing rounded.

The arrays lie in one npz, whose zip holds a checksum of each; NumPy reads it without unpickling anything.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ml.annotation.packing import canonical, packed, unpacked
from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem
from ml.geometry import Point, Size, Spacing
from ml.patches import PatchGrid
from ml.results.analysis import Analysis, Provenance
from ml.results.cam import CamMap
from ml.results.ct_analysis import CtAnalysis, CtCam, CtProvenance
from ml.results.ct_scores import CtScores
from ml.results.scores import Scores
from ml.results.slide_answer import SlideAnswer
from ml.slide.slide import KnownSpacing

FACTS, ARRAYS = "analysis.json", "analysis.npz"
"""Names of the two files that hold an analysis in a folder."""

Arrays = dict[str, NDArray[Any]]
Facts = dict[str, Any]


def kind_of(analysis: Analysis | CtAnalysis) -> Literal["slide", "ct"]:
    """What it looked at."""
    return "ct" if isinstance(analysis, CtAnalysis) else "slide"


def written(analysis: Analysis | CtAnalysis) -> tuple[str, bytes]:
    """JSON, and the arrays as npz."""
    facts, arrays = _of_ct(analysis) if isinstance(analysis, CtAnalysis) else _of_slide(analysis)
    facts |= {"complete": analysis.complete, "notes": list(analysis.notes)}
    facts["provenance"] = asdict(analysis.provenance)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return canonical(facts), buffer.getvalue()


def read(kind: str, facts: str, arrays: bytes) -> Analysis | CtAnalysis:
    """The analysis back. Raises `Problem` when it cannot be read."""
    try:
        said = json.loads(facts)
        with np.load(io.BytesIO(arrays), allow_pickle=False) as file:
            held = {name: file[name] for name in file.files}
        return _ct(said, held) if kind == "ct" else _slide(said, held)
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile, OSError) as error:
        raise Problem("This analysis cannot be read.", "Run it again.", reason=str(error)) from error


def save(analysis: Analysis | CtAnalysis, folder: Path) -> None:
    """Write it into a folder. Raises `OSError`."""
    facts, arrays = written(analysis)
    (folder / FACTS).write_text(facts, encoding="ascii")
    (folder / ARRAYS).write_bytes(arrays)


def load(kind: str, folder: Path) -> Analysis | CtAnalysis:
    """It back. Raises `Problem` where it is not there or cannot be read."""
    try:
        return read(kind, (folder / FACTS).read_text(encoding="ascii"), (folder / ARRAYS).read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(
            f"The analysis in the folder {folder.name} cannot be read.", "Run it again.", reason=str(error)
        ) from error


def _of_slide(analysis: Analysis) -> tuple[Facts, Arrays]:
    scores, cam = analysis.scores, analysis.cam
    arrays: Arrays = {"values": scores.values}
    facts: Facts = {"grid": _grid_facts(scores.grid), "classes": list(scores.class_names)}
    _put_grid(arrays, "", scores.grid)
    if analysis.region is not None:
        facts["region"] = base64.b64encode(packed(Annotation(analysis.region)).shape).decode("ascii")
    if analysis.slide_answer is not None:
        facts["slide_answer"] = asdict(analysis.slide_answer)
    if scores.strangeness is not None:
        arrays["strangeness"] = scores.strangeness
    if cam is not None:
        arrays["cam"] = cam.values
        facts["cam"] = {"class_index": cam.class_index, "cells": cam.cells}
        if cam.grid is not scores.grid:
            facts["cam"]["grid"] = _grid_facts(cam.grid)
            _put_grid(arrays, "cam_", cam.grid)
    return facts, arrays


def _slide(said: Facts, held: Arrays) -> Analysis:
    grid = _grid(said["grid"], held, "")
    scores = Scores(grid, tuple(said["classes"]), held["values"], held.get("strangeness"))
    cam = None
    if (about := said.get("cam")) is not None:
        cam_grid = _grid(about["grid"], held, "cam_") if "grid" in about else grid
        cam = CamMap(cam_grid, about["class_index"], about["cells"], held["cam"])
    region = said.get("region")
    shape: Shape | None = None
    if region is not None:
        shape = unpacked("", "{}", base64.b64decode(region)).shape
    made = said["provenance"]
    spacing = KnownSpacing(Spacing(**made["spacing"]["spacing"]), made["spacing"]["source"])
    provenance = Provenance(**made | {"slide_size": Size(**made["slide_size"]), "spacing": spacing})
    whole = said.get("slide_answer")
    return Analysis(
        shape,
        scores,
        cam,
        provenance,
        said["complete"],
        tuple(said["notes"]),
        None if whole is None else _slide_answer(whole),
    )


def _slide_answer(said: Facts) -> SlideAnswer:
    return SlideAnswer(tuple(said["class_names"]), tuple(said["probabilities"]), said["tiles"])


def _of_ct(analysis: CtAnalysis) -> tuple[Facts, Arrays]:
    scores = analysis.scores
    arrays: Arrays = {"values": scores.values, "spread": scores.spread}
    cams = []
    for number, cam in enumerate(analysis.cams):
        arrays[f"cam_{number}"] = cam.values
        cams.append([cam.slice_number, cam.class_index])
    facts: Facts = {
        "classes": list(scores.class_names),
        "thresholds": list(analysis.thresholds),
        "cams": cams,
    }
    return facts, arrays


def _ct(said: Facts, held: Arrays) -> CtAnalysis:
    scores = CtScores(tuple(said["classes"]), held["values"], held["spread"])
    cams = tuple(CtCam(at, of, held[f"cam_{number}"]) for number, (at, of) in enumerate(said["cams"]))
    made = said["provenance"]
    provenance = CtProvenance(**made | {"size": tuple(made["size"])})
    return CtAnalysis(
        scores, tuple(said["thresholds"]), provenance, cams, said["complete"], tuple(said["notes"])
    )


def _grid_facts(grid: PatchGrid) -> dict[str, Any]:
    return {
        "origin": [grid.origin.x, grid.origin.y],
        "patch": asdict(grid.patch),
        "pixels": grid.pixels,
        "slide": None if grid.slide is None else asdict(grid.slide),
        "step": None if grid.step is None else asdict(grid.step),
    }


def _put_grid(arrays: Arrays, prefix: str, grid: PatchGrid) -> None:
    arrays[f"{prefix}inside"], arrays[f"{prefix}kept"] = grid.inside, grid.kept


def _grid(said: Mapping[str, Any], held: Arrays, prefix: str) -> PatchGrid:
    slide, step = (None if said[name] is None else Size(**said[name]) for name in ("slide", "step"))
    return PatchGrid(
        Point(*said["origin"]),
        Size(**said["patch"]),
        said["pixels"],
        held[f"{prefix}inside"],
        held[f"{prefix}kept"],
        slide,
        step,
    )
