"""Lesions that people drew where a model missed them are gathered from the case library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect, Size, Spacing
from ml.patches import PatchGrid
from ml.results.analysis import Analysis, Provenance
from ml.results.boxes import BoxRule, find_boxes
from ml.results.scores import Scores
from ml.slide.slide import KnownSpacing
from ml.train.corrected import Question, Said
from viewer.cases.library import Library
from viewer.cases.values import Item, ItemFacts
from viewer.state.kept import as_json
from viewer.work.told import Found, OnTable, told_in

LESION = Question(("lesion",), several=True, sought=True)
SPACING = KnownSpacing(Spacing.square(0.5), "the file")
REGION = Annotation(Shape.rectangle(Rect(0, 0, 640, 640)), class_name="lesion")
RULE = BoxRule(class_index=0, threshold=0.5, smoothing=0.0, gap=0, least_patches=1)


@pytest.fixture
def slide(library: Library, tmp_path: Path) -> Item:
    path = tmp_path / "a.svs"
    path.write_bytes(b"a slide")
    item = library.add(library.new_case("One").id, ItemFacts("slide", path, "", "a.svs", {}))
    library.commit(item.id, Change((), (REGION,), "Draw rectangle"))
    return item


def analysis() -> Analysis:
    """A region in which one patch is called a lesion."""
    grid = PatchGrid.over(REGION.shape, Size(1000, 1000), Size(64, 64), 64)
    scores = Scores.empty(grid, ("lesion",))
    scores.values[grid.kept] = 0.1
    scores.values[2, 3, 0] = 0.9
    made = Provenance("a.svs", "", Size(1000, 1000), SPACING, "graft", "1", "", "CPU", "2026-11-26T02:00", 1)
    return Analysis(REGION.shape, scores, None, made)


def drawn(x: float, class_name: str = "lesion") -> Annotation:
    return Annotation(Shape.rectangle(Rect(x, 20, 50, 50)), class_name=class_name)


def said(library: Library, question: Question = LESION) -> tuple[Said, ...]:
    (told,) = told_in(library, question, {})
    return told.slide.said


def test_an_outline_on_an_analyzed_slide_is_learned_from_with_who_drew_it_and_when(
    library: Library, slide: Item
) -> None:
    missed = drawn(30, "")
    library.commit(slide.id, Change((), (missed,), "Draw rectangle"))
    named = missed.but(class_name="lesion")
    library.commit(slide.id, Change((missed,), (named,), "Class “lesion”"))
    assert said(library) == ()  # nothing was looked for on this slide: nothing was missed
    library.keep_analysis(slide.id, analysis())
    (one,) = said(library)  # and the region that was analyzed says where to look, no more
    assert (one.shape, one.label, one.source) == (named.shape, "lesion", "drawn by person")
    first = next(edit for edit in library.history(slide.id) if missed in edit.change.added)
    assert (one.by, one.at, one.drawn) == ("Dr. A", first.at, missed.id)
    assert said(library, replace(LESION, classes=("nerve",))) == ()
    library.commit(slide.id, Change((named,), (), "Delete annotation"))
    assert said(library) == ()


def test_what_came_from_a_file_was_drawn_by_nobody_knows_whom(library: Library, slide: Item) -> None:
    library.keep_analysis(slide.id, analysis())
    library.commit(slide.id, Change((), (drawn(30), drawn(90)), "Import annotations (2)"))
    assert said(library) == ()


def test_what_was_drawn_a_moment_ago_counts_before_it_is_written(library: Library, slide: Item) -> None:
    found = Found({}, {}, ("lesion",), "graft", "2026-11-26T02:00", REGION.shape)
    here = OnTable((REGION, drawn(30)), (), found)
    (told,) = told_in(library, LESION, {slide.path: here})
    (one,) = told.slide.said
    assert (one.shape, one.by) == (drawn(30).shape, "Dr. A")
    assert one.at


@pytest.mark.parametrize("over", [True, False])
def test_a_rejected_box_where_a_person_drew_is_not_nothing(library: Library, slide: Item, over: bool) -> None:
    found = analysis()
    (box,) = find_boxes(found.scores, RULE, SPACING.spacing)
    library.set_state(slide.id, "model", {"rule": as_json(RULE), "accepted": []})
    library.decide(library.keep_analysis(slide.id, found), box.key, "rejected")
    assert [one.source for one in said(library)] == ["rejected by person"]
    place = box.rect if over else Rect(box.rect.right + 64, box.rect.y, 64, 64)
    missed = Annotation(Shape.rectangle(place), class_name="lesion")
    library.commit(slide.id, Change((), (missed,), "Draw rectangle"))
    wanted = ["drawn by person"] if over else ["drawn by person", "rejected by person"]
    assert [one.source for one in said(library)] == wanted
