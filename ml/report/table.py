"""Tables for other programs: one row a patch as WSInfer writes it, and one row a box."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from ml.report.atomic import whole_file
from ml.report.content import BoxFacts
from ml.results.scores import Scores

BOX_COLUMNS = (
    "number",
    "class",
    "verdict",
    "score",
    "peak",
    "patches",
    "area_mm2",
    "minx",
    "miny",
    "width",
    "height",
    "center_x_mm",
    "center_y_mm",
    "rule",
    "key",
)


def write_results(scores: Scores, path: Path) -> None:
    """Write `results.csv`: `minx,miny,width,height` in level-0 px and `prob_<class>`, one row a scored patch.

    Rows are in the order of the grid. A probability has as many digits as tell its float32 from the next one.
    Where the model knows its training data, `strangeness` is last: above 1 a patch is unlike them.
    Raises `Problem` when it cannot be written.
    """
    grid, scored = scores.grid, scores.scored
    places = grid.rects()[scored].astype(int).tolist()
    values = scores.values[scored]
    head = ["minx", "miny", "width", "height", *(f"prob_{name}" for name in scores.class_names)]
    rows: Iterable[tuple[object, ...]]
    rows = ((*place, *map(str, row)) for place, row in zip(places, values, strict=True))
    if scores.strangeness is not None:
        head.append("strangeness")
        strange = scores.strangeness[scored]
        rows = ((*row, f"{value:.3f}") for row, value in zip(rows, strange, strict=True))
    write_rows(path, head, rows)


def write_boxes(boxes: Sequence[BoxFacts], path: Path) -> None:
    """Write `boxes.csv`: the boxes of the report with their numbers and verdicts, places in level-0 px.

    Raises `Problem` when it cannot be written.
    """
    rows = (
        (
            box.number,
            box.class_name,
            box.verdict,
            f"{box.score:.6f}",
            f"{box.peak:.6f}",
            box.patches,
            f"{box.area_mm2:.6g}",
            *(f"{value:g}" if value % 1 else int(value) for value in _place(box)),
            f"{box.center_x_mm:.4f}",
            f"{box.center_y_mm:.4f}",
            box.rule,
            box.key,
        )
        for box in boxes
    )
    write_rows(path, BOX_COLUMNS, rows)


def _place(box: BoxFacts) -> tuple[float, float, float, float]:
    return box.x_px, box.y_px, box.width_px, box.height_px


def write_rows(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table with a head, whole or not at all. Raises `Problem` when it cannot be written."""
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
