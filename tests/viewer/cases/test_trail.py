"""The audit trail: nobody changes it unnoticed, the database refuses even to try."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from ml.errors import Problem
from tests.viewer.cases.drawn import box, draw
from viewer.cases import trail
from viewer.cases.database import Database, url_of
from viewer.cases.library import Library
from viewer.cases.values import Item

_UNSEAL = {
    "sqlite": ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"],
    "postgresql": ["DROP TRIGGER audit_sealed ON audit"],
}


@pytest.fixture
def told(library: Library, item: Item) -> Library:
    library.commit(item.id, draw(box(1)))
    library.commit(item.id, draw(box(2)))
    library.note(item.case_id, "report", {"file": "r.pdf"}, item.id)
    return library


def tamper(place: Path | str, *statements: str, unseal: bool = True) -> None:
    engine = sa.create_engine(url_of(place))
    try:
        with engine.begin() as connection:
            for statement in [*(_UNSEAL[engine.dialect.name] if unseal else []), *statements]:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def test_it_tells_who_did_what(told: Library, item: Item) -> None:
    entries = told.audit(item.case_id)
    assert [e.kind for e in entries] == ["case created", "item added", "edit", "edit", "report"]
    assert {e.author for e in entries} == {"me"}
    assert [e.facts.get("version") for e in entries[2:4]] == [1, 2]
    assert entries[-1].item_id == item.id
    assert entries == told.audit()
    assert told.check_audit() is None


@pytest.mark.parametrize("statement", ["UPDATE audit SET author = 'you'", "DELETE FROM audit WHERE seq = 3"])
def test_the_database_refuses_to_change_it(told: Library, place: Path | str, statement: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="only ever added to"):
        tamper(place, statement, unseal=False)
    assert told.check_audit() is None


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET author = 'you' WHERE seq = 2", 2),
        ("UPDATE audit SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 4", 4),
        ("UPDATE audit SET case_id = 7 WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 3", 4),
        ("DELETE FROM audit WHERE seq >= 4", 3),
        ("UPDATE journal SET body = (SELECT body FROM journal WHERE version = 2) WHERE version = 1", 3),
        ("UPDATE chain SET seq = 9", 5),
    ],
)
def test_what_was_changed_is_found(told: Library, place: Path | str, statement: str, broken: int) -> None:
    tamper(place, statement)
    found = told.check_audit()
    assert found is not None
    assert found.seq == broken


def test_it_is_exported_so_that_others_can_check_it(told: Library, item: Item, tmp_path: Path) -> None:
    """By nothing but the description: sha256 over the canonical JSON of all fields but the hash."""
    import hashlib

    count = told.export_audit(tmp_path / "trail.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "trail.jsonl").read_text().splitlines()]
    assert count == len(lines) == 5
    before = "0" * 64
    for line in lines:
        said = line.pop("hash")
        facts = json.dumps(line["facts"], sort_keys=True, separators=(",", ":"))
        text = json.dumps(line | {"facts": facts}, sort_keys=True, separators=(",", ":"))
        assert line["before"] == before
        assert hashlib.sha256(text.encode("ascii")).hexdigest() == said
        before = said
    assert told.export_audit(tmp_path / "one.jsonl", item.case_id) == 5
    assert told.export_audit(tmp_path / "none.jsonl", item.case_id + 1) == 0


def test_a_clock_that_is_set_back_disturbs_no_order(
    told: Library, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Earlier(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2001, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(trail, "datetime", Earlier)
    other = told.new_case("Two")
    assert other.created.startswith("2001")
    assert [row.name for row in told.cases()] == ["Two", "One"]
    told.commit(item.id, draw(box(3)))
    assert [row.name for row in told.cases()] == ["One", "Two"]
    assert [edit.version for edit in told.history(item.id)] == [1, 2, 3]
    assert [entry.seq for entry in told.audit()] == list(range(1, 8))
    assert told.check_audit() is None


def test_a_note_about_a_case_that_is_gone_is_kept(told: Library, item: Item) -> None:
    told.delete_case(item.case_id)
    told.note(item.case_id, "report", {"file": "late.pdf"})
    assert told.audit()[-1].facts == {"file": "late.pdf"}


def test_an_address_that_means_nothing_names_no_secret() -> None:
    with pytest.raises(Problem) as refused:
        Database(url_of("oracle://me:secret@host/db"))
    assert "secret" not in refused.value.details()
