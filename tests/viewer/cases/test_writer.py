"""The writer's thread: order, waiting, conflicts and what it tells."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem
from ml.geometry import Rect
from viewer.cases.conflict import Conflict, StateChanged
from viewer.cases.database import NotNow
from viewer.cases.library import Library
from viewer.cases.news import News, Refused, SaveState, Theirs, fitting
from viewer.cases.values import Item, ItemFacts
from viewer.cases.writer import Writer


class Ear:
    """Hears what a writer tells, and waits for something in particular."""

    def __init__(self) -> None:
        self.heard: list[News] = []
        self._more = threading.Condition()

    def __call__(self, news: News) -> None:
        with self._more:
            self.heard.append(news)
            self._more.notify_all()

    def wait(self, wanted: Callable[[News], bool]) -> News:
        with self._more:
            assert self._more.wait_for(lambda: any(map(wanted, self.heard)), 20), self.heard
            return next(filter(wanted, self.heard))

    def of(self, kind: type) -> News:
        return self.wait(lambda news: isinstance(news, kind))


def box(x: float, name: str = "") -> Annotation:
    return Annotation(Shape.rectangle(Rect(x, 0, 10, 10)), name=name)


def draw(*annotations: Annotation) -> Change:
    return Change((), annotations, "Draw rectangle")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library.open(tmp_path / "library.sqlite", "me")
    yield opened
    opened.close()


@pytest.fixture
def item(library: Library) -> Item:
    case = library.new_case("One")
    return library.add(case.id, ItemFacts("slide", Path("/slides/a.svs"), "a", "a.svs"))


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def writer(library: Library, ear: Ear) -> Iterator[Writer]:
    opened = Writer(library, ear)
    yield opened
    opened.close(0)


def test_edits_arrive_in_order_and_are_told_as_saved(
    library: Library, item: Item, writer: Writer, ear: Ear
) -> None:
    boxes = [box(n) for n in range(20)]
    for one in boxes:
        writer.commit(item.id, draw(one))
    writer.commit(item.id, Change((boxes[3],), (), "Delete"))
    assert writer.flush(30)
    assert library.annotations(item.id) == (*boxes[:3], *boxes[4:])
    assert writer.state == SaveState("saved")
    assert ear.heard[0] == SaveState("saving", ear.heard[0].waiting)
    assert ear.wait(lambda news: news == SaveState("saved"))


def test_what_cannot_be_saved_waits_and_is_saved_later(
    library: Library, item: Item, writer: Writer, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, open_again = library.commit, threading.Event()

    def commit(*args: object) -> int:
        if not open_again.is_set():
            raise NotNow("The disk is full.", "Make room.")
        return real(*args)

    monkeypatch.setattr(library, "commit", commit)
    one, other = box(1), box(2)
    writer.commit(item.id, draw(one))
    writer.commit(item.id, draw(other))
    failing = ear.wait(lambda news: isinstance(news, SaveState) and news.kind == "failing")
    assert failing.problem.what == "The disk is full."
    assert not writer.flush(0)
    open_again.set()
    assert writer.flush(30)
    assert library.annotations(item.id) == (one, other)


def test_a_conflict_is_held_until_somebody_decides(
    library: Library, item: Item, writer: Writer, ear: Ear
) -> None:
    document = AnnotationDocument()
    one = box(1)
    document.apply(draw(one))
    version = library.commit(item.id, draw(one))
    writer.opened(item.id, version)
    theirs, mine, mine_too = (
        replace(one, name="theirs"),
        replace(one, name="mine"),
        replace(one, name="mine too"),
    )
    library.commit(item.id, Change((one,), (theirs,), "Name"))
    for change in (Change((one,), (mine,), "Name"), draw(box(5)), Change((mine,), (mine_too,), "Name")):
        document.apply(change)
        writer.commit(item.id, change)
    conflict = ear.of(Conflict)
    assert conflict.disputed[0].theirs == theirs
    ear.wait(lambda news: isinstance(news, SaveState) and news.kind == "asking")
    writer.settle(item.id, "both")
    assert writer.flush(30)
    for news in [news for news in ear.heard if isinstance(news, Theirs)]:
        document.apply(fitting(document, news.change))
        writer.shown(item.id, news.version)
    kept = library.annotations(item.id)
    assert sorted(a.name for a in kept) == ["", "mine too", "theirs"]
    assert {a.id: a for a in document} == {a.id: a for a in kept}


def test_edits_that_nobody_decided_about_outlive_the_program(
    library: Library, item: Item, writer: Writer, ear: Ear
) -> None:
    one = box(1)
    writer.opened(item.id, library.commit(item.id, draw(one)))
    theirs, mine = replace(one, name="theirs"), replace(one, name="mine")
    library.commit(item.id, Change((one,), (theirs,), "Name"))
    writer.commit(item.id, Change((one,), (mine,), "Name"))
    ear.wait(lambda news: isinstance(news, SaveState) and news.kind == "asking")
    writer.commit(item.id, Change((mine,), (replace(mine, name="mine too"),), "Name"))
    ear.wait(lambda news: isinstance(news, SaveState) and news == SaveState("asking", 2))
    assert not writer.flush(60)  # at once: it waits for a person
    assert not writer.close(60)
    later = Ear()
    again = Writer(library, later)
    document = AnnotationDocument()
    document.apply(draw(*library.annotations(item.id)))
    again.opened(item.id, library.item(item.id).version)
    told = later.of(Theirs)
    assert again.close()
    document.apply(fitting(document, told.change))
    assert sorted(a.name for a in library.annotations(item.id)) == ["mine too", "theirs"]
    assert tuple(document) == library.annotations(item.id)
    last = Writer(library)
    last.opened(item.id, library.item(item.id).version)
    assert last.close()
    assert len(library.annotations(item.id)) == 2
    assert library.check_audit() is None


def test_edits_of_others_are_told(library: Library, item: Item, writer: Writer, ear: Ear) -> None:
    writer.opened(item.id, 0)
    theirs, mine = box(1), box(2)
    library.commit(item.id, draw(theirs))
    writer.commit(item.id, draw(mine))
    told = ear.of(Theirs)
    assert told.change.added == (theirs,)
    assert writer.flush(30)
    assert library.annotations(item.id) == (theirs, mine)


def test_what_can_never_be_saved_is_told_and_holds_up_nothing(
    library: Library, item: Item, writer: Writer, ear: Ear
) -> None:
    other = library.add(item.case_id, ItemFacts("slide", Path("/slides/b.svs"), "b", "b.svs"))
    library.remove_item(item.id)
    writer.commit(item.id, draw(box(1)))
    writer.commit(other.id, draw(box(2)))
    writer.do("Break", lambda _: 1 / 0)
    assert writer.flush(30)
    refused = [news for news in ear.heard if isinstance(news, Refused)]
    assert [news.title for news in refused] == ["Draw rectangle", "Break"]
    assert all(isinstance(news.problem, Problem) for news in refused)
    assert len(library.annotations(other.id)) == 1


def test_a_state_that_waits_is_replaced(library: Library, item: Item, writer: Writer, ear: Ear) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold_up(_: Library) -> None:
        begun.set()
        assert go_on.wait(20)

    writer.do("Wait", hold_up)
    assert begun.wait(20)
    for number in range(50):
        writer.set_state(item.id, "view", number)
        writer.set_state(item.id, "comment", number, base=number - 1 if number else None)
    assert writer.state.waiting == 3
    go_on.set()
    assert writer.flush(30)
    assert (library.state(item.id, "view"), library.state(item.id, "comment")) == (49, 49)
    library.set_state(item.id, "comment", "theirs")
    writer.set_state(item.id, "comment", "mine", base=49)
    told = ear.of(StateChanged)
    assert (told.theirs, told.mine) == ("theirs", "mine")
    assert writer.flush(30)
    assert library.state(item.id, "comment") == "theirs"
