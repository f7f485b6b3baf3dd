"""What people said of CT series is gathered from the case library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ml.results.ct_analysis import CtAnalysis, CtProvenance
from ml.results.ct_findings import find_ct
from ml.results.ct_scores import CtScores
from ml.train.corrected import Question
from viewer.cases.library import Library
from viewer.cases.values import Item, ItemFacts
from viewer.state.learning import SliceAnswer, SliceQueue
from viewer.work.told_series import FoundInSeries, SeriesHere, told_series_in

MADE = CtProvenance("1.2.3", "ab" * 32, 7, (16, 12), "heads", "2", "cd" * 32, "CPU", "2026-11-26T02:00", 3.5)
BLEED = Question(("bleed",), several=True)
TWO = Question(("epidural", "any"), several=True)


@pytest.fixture
def series(library: Library, tmp_path: Path) -> Item:
    folder = tmp_path / "head"
    folder.mkdir()
    facts = ItemFacts("ct", folder, "", "Head", {"series": "1.2.3#0"})
    return library.add(library.new_case("One").id, facts)


def analysis(*classes: str) -> CtAnalysis:
    """Slices 1 and 2, and slice 6, are found of the first class."""
    scores = CtScores.empty(7, classes)
    scores.values[:] = 0.1
    scores.values[[1, 2, 6], 0] = 0.9
    scores.spread[:] = 0
    return CtAnalysis(scores, (0.5,) * len(classes), MADE, ())


def answer(uid: str, label: str) -> SliceAnswer:
    return SliceAnswer(uid, label, "me@here", "now", "heads", "2", "cd" * 32, "r1", "any 90%", "0.8")


def test_findings_of_the_only_class_say_what_their_slices_show(library: Library, series: Item) -> None:
    found = analysis("bleed")
    number = library.keep_analysis(series.id, found)
    first, second = sorted(find_ct(found.scores, found.thresholds, "1.2.3"), key=lambda one: one.first)
    assert told_series_in(library, BLEED, {}) == ()  # nobody looked at them
    library.decide(number, first.key, "accepted")
    library.decide(number, second.key, "rejected")
    (told,) = told_series_in(library, BLEED, {})
    assert (told.path, told.series, told.answered) == (series.path, "1.2.3#0", ())
    yes, no = sorted(told.decided, key=lambda one: one.first)
    assert (yes.first, yes.last, yes.says, yes.source) == (1, 2, {"bleed": True}, "corrected by person")
    assert (no.first, no.last, no.says, no.source) == (6, 6, {"bleed": False}, "rejected by person")
    assert (yes.by, yes.model, yes.run) == ("Dr. A", "heads", "2026-11-26T02:00")
    assert yes.at
    here = FoundInSeries((first, second), {second.key: "accepted"}, ("bleed",), "heads", "2026-11-26T02:00")
    (now,) = told_series_in(library, BLEED, {"1.2.3#0": SeriesHere({}, here)})[0].decided
    assert (now.first, now.says, now.by) == (
        6,
        {"bleed": True},
        "Dr. A",
    )  # said a moment ago, not written yet
    library.decide(number, first.key, "open")
    library.decide(number, second.key, "open")
    assert told_series_in(library, BLEED, {}) == ()


def test_of_several_classes_a_verdict_is_about_its_own_and_an_answer_about_all(
    library: Library, series: Item
) -> None:
    found = analysis("epidural", "any")
    number = library.keep_analysis(series.id, found)
    first = find_ct(found.scores, found.thresholds, "1.2.3")[0]
    library.decide(number, first.key, "accepted")
    (one,) = told_series_in(library, TWO, {})[0].decided
    assert (one.first, one.last, one.says) == (1, 2, {"epidural": True})  # of “any” nobody said anything
    (one,) = told_series_in(library, replace(TWO, several=False), {})[0].decided
    assert one.says == {"epidural": True, "any": False}  # where one alone can hold
    library.decide(number, first.key, "rejected")
    (one,) = told_series_in(library, replace(TWO, several=False), {})[0].decided
    assert one.says == {"epidural": False}
    assert told_series_in(library, replace(TWO, classes=("left", "any")), {}) == ()
    library.decide(number, first.key, "open")
    here = {"u1": answer("u1", "epidural: any"), "u2": answer("u2", "None of them"), "u3": answer("u3", "")}
    (told,) = told_series_in(library, TWO, {"1.2.3#0": SeriesHere(here)})
    assert [(one.uid, one.held) for one in told.answered] == [("u1", ("epidural", "any")), ("u2", ())]
    assert {(one.source, one.by, one.run) for one in told.answered} == {
        ("labelled in queue", "me@here", "r1")
    }
    assert (
        told_series_in(library, replace(TWO, classes=("left",)), {"1.2.3#0": SeriesHere({"u1": here["u1"]})})
        == ()
    )


def test_what_was_kept_counts_where_the_series_is_closed(library: Library, series: Item) -> None:
    queue = SliceQueue("heads", "2", "", "r1", TWO.classes, ())
    notes = {"queue": {**queue.__dict__, "class_names": list(TWO.classes), "asked": []}}
    library.set_state(series.id, "learning", {**notes, "answers": [answer("u1", "any").__dict__]})
    (told,) = told_series_in(library, TWO, {})
    assert [(one.uid, one.held) for one in told.answered] == [("u1", ("any",))]
    series.path.rmdir()
    assert told_series_in(library, TWO, {}) == ()
