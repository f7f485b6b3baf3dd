"""What people said becomes patches: which labels follow, where they lie, that they are the slide's pixels."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ml.annotation.answers import answered
from ml.annotation.corrections import noted, rejected
from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.errors import SpacingUnknown
from ml.geometry import Point, Rect, Size, Spacing
from ml.progress import Progress
from ml.slide.slide import KnownSpacing
from ml.train.corrected import (
    Cut,
    Question,
    Said,
    SlideSaid,
    drawn_of,
    places_of,
    said_of,
    said_of_box,
    write_patches,
)

AB, ABC = Question(("a", "b")), Question(("a", "b", "c"))
RECT = Rect(10, 20, 64, 64)
ASKED = {"Model": "m", "Worth": "0.81"}


def found_by_model(name: str, verdict: str = "open") -> Annotation:
    told = {"Source": "model", "Verdict": verdict, "Model": "m"}
    return Annotation(Shape.rectangle(RECT), class_name=name, metadata=told)


def test_an_answer_is_learned_from_and_not_sure_is_not() -> None:
    yes = answered(RECT, "a", None, "me", "now", ASKED)
    unsure = answered(RECT, None, None, "me", "now", ASKED)
    assert said_of([yes, unsure], AB) == (
        Said(yes.shape, "a", "labelled in queue", "me", "now", "m", "0.81"),
    )
    assert said_of([yes], Question(("x", "y"))) == ()
    assert said_of([yes.but(class_name="b")], AB)[0].label == "b"  # given another class on the slide since


def test_of_a_models_findings_only_what_a_person_looked_at_is_learned_from() -> None:
    assert said_of([found_by_model("a")], AB) == ()
    assert [one.label for one in said_of([found_by_model("a", "accepted")], ABC)] == ["a"]
    before = found_by_model("a")
    after = noted(Change((before,), (before.but(class_name="b"),), "")).added[0]
    assert [(one.label, one.source) for one in said_of([after], ABC)] == [("b", "corrected by person")]
    assert [one.label for one in said_of([rejected(before)], AB)] == ["b"]
    assert said_of([rejected(before)], ABC) == ()  # which of the others it is, nobody said
    assert said_of([Annotation(Shape.rectangle(RECT), class_name="a")], AB) == ()


def of_box(verdict: str, question: Question) -> str | None:
    """The label that follows; None: none."""
    by = Said(Shape.rectangle(RECT), "", "", "me", "now", "m", run="r")
    found = said_of_box(RECT, "a", verdict, question, by)
    assert found is None or (found.by, found.at, found.model, found.run) == ("me", "now", "m", "r")
    return None if found is None else found.label


def test_verdicts_on_boxes_say_the_same() -> None:
    assert [of_box(verdict, AB) for verdict in ("open", "accepted", "rejected")] == [None, "a", "b"]
    assert of_box("rejected", ABC) is None


def test_a_rejected_box_of_what_is_sought_is_nothing_of_it() -> None:
    sought = replace(AB, several=True, sought=True)
    assert [of_box(verdict, sought) for verdict in ("open", "accepted", "rejected")] == [None, "a", ""]
    assert [one.source for one in said_of([rejected(found_by_model("a"))], sought)] == ["rejected by person"]


def test_where_classes_may_hold_together_a_verdict_on_one_says_nothing_of_the_others() -> None:
    several = replace(AB, several=True)
    assert [of_box(verdict, several) for verdict in ("accepted", "rejected")] == [None, None]
    alone = Question(("a",), several=True)
    assert [of_box(verdict, alone) for verdict in ("accepted", "rejected")] == ["a", ""]
    both = answered(RECT, "a: b", None, "me", "now", ASKED)
    assert [one.label for one in said_of([both], several)] == ["a;b"]
    assert [one.label for one in said_of([both.but(class_name="None of them")], several)] == [""]
    assert said_of([both], AB) == ()


def test_what_a_person_drew_says_what_it_is_and_nothing_of_other_classes() -> None:
    drawn = Annotation(Shape.rectangle(RECT), class_name="a")
    said = drawn_of(drawn, ABC)
    assert said == Said(drawn.shape, "a", "drawn by person", drawn=drawn.id)
    sought = replace(AB, several=True, sought=True)
    assert drawn_of(drawn, sought) is not None
    assert drawn_of(drawn, replace(AB, several=True)) is None  # whether it is b, too, nobody said
    for other in (
        drawn.but(class_name=""),
        drawn.but(class_name="x"),
        Annotation(Shape.line((Point(0, 0), Point(9, 9))), class_name="a"),
        found_by_model("a", "accepted"),
        answered(RECT, "a", None, "me", "now", ASKED),
    ):
        assert drawn_of(other, AB) is None


@given(
    st.integers(0, 900), st.integers(0, 900), st.integers(1, 2000), st.integers(1, 2000), st.integers(8, 200)
)
@settings(max_examples=80, deadline=None)
def test_there_is_a_patch_for_every_shape_and_never_too_many(
    x: int, y: int, w: int, h: int, edge: int
) -> None:
    found = places_of(Shape.rectangle(Rect(x, y, w, h)), Size(1000, 1000), Size(edge, edge))
    assert 1 <= len(found) <= 64
    assert len({(one.x, one.y) for one in found}) == len(found)
    assert all(one.width == one.height == edge for one in found)


def test_a_patch_that_was_asked_about_is_exactly_that_patch() -> None:
    assert places_of(Shape.rectangle(RECT), Size(1000, 1000), Size(64, 64)) == (RECT,)


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (512, 512, 3), dtype=np.uint8)
    path = tmp_path / "P7_slide.tif"
    tifffile.imwrite(
        path, pixels, photometric="rgb", tile=(128, 128), resolution=(20_000, 20_000), resolutionunit=3
    )
    return path


def test_the_table_holds_the_slides_pixels_and_where_they_come_from(slide: Path, tmp_path: Path) -> None:
    said = said_of([answered(RECT, "a", None, "me", "now", ASKED)], AB)
    again = replace(said[0], label="b")
    one = SlideSaid(slide, "P7", (said[0], again))
    assert write_patches([one], Cut(64, 0.5), tmp_path / "out", Progress()) == 1
    with (tmp_path / "out" / "cases.csv").open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["label"], line["patient"], line["source"]) == ("b", "P7", "labelled in queue")
    assert (line["slide"], line["x"], line["y"], line["by"]) == (str(slide), "10", "20", "me")
    expected = tifffile.imread(slide)[20:84, 10:74]
    assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / line["file"])), expected)


def test_without_a_pixel_size_nobody_guesses(tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    Image.fromarray(np.zeros((300, 300, 3), np.uint8)).save(path)
    one = SlideSaid(path, "P", (Said(Shape.rectangle(RECT), "a", "labelled in queue"),))
    with pytest.raises(SpacingUnknown):
        write_patches([one], Cut(64, 0.5), tmp_path / "out", Progress())
    typed = replace(one, spacing=KnownSpacing(Spacing.square(0.25), "person"))
    assert write_patches([typed], Cut(64, 0.5), tmp_path / "out", Progress()) == 1
