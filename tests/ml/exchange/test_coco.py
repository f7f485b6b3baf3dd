"""COCO: masks against pycocotools' own, files by a strict schema, and files that are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem
from ml.exchange.coco_mask import area_of_mask, counts_of
from ml.exchange.contract import About, Document, Read
from ml.exchange.formats import read, write
from ml.geometry import Point, Rect, Size

# Made by pycocotools 2.0 out of the array in `test_a_mask_of_pycocotools`.
PACKED = "c2<8000000GK35MK35MK35MK35600000000000000Q3`1aNVN"
SQUARE = [0, 0, 10, 0, 10, 10, 0, 10]


def check_as_coco(path: Path) -> dict:
    """What the data format of COCO asks for: lists, keys, ids that are there, boxes around outlines."""
    document = json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert document.keys() == {"images", "categories", "annotations"}
    (image,) = document["images"]
    assert {"id", "file_name", "width", "height"} <= image.keys()
    categories = {category["id"] for category in document["categories"]}
    assert len(categories) == len(document["categories"])
    assert len({entry["id"] for entry in document["annotations"]}) == len(document["annotations"])
    for entry in document["annotations"]:
        assert entry["image_id"] == image["id"]
        assert entry["category_id"] in categories
        assert entry["iscrowd"] == 0
        x, y, width, height = entry["bbox"]
        assert width >= 0 <= height
        for flat in entry["segmentation"]:
            assert len(flat) >= 6
            assert len(flat) % 2 == 0
            assert min(flat[::2]) >= x - 1e-9
            assert max(flat[1::2]) <= y + height + 1e-9
        if "keypoints" in entry:
            assert len(entry["keypoints"]) == 3 * entry["num_keypoints"]
    return document


def test_what_is_written(tmp_path: Path) -> None:
    ring, hole, far = (
        Shape.rectangle(r).rings[0]
        for r in (Rect(10, 10, 100, 80), Rect(20, 20, 10, 10), Rect(150, 10, 20, 20))
    )
    drawn = [
        Annotation(
            Shape((ring, hole, far), "polygon", (0, 2)), "holed", "Tumor", (1, 2, 3), True, {"a": 1.5}
        ),
        Annotation(Shape.points([Point(3, 4), Point(9, 9)]), "dots", "Tumor: Cell", metadata={"By": "me"}),
        Annotation(Shape.rectangle(Rect(5.25, 5, 50, 20))),
        Annotation(Shape.line((Point(0, 0), Point(5, 5))), "way"),
    ]
    path = tmp_path / "a.json"
    written = write(path, Document(drawn, {"Tumor": (200, 0, 0)}, About("s.svs", Size(200, 100))))
    document = check_as_coco(path)
    assert document["images"][0] == {"id": 1, "file_name": "s.svs", "width": 200, "height": 100}
    assert [c["name"] for c in document["categories"]] == ["Tumor", "Tumor: Cell", "unclassified"]
    assert document["categories"][0]["color"] == [200, 0, 0]
    assert document["categories"][1]["supercategory"] == "Tumor"
    holed, dots, box = document["annotations"]
    assert holed["area"] == 100 * 80 - 100 + 400
    assert len(holed["segmentation"]) == 2
    assert (holed["attributes"], dots["attributes"]) == ({"a": 1.5}, {"By": "me"})
    assert dots["keypoints"] == [3, 4, 2, 9, 9, 2]
    assert box["bbox"] == [5.25, 5, 50, 20]
    assert written.lost == (
        "COCO has no holes: a line of no width joins them to the outline (“holed”).",
        "COCO has no lines: left out (“way”).",
    )
    back = read(path)
    assert back.annotations[0].shape.polygon.equals(drawn[0].shape.polygon)
    assert back.annotations[1:] == tuple(drawn[1:3])
    assert back.annotations[0].id == drawn[0].id


@pytest.mark.filterwarnings("ignore")  # its own affair
def test_pycocotools_reads_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    ring, hole = (Shape.rectangle(r).rings[0] for r in (Rect(10, 10, 100, 80), Rect(20, 20, 10, 10)))
    write(
        tmp_path / "a.json",
        Document([Annotation(Shape((ring, hole)), "", "A")], {}, About(size=Size(200, 100))),
    )
    found = coco.COCO(str(tmp_path / "a.json"))
    capsys.readouterr()
    (entry,) = found.loadAnns(found.getAnnIds())
    assert found.annToMask(entry).sum() == 7900


def test_a_mask_of_pycocotools() -> None:
    pixels = np.zeros((20, 31), bool)
    pixels[3:15, 4:20] = True
    pixels[6:9, 8:12] = False
    pixels[:, 25:28] = True
    pixels[18:, 30] = True
    shape = area_of_mask({"size": [20, 31], "counts": PACKED})
    y, x = np.mgrid[0:20, 0:31] + 0.5
    assert (shape.holds(x, y) == pixels).all()
    assert shape.area == pixels.sum()
    assert len(shape.starts) == 3
    assert len(shape.rings) == 4
    assert counts_of(PACKED)[0] == 83
    plain = area_of_mask({"size": [20, 31], "counts": counts_of(PACKED)})
    assert plain == shape


def parse(tmp_path: Path, document: object, about: About | None = None) -> Read:
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    return read(tmp_path / "a.json", about)


def coco(*entries: dict, **more: object) -> dict:
    categories = [{"id": 7, "name": "Mitosis", "supercategory": "cell", "color": [9, 8, 7]}]
    images = [{"id": 3, "file_name": "one.svs"}, {"id": 4, "file_name": "deep/two.svs"}]
    annotations = [{"id": n, "image_id": 3, "category_id": 7, **entry} for n, entry in enumerate(entries)]
    return {"images": images, "annotations": annotations, "categories": categories, **more}


def test_what_others_write(tmp_path: Path) -> None:
    found = parse(
        tmp_path,
        coco(
            {"bbox": [1, 2, 3, 4], "score": 0.5, "iscrowd": 0},
            {"segmentation": SQUARE, "bbox": [0, 0, 10, 10]},
            {"segmentation": [SQUARE, [5, 5, 15, 5, 15, 15, 5, 15]], "iscrowd": 1, "odd": 1},
            {
                "keypoints": [1, 2, 2, 0, 0, 0, 5, 6, 1],
                "num_keypoints": 2,
                "attributes": {"sure": True, "z": None},
            },
            {"segmentation": {"size": [20, 31], "counts": PACKED}, "category_id": 9},
            info={"year": 2026},
        ),
    )
    box, square, both, points, mask = found.annotations
    assert box.shape == Shape.rectangle(Rect(1, 2, 3, 4))
    assert box.measurements == {"score": 0.5}
    assert (box.class_name, box.color) == ("Mitosis", (9, 8, 7))
    assert square.shape == Shape.rectangle(Rect(0, 0, 10, 10))
    assert both.shape.area == 175  # what both cover together
    assert points.shape == Shape.points([Point(1, 2), Point(5, 6)])
    assert points.metadata == {"sure": "true"}
    assert mask.class_name == "9"
    assert found.left_out == (
        "Supercategories are not carried (“Mitosis”).",
        "“odd” is not carried (annotation 3).",
        "That it marks a crowd is not carried (annotation 3).",
        "The attribute “z” is neither a number nor a text: left out (annotation 4).",
        "Its category is not in the file: its number is its class (annotation 5).",
    )


def test_of_several_pictures_the_slide_s_own_is_taken(tmp_path: Path) -> None:
    document = coco({"bbox": [1, 2, 3, 4]}, {"bbox": [5, 6, 7, 8], "image_id": 4})
    found = parse(tmp_path, document, About("two.tif"))
    assert [a.shape.bounds for a in found.annotations] == [Rect(5, 6, 7, 8)]
    assert "Annotations of other pictures are left out (1)." in found.left_out
    with pytest.raises(Problem, match="2 pictures"):
        parse(tmp_path, document)


def test_a_bare_list_of_results(tmp_path: Path) -> None:
    found = parse(tmp_path, [{"image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.25}])
    assert found.format == "coco"
    assert found.annotations[0].measurements == {"score": 0.25}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, "annotation 1: it has neither an outline nor a box"),
        ({"bbox": [1, 2, "3", 4]}, "no number of pixels: 3"),
        ({"bbox": [1, 2, 10**12, 4]}, "no number of pixels"),
        ({"segmentation": [[1, 2, 3, 4, 5]]}, "three places"),
        ({"keypoints": [1, 2]}, "no triples"),
        ({"keypoints": [1, 2, 0]}, "none of its key points"),
        ({"segmentation": {"size": [2, 2], "counts": [1, 1]}}, "make 2 px, not 2 × 2"),
        ({"segmentation": {"size": [2, 2], "counts": [4]}}, "mask is empty"),
        ({"segmentation": {"size": [2, -2], "counts": [4]}}, "two whole numbers"),
        ({"segmentation": {"size": [2, 2], "counts": "µ"}}, "stands for nothing"),
        ({"segmentation": {"counts": "00"}}, "no size"),
        ({"segmentation": {"size": [2, 2], "counts": [1.5]}}, "no whole numbers"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, entry: dict, said: str) -> None:
    with pytest.raises(Problem) as caught:
        parse(tmp_path, coco(entry))
    assert "a.json" in caught.value.what
    assert said in caught.value.what


def test_a_cut_file_is_named_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"images": [],\n"annotations": [{"id": 1,', encoding="utf-8")
    with pytest.raises(Problem, match="line 2, column"):
        read(tmp_path / "a.json")


@pytest.mark.data
def test_real_outlines(real_data: Path, tmp_path: Path) -> None:
    found = read(real_data / "annotations" / "dlup_qupath05.geojson")
    write(tmp_path / "a.json", Document(found.annotations, found.classes))
    check_as_coco(tmp_path / "a.json")
    for one, other in zip(found.annotations, read(tmp_path / "a.json").annotations, strict=True):
        assert shapely.equals(one.shape.polygon, other.shape.polygon)
        assert (one.id, one.name, one.color, one.class_name) == (
            other.id,
            other.name,
            other.color,
            other.class_name,
        )
