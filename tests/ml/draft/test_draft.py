"""Drafts: round trips, orders, what is missing, what another template takes over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.draft.draft import (
    AnySection,
    Draft,
    Figure,
    FigureSection,
    FormSection,
    Header,
    ProvenanceSection,
    TableSection,
    TextSection,
    rebased,
)
from ml.draft.draft_json import from_json, to_json
from ml.draft.field import KINDS, Field, answered, fault_of, in_words
from ml.draft.store import FolderDrafts
from ml.draft.template import parse_template
from ml.errors import Problem
from tests.ml.draft.conftest import TEMPLATE

words = st.text(max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False)
values = st.one_of(st.none(), words, st.booleans(), numbers, st.lists(words, max_size=3).map(tuple))
named = st.lists(st.tuples(words, values), max_size=3).map(tuple)
fields = st.lists(
    st.builds(
        Field,
        name=words,
        title=words,
        kind=st.sampled_from(KINDS),
        unit=words,
        required=st.booleans(),
        options=st.lists(words, max_size=3).map(tuple),
        least=st.none() | numbers,
        most=st.none() | numbers,
        other=st.booleans(),
        help=words,
    ),
    max_size=3,
).map(tuple)
figures = st.lists(
    st.builds(Figure, source=words, title=words, caption=words, shown=st.booleans()), max_size=3
).map(tuple)
section: st.SearchStrategy[AnySection] = st.one_of(
    st.builds(TextSection, words, words, st.booleans(), words=words, text=st.none() | words),
    st.builds(FormSection, words, words, st.booleans(), fields=fields, values=named),
    st.builds(FigureSection, words, words, st.booleans(), figures=figures),
    st.builds(TableSection, words, words, st.booleans(), table=words),
    st.builds(ProvenanceSection, words, words, st.booleans()),
)
drafts = st.builds(
    Draft,
    template=words,
    subject=st.sampled_from(("slide", "ct")),
    header=st.builds(
        Header, title=words, hospital=words, logo=words, author=words, fields=fields, values=named
    ),
    sections=st.lists(section, max_size=6, unique_by=lambda s: s.key).map(tuple),
)


@given(drafts)
def test_json_keeps_everything(draft: Draft) -> None:
    told = to_json(draft)
    again = from_json(told)
    assert again == draft
    assert to_json(again) == told


@given(drafts, st.randoms())
def test_any_order_keeps_every_section(draft: Draft, chance: object) -> None:
    keys = [s.key for s in draft.sections]
    chance.shuffle(keys)  # type: ignore[attr-defined]
    moved = draft.reordered(tuple(keys))
    assert [s.key for s in moved.sections] == keys
    assert set(moved.sections) == set(draft.sections)
    assert moved.reordered(tuple(s.key for s in draft.sections)) == draft


@given(drafts, section, st.integers(0, 6))
def test_what_is_added_can_be_taken_out_again(draft: Draft, new: AnySection, place: int) -> None:
    place = min(place, len(draft.sections))
    added = draft.added(new, place)
    keys = [s.key for s in added.sections]
    assert len(set(keys)) == len(keys) == len(draft.sections) + 1
    assert replace(added.sections[place], key=new.key) == new
    assert added.without(keys[place]) == draft


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": "other"}',
        '{"schema": "parfocal-report-draft", "schema_version": 99}',
        '{"schema": "parfocal-report-draft", "schema_version": 1, "template": "x", "subject": "cat",'
        ' "header": {}, "sections": []}',
    ],
)
def test_what_is_no_draft_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_json(text)


def test_reordering_wants_all_sections() -> None:
    draft = parse_template(TEMPLATE, "everything.toml").draft
    with pytest.raises(ValueError, match="sections"):
        draft.reordered(("comment",))


def test_missing_fields_are_named_in_the_order_of_the_report() -> None:
    draft = parse_template(TEMPLATE, "everything.toml").draft
    assert [(m.section, m.field, m.words) for m in draft.missing] == [
        ("", "case", "Case"),
        ("synopsis", "size", "Synopsis: Largest extent"),
    ]
    draft = draft.answer("", "case", "7").answer("synopsis", "size", 120.0)
    assert [m.words for m in draft.missing] == ["Synopsis: Largest extent. From 0 to 99.5 mm."]
    hidden = draft.put(replace(draft.section("synopsis"), shown=False))
    assert not hidden.missing, "what is not in the report need not be answered"
    assert not draft.answer("synopsis", "size", 0.0).missing, "0 is an answer"


@pytest.mark.parametrize(
    ("field", "value", "fault", "shown"),
    [
        (Field("a", "A", "number", "mm", least=0, most=5), 5.0, "", "5\u202fmm"),
        (Field("a", "A", "number", "mm", least=0, most=5), 5.1, "From 0 to 5 mm.", "5.1\u202fmm"),
        (Field("a", "A", "number", least=1), 0.0, "At least 1.", "0"),
        (Field("a", "A", "number", most=1), 2.0, "At most 1.", "2"),
        (Field("a", "A", "number"), "2", "Type a number.", "2"),
        (Field("a", "A", "number"), True, "Type a number.", "yes"),
        (Field("a", "A", "number"), 1234567.5, "", "1,234,567.5"),
        (Field("a", "A", "date"), "2026-03-01", "", "1 March 2026"),
        (Field("a", "A", "date"), "1.3.26", "Type a date as year-month-day: 2026-03-01.", "1.3.26"),
        (Field("a", "A", "choice", options=("x",)), "y", "“y” is not among the answers.", "y"),
        (Field("a", "A", "choice", options=("x",), other=True), "y", "", "y"),
        (Field("a", "A", "multi", options=("x", "z")), ("z", "x"), "", "z; x"),
        (Field("a", "A", "multi", options=("x",)), ("y",), "“y” is not among the answers.", "y"),
        (Field("a", "A", "bool"), False, "", "no"),
        (Field("a", "A", "bool"), "no", "Say yes or no.", "no"),
        (Field("a", "A"), 3.0, "Say it in words.", "3.0"),
        (Field("a", "A"), "  ", "", ""),
    ],
)
def test_answers(field: Field, value: object, fault: str, shown: str) -> None:
    assert fault_of(field, value) == fault  # type: ignore[arg-type]
    assert in_words(field, value) == shown  # type: ignore[arg-type]
    assert answered(value) == bool(shown)  # type: ignore[arg-type]


def test_another_template_takes_over_what_fits(draft: Draft) -> None:
    other = """
title = "Other"
subject = "slide"
[[sections]]
key = "comment"
title = "Remarks"
kind = "text"
[[sections]]
key = "form"
title = "Form"
kind = "form"
[[sections.fields]]
name = "size"
type = "number"
most = 20
[[sections.fields]]
name = "grade"
type = "choice"
options = ["low"]
[[sections]]
key = "provenance"
title = "Provenance"
kind = "provenance"
"""
    made = rebased(draft, parse_template(other, "other.toml").draft)
    assert made.template == "other"
    assert made.header.author == "Dr. Ünal"
    form, comment = made.section("form"), made.section("comment")
    assert isinstance(form, FormSection)
    assert form.values == (("size", 12.5),), "an answer that is no answer here is not taken over"
    assert isinstance(comment, TextSection)
    assert comment.text == draft.section("comment").text  # type: ignore[union-attr]
    assert made.pictures == draft.pictures
    assert [s.kind for s in made.sections] == ["text", "form", "figures", "provenance"]


def test_the_store_keeps_and_gives_back(store: FolderDrafts, draft: Draft, picture: bytes) -> None:
    assert store.load("slide-1") is None
    store.save("slide-1", draft)
    store.save("slide-1", draft.without("comment"))
    assert FolderDrafts(store.folder).load("slide-1") == draft.without("comment")
    assert [store.picture(sha) for sha in draft.pictures] == [picture]
    assert sorted(p.name for p in store.folder.iterdir()) == ["pictures", "slide-1.json"]
    store.remove("slide-1")
    assert store.load("slide-1") is None


def test_a_damaged_draft_is_set_aside(store: FolderDrafts) -> None:
    (store.folder / "slide-1.json").write_text("{", encoding="utf-8")
    with pytest.raises(Problem, match="cannot be read"):
        store.load("slide-1")
    assert store.load("slide-1") is None, "a new one can be begun"
    assert (store.folder / "slide-1.damaged").read_text(encoding="utf-8") == "{"


def test_a_damaged_picture_is_not_shown(store: FolderDrafts, picture: bytes) -> None:
    sha = store.keep(picture)
    (store.folder / "pictures" / sha).write_bytes(picture + b"x")
    with pytest.raises(Problem, match="damaged"):
        store.picture(sha)
    with pytest.raises(Problem, match="gone"):
        store.picture("0" * 64)
    with pytest.raises(Problem, match="name"):
        store.picture("../../etc/passwd")


def test_a_full_disk_leaves_the_draft_as_it_was(
    store: FolderDrafts, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save("slide-1", draft)

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(Problem, match="disk is full"):
        store.save("slide-1", draft.without("comment"))
    monkeypatch.undo()
    assert store.load("slide-1") == draft
    assert not list(store.folder.glob(".*"))
