"""What a record says: from what, by what and how the numbers of a report were made. Plain JSON."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import __version__
from ml.annotation.feature import feature_of
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point
from ml.record.canonical import canonical
from ml.report.ct_material import CtMaterial
from ml.report.facts import NOTICE
from ml.report.figure import Picture
from ml.report.findings import plain
from ml.report.material import Material
from ml.report.outlines import outlines
from ml.report.words import file_name
from ml.results.analysis import Analysis
from ml.results.boxes import BoxRule
from ml.zoo.card import ModelCard
from ml.zoo.card_json import card_to_json

SCHEMA, SCHEMA_VERSION = "parfocal-record", 1
Statement = dict[str, Any]


def slide_statement(material: Material, figures: Sequence[Picture], who: str) -> Statement:
    """What is to be said of the report of a slide, its files still missing."""
    analysis, made = material.analysis, material.analysis.provenance
    spacing = made.spacing
    rule = material.box_rule
    return {
        **_head("slide", who, made.versions, made.device),
        "subject": {
            "name": file_name(made.slide_name),
            "sha256": made.slide_sha256,
            "size_px": [made.slide_size.width, made.slide_size.height],
            "spacing_um": [spacing.spacing.x, spacing.spacing.y],
            "spacing_source": plain(spacing.source),
        },
        "model": _model(material.card, made.model_sha256),
        "analysis": _analysis(analysis) | {"region": region_to_json(analysis.region)},
        "shown": {
            "class_index": material.layers.class_index,
            "threshold": material.layers.threshold,
            "colormap": material.layers.colormap,
            "opacity": material.layers.opacity,
        },
        "boxes": {
            "rule": {name: getattr(rule, name) for name in BoxRule.__dataclass_fields__},
            "count": len(material.boxes),
            "sha256": json_hash([[b.key, b.class_index, material.verdict(b)] for b in material.boxes]),
        },
        "results": {
            "scores_sha256": array_hash(analysis.scores.values),
            "cam_sha256": "" if analysis.cam is None else array_hash(analysis.cam.values),
            **_of_the_slide(analysis),
        },
        "annotations": _annotations(outlines(material)),
        "figures": [_figure(figure) for figure in figures],
    }


def ct_statement(material: CtMaterial, figures: Sequence[Picture], who: str) -> Statement:
    """The same of a CT series."""
    analysis, made = material.analysis, material.analysis.provenance
    return {
        **_head("ct", who, made.versions, made.device),
        "subject": {
            "series_uid": made.series_uid,
            "sha256": made.series_sha256,
            "slices": made.slices,
            "size_px": [made.size[1], made.size[0]],
            "distance_mm": material.series.distance,
        },
        "model": _model(material.card, made.model_sha256),
        "analysis": _analysis(analysis) | {"thresholds": list(analysis.thresholds)},
        "shown": {"window_hu": [material.window.level, material.window.width]},
        "findings": [[finding.key, material.verdict(finding)] for finding in material.findings],
        "results": {
            "scores_sha256": array_hash(analysis.scores.values),
            "cams": [[c.slice_number, c.class_index, array_hash(c.values)] for c in analysis.cams],
        },
        "measurements": [[m.kind, m.slice_number, m.words] for m in material.measurements],
        "figures": [_figure(figure) for figure in figures],
    }


def bare_statement(kind: str, subject: dict[str, object], figures: Sequence[Picture], who: str) -> Statement:
    """Of what was only looked at: no model, and no numbers that could be repeated."""
    made = _head(kind, who, {"parfocal": __version__}, "")
    return made | {"subject": subject, "model": None, "figures": [_figure(figure) for figure in figures]}


def with_files(
    said: Statement, folder: Path, files: Iterable[Path], privacy: Mapping[str, object]
) -> Statement:
    """The same with the hash of every file in the folder, and what was left out. Raises `OSError`."""
    return said | {"privacy": privacy, "files": [file_facts(path, folder) for path in files]}


def file_facts(path: Path, folder: Path) -> dict[str, object]:
    """Name (seen from the folder, with slashes), bytes and sha256 of a file. Raises `OSError`."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
        size = file.tell()
    return {"name": path.relative_to(folder).as_posix(), "bytes": size, "sha256": digest.hexdigest()}


def array_hash(values: NDArray[np.float32]) -> str:
    """Over shape and little-endian float32 values; what is not there counts as one and the same NaN."""
    same = np.where(np.isnan(values), np.float32(np.nan), values).astype("<f4")
    return hashlib.sha256(f"{values.shape}".encode() + same.tobytes()).hexdigest()


def json_hash(value: object) -> str:
    """Over the canonical form of a JSON value."""
    return hashlib.sha256(canonical(value)).hexdigest()


def card_hash(card: ModelCard) -> str:
    """Over what the card says, however its file is laid out."""
    return json_hash(card_to_json(card))


def region_to_json(region: Shape | None) -> dict[str, object] | None:
    """The outline with all its digits; None for the whole slide."""
    if region is None:
        return None
    rings = [[[point.x, point.y] for point in ring] for ring in region.rings]
    return {"kind": region.kind, "starts": list(region.starts), "rings": rings}


def region_from_json(said: Mapping[str, Any] | None) -> Shape | None:
    """The outline that was written by `region_to_json`."""
    if said is None:
        return None
    rings = tuple(tuple(Point(float(x), float(y)) for x, y in ring) for ring in said["rings"])
    return Shape(rings, said["kind"], tuple(int(start) for start in said["starts"]))


def _head(kind: str, who: str, versions: Mapping[str, str], device: str) -> Statement:
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "notice": NOTICE,
        "kind": kind,
        "written": datetime.now().astimezone().isoformat(timespec="seconds"),
        "written_by": f"Parfocal {__version__}",
        "who": who,
        "versions": {name: plain(value) for name, value in versions.items()},
        "device": plain(device),
    }


def _model(card: ModelCard, weights: str) -> dict[str, object]:
    return {
        "name": card.name,
        "version": card.version,
        "weights_sha256": weights,
        "card_sha256": card_hash(card),
    }


def _analysis(analysis: Any) -> dict[str, object]:
    """Of slides and of CT alike."""
    made = analysis.provenance
    return {
        "started": made.started,
        "seconds": made.seconds,
        "complete": analysis.complete,
        "parameters": _finite({name: plain(value) for name, value in made.parameters.items()}),
        "notes": [plain(note) for note in analysis.notes],
    }


def _of_the_slide(analysis: Analysis) -> dict[str, object]:
    """Left out where there is none: records of earlier versions say nothing of it."""
    answer = analysis.slide_answer
    return {} if answer is None else {"slide_probabilities": list(answer.probabilities)}


def _annotations(drawn: Sequence[Annotation]) -> dict[str, object]:
    return {"count": len(drawn), "sha256": json_hash([_finite(feature_of(one)) for one in drawn])}


def _figure(figure: Picture) -> dict[str, object]:
    """By its pixels: the same picture is the same whatever file it stands in."""
    pixels = np.asarray(figure.image.convert("RGB"))
    size = f"{pixels.shape}".encode()
    sha256 = hashlib.sha256(size + np.ascontiguousarray(pixels).tobytes()).hexdigest()
    return {"name": figure.name, "size_px": list(figure.image.size), "pixels_sha256": sha256}


def _finite(value: object) -> object:
    """Numbers that JSON does not have become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value
