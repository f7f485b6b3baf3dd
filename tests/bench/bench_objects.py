"""300,000 boxes on a slide: open, pan, select all, relabel all, undo, pick, one edit, save.

Times are those of the processor, as they say the same on a busy machine. Beside each stands a ratio to what
the bare library needs for the same objects in the same run: shapely's tree for opening and picking, a dict
for relabelling and undo, `json` for saving. The smallest of several runs counts for both.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import shapely

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
OBJECTS = 300_000
EDGE = 90_000
REPEATS = 3


def main() -> int:
    """Make the boxes, then all of it in turn."""
    from PySide6.QtWidgets import QApplication

    from ml.annotation.undisturbed import undisturbed

    app = QApplication([])
    with undisturbed():
        boxes = made()
        for title, mine, bare in measured(boxes):
            ratio = f"   {mine / bare:6.1f} × bare ({bare * 1000:,.2f} ms)" if bare else ""
            print(f"{title:28} {mine * 1000:10,.2f} ms{ratio}")
    app.quit()
    return 0


def made() -> tuple[object, ...]:
    """Boxes of 20 to 60 px in two classes, as a detector leaves them."""
    from ml.annotation.shapes import Annotation, Shape
    from ml.geometry import Rect

    chance = random.Random(7)
    boxes = []
    for number in range(OBJECTS):
        x, y, edge = chance.uniform(0, EDGE), chance.uniform(0, EDGE), chance.uniform(20, 60)
        name, color = ("Tumor", (213, 94, 0)) if number % 3 else ("Stroma", (0, 158, 115))
        shape = Shape.rectangle(Rect(x, y, edge, edge))
        _ = shape.bounds  # as a file leaves them that was read in the background
        key = f"{number:08x}-0000-4000-8000-000000000000"
        boxes.append(Annotation(shape, class_name=name, color=color, id=key, object_type="detection"))
    return tuple(boxes)


def measured(boxes: tuple[object, ...]) -> list[tuple[str, float, float]]:
    """Title, seconds here, seconds of the bare library (0: there is none)."""
    from ml.annotation.document import AnnotationDocument, Change
    from ml.annotation.edits import given
    from ml.geometry import Rect

    bounds = [b.shape.bounds for b in boxes]  # type: ignore[attr-defined]
    corners = [(b.x, b.y, b.right, b.bottom) for b in bounds]
    change = Change((), boxes, "Import")  # type: ignore[arg-type]
    tree = shapely.STRtree(shapely.box(*zip(*corners, strict=True)))
    document = AnnotationDocument()
    document.apply(change)
    window = Rect(EDGE / 2, EDGE / 2, 2000, 1500)
    bare_window = shapely.box(window.x, window.y, window.right, window.bottom)

    def opened() -> None:
        new = AnnotationDocument()
        new.apply(change)
        new.places.touching(window)

    relabelled = given(boxes, "Class", class_name="Other", color=(1, 2, 3))  # type: ignore[arg-type]
    assert relabelled is not None
    turn = [relabelled, relabelled.inverse()]

    def relabel() -> None:
        document.apply(turn[0])
        turn.reverse()

    one = [Change((boxes[5],), (boxes[5].but(name="x"),), "Rename")]  # type: ignore[attr-defined, arg-type]

    def edit() -> None:
        document.apply(one[0])
        one[0] = one[0].inverse()

    plain = {b.id: b for b in boxes}  # type: ignore[attr-defined]
    rows = [
        ("open (document and places)", best(opened), best(lambda: shapely.STRtree(_boxes(corners)))),
        ("what lies in a view", best(lambda: document.places.touching(window), 20),
         best(lambda: tree.query(bare_window), 20)),
        ("relabel all: the edit made", best(lambda: given(boxes, "x", class_name="New")), 0.0),  # type: ignore[arg-type]
        ("relabel or undo: carried out", best(relabel, 4),
         best(lambda: {**plain, **{b.id: b for b in boxes}})),  # type: ignore[attr-defined]
        ("one edit", best(edit, 50), _sqlite()),
    ]  # fmt: skip
    return rows + painted(document, boxes) + saved(boxes)


def painted(document: object, boxes: tuple[object, ...]) -> list[tuple[str, float, float]]:
    """Whole frames of 1280 × 800 at three scales, and the strip that a pan brings."""
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QImage, QPainter

    from ml.geometry import Point
    from viewer.canvas.annotation_layer import AnnotationLayer
    from viewer.canvas.camera import Camera

    layer = AnnotationLayer(document)  # type: ignore[arg-type]
    image = QImage(1280, 800, QImage.Format.Format_ARGB32_Premultiplied)
    rows = []
    for scale in (0.01, 0.1, 0.5):
        camera = Camera(Point(EDGE / 2, EDGE / 2), scale, 1280, 800)
        for title, clip in (("frame", QRectF(0, 0, 1280, 800)), ("strip of 40 px", QRectF(0, 0, 1280, 40))):

            def paint(camera: Camera = camera, clip: QRectF = clip) -> None:
                painter = QPainter(image)
                painter.setClipRect(clip)
                layer.paint(painter, camera)
                painter.end()

            dots, seen = layer.in_cells(camera)
            rows.append((f"{title}, {seen:,} seen, {dots:,} dots", best(paint, 5), 0.0))
    ids = tuple(b.id for b in boxes)  # type: ignore[attr-defined]
    rows.append(
        ("select all, and its frame", best(lambda: (layer.select(()), layer.select(ids), paint())), 0.0)
    )
    layer.close()
    return rows


def saved(boxes: tuple[object, ...]) -> list[tuple[str, float, float]]:
    """GeoJSON, against `json` alone writing the same objects."""
    from ml.exchange.contract import Document
    from ml.exchange.formats import write

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "out.geojson"
        mine = best(lambda: write(path, Document(boxes)), 1)  # type: ignore[arg-type]
        features = json.loads(path.read_text(encoding="utf-8"))
        bare = best(lambda: path.write_text(json.dumps(features), encoding="utf-8"), 1)
    return [("save as GeoJSON", mine, bare)]


def best(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """The least processor time of several runs, in seconds."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def _boxes(corners: list[tuple[float, float, float, float]]) -> object:
    return shapely.box(*zip(*corners, strict=True))


def _sqlite() -> float:
    """One row changed among as many, in memory."""
    base = sqlite3.connect(":memory:")
    base.execute("create table boxes (id text primary key, name text)")
    base.executemany("insert into boxes values (?, ?)", ((str(n), "") for n in range(OBJECTS)))

    def edit() -> None:
        base.execute("update boxes set name = 'x' where id = '5'")
        base.commit()

    seconds = best(edit, 50)
    base.close()
    return seconds


if __name__ == "__main__":
    sys.exit(main())
