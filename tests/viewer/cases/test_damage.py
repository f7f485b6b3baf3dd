"""A damaged library: set aside, the last good backup opened, what came after read from it, and said so."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ml.errors import Problem
from ml.library_file import backups_of, flaw_of, folder_of
from tests.viewer.cases.drawn import box, draw
from viewer.cases import backups
from viewer.cases.backups import BackupRule, is_due
from viewer.cases.library import Library
from viewer.cases.values import ItemFacts

PAGE = 4096


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A library with 3 edits in its backup and 40 after it, two of another case that is newer too."""
    file = tmp_path / "library.sqlite"
    library = Library.open(file, "me")
    case = library.new_case("One")
    item = library.add(case.id, ItemFacts("slide", Path("/a"), "a", "a.svs"))
    for n in range(3):
        library.commit(item.id, draw(box(n, "early")))
    library.backup()
    for n in range(38):
        library.commit(item.id, draw(*(box(n, "late") for _ in range(30))))
    library.set_state(item.id, "comment", "late")
    other = library.add(library.new_case("Two").id, ItemFacts("slide", Path("/b"), "b", "b.svs"))
    library.commit(other.id, draw(box(1, "other")))
    library.commit(other.id, draw(box(2, "other")))
    library.close()
    return file


def root_of(file: Path, table: str) -> int:
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    return int(found[0])


def spoil_root(*tables: str) -> Callable[[Path], None]:
    def spoil(file: Path) -> None:
        with file.open("r+b") as raw:
            for table in tables:
                raw.seek((root_of(file, table) - 1) * PAGE)
                raw.write(random.Random(1).randbytes(PAGE))

    return spoil


def all_names(library: Library) -> list[str]:
    found = [
        a.name for row in library.cases() for i in library.items(row.id) for a in library.annotations(i.id)
    ]
    return sorted(found)


EARLY, LATE, OTHER = ["early"] * 3, ["late"] * 38 * 30, ["other"] * 2
ALL = sorted(EARLY + LATE + OTHER)


@pytest.mark.parametrize(
    ("table", "names", "sentence"),
    [
        ("annotations", ALL, "43 later changes"),  # 40 edits, a state, a case, an item
        ("ix_annotations_key", ALL, "43 later changes"),
        ("audit", ALL, "40 later changes"),  # the journal is enough
        ("states", ALL, "43 later changes"),
        ("journal", EARLY, "40 edits of annotations could not be read"),
    ],
)
def test_what_came_after_the_backup_is_read_from_the_damaged_file(
    file: Path, table: str, names: list[str], sentence: str
) -> None:
    spoil_root(table)(file)
    damaged = file.read_bytes()
    library = Library.open(file, "me")
    assert library.restored[0] == "The case library's file was damaged."
    assert library.restored[1].startswith("The backup of ")
    assert any(sentence in said for said in library.restored), library.restored
    assert all_names(library) == names
    assert [row.name for row in library.cases(sort="created")] == ["Two", "One"]
    assert library.check_audit() is None
    assert library.audit()[-1].kind == "restored"
    (item,) = library.items(library.cases(search="One")[0].id)
    library.commit(item.id, draw(box(1, "new")))
    assert library.check_audit() is None
    library.close()
    aside = file.with_name("library-damaged-1.sqlite")
    assert aside.read_bytes() == damaged
    assert flaw_of(file) == ""
    library = Library.open(file, "me")
    assert library.restored == ()
    library.close()


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def cut_short(file: Path) -> None:
    os.truncate(file, file.stat().st_size - PAGE)


def behead(file: Path) -> None:
    with file.open("r+b") as raw:
        raw.write(b"\0" * PAGE)


def empty(file: Path) -> None:
    os.truncate(file, 0)


def delete(file: Path) -> None:
    file.unlink()


def flip(seed: int) -> Callable[[Path], None]:
    def flip_bytes(file: Path) -> None:
        chance = random.Random(seed)
        data = bytearray(file.read_bytes())
        for _ in range(300):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(data)

    flip_bytes.__name__ = f"flip-{seed}"
    return flip_bytes


@pytest.mark.parametrize(
    "spoil", [cut, cut_short, behead, empty, delete, *map(flip, range(8))], ids=lambda spoil: spoil.__name__
)
def test_whatever_happened_to_the_file_the_backup_is_there(file: Path, spoil: Callable[[Path], None]) -> None:
    spoil(file)
    library = Library.open(file, "me")
    assert library.restored
    assert library.restored[0].startswith("The case library's file was ")
    names = all_names(library)
    assert names[:3] == EARLY
    assert set(names) <= set(ALL)
    assert library.check_audit() is None
    (item,) = library.items(next(row.id for row in library.cases() if row.name == "One"))
    library.commit(item.id, draw(box(1)))
    library.close()
    library = Library.open(file, "me")
    assert library.restored == ()
    assert library.check_audit() is None
    library.close()


def test_an_annotation_that_was_spoilt_comes_out_of_the_journal(file: Path) -> None:
    """A bit within a value is nothing that SQLite notices."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE annotations SET shape = x'07' || substr(shape, 2) WHERE place = 3")
        connection.commit()
    library = Library.open(file, "me")
    assert library.restored == ()
    assert all_names(library) == ALL
    (item,) = library.items(library.cases(search="One")[0].id)
    assert sum(map(len, library.annotation_chunks(item.id, 100))) == len(EARLY + LATE)
    library.close()


def test_a_damaged_backup_is_passed_over(file: Path) -> None:
    library = Library.open(file, "me")
    library.backup()
    library.close()
    behead(backups_of(file)[0])
    empty(backups_of(file)[1])
    behead(file)
    library = Library.open(file, "me")
    assert library.restored[0] == "The case library's file was damaged."
    assert library.cases() == ()  # the first backup was taken when it was new
    library.close()


def test_without_any_backup_all_that_can_be_read_comes_back(file: Path) -> None:
    for path in backups_of(file):
        path.unlink()
    spoil_root("annotations")(file)
    library = Library.open(file, "me")
    assert "There was no good backup; a new library was begun." in library.restored
    assert all_names(library) == ALL
    assert library.check_audit() is None
    library.close()


def test_what_was_deleted_after_the_backup_stays_deleted(file: Path) -> None:
    library = Library.open(file, "me")
    library.delete_case(next(row.id for row in library.cases() if row.name == "One"))
    library.close()
    spoil_root("annotations")(file)
    library = Library.open(file, "me")
    assert [row.name for row in library.cases()] == ["Two"]
    assert all_names(library) == OTHER
    assert not any("could not be read" in said for said in library.restored)
    library.close()


def test_without_its_log_the_library_is_as_at_the_last_checkpoint(file: Path, tmp_path: Path) -> None:
    """Somebody copied or cleared away files while it was open: what is there is whole."""
    library = Library.open(file, "me")
    (item,) = library.items(next(row.id for row in library.cases() if row.name == "One"))
    library.commit(item.id, draw(box(1, "in the log")))
    copy = tmp_path / "copy" / "library.sqlite"
    copy.parent.mkdir()
    copy.write_bytes(file.read_bytes())
    library.close()
    library = Library.open(copy, "me")
    assert all_names(library) == ALL
    assert library.check_audit() is None
    library.close()


@pytest.mark.parametrize("content", [b"%PDF-1.7 and so on", None])
def test_the_file_of_another_program_is_left_alone(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "other.sqlite"
    if content is None:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE bookmarks (a)")
            connection.commit()
    else:
        file.write_bytes(content)
    before = file.read_bytes()
    with pytest.raises(Problem, match="no case library"):
        Library.open(file, "me")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["other.sqlite"]
    assert file.read_bytes() == before


def test_backups_are_taken_when_due_and_the_oldest_let_go(tmp_path: Path) -> None:
    file, rule = tmp_path / "library.sqlite", BackupRule(every=3600, keep=3)
    Library.open(file, "me", rule).close()
    Library.open(file, "me", rule).close()
    assert [path.name for path in backups_of(file)] == ["library-000001.sqlite"]
    for age in (4000, -4000):  # an hour ago; from the future: a clock was set back
        newest = backups_of(file)[0]
        now = newest.stat().st_mtime
        os.utime(newest, (now - age, now - age))
        assert is_due(file, rule)
        Library.open(file, "me", rule).close()
        assert not is_due(file, rule)
    library = Library.open(file, "me", rule)
    library.new_case("One")
    path = library.backup()
    library.close()
    assert [p.name for p in backups_of(file)] == [f"library-00000{n}.sqlite" for n in (4, 3, 2)]
    assert path == backups_of(file)[0]
    assert [p.name for p in folder_of(file).iterdir() if p.name.startswith(".")] == []
    copy = Library.open(path, "me", rule)
    assert [row.name for row in copy.cases()] == ["One"]
    copy.close()


def test_a_backup_while_others_write_is_whole(file: Path) -> None:
    library = Library.open(file, "me")
    with library._database.writing() as connection:
        connection.exec_driver_sql("UPDATE cases SET name = 'half done'")
        path = library.backup()
    library.close()
    copy = Library.open(path, "me")
    assert sorted(row.name for row in copy.cases()) == ["One", "Two"]
    assert copy.check_audit() is None
    copy.close()


def test_an_old_file_in_the_place_of_the_library_is_noticed(file: Path) -> None:
    library = Library.open(file, "me")
    library.backup()
    library.close()
    file.write_bytes(backups_of(file)[1].read_bytes())
    library = Library.open(file, "me")
    assert any("older than its backup" in said for said in library.restored)
    library.close()


def test_a_server_is_backed_up_by_others(database_address: str) -> None:
    library = Library.open(database_address, "me")
    with pytest.raises(Problem, match="lies on a server"):
        library.backup()
    library.close()


def test_a_backup_that_cannot_be_written_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    library = Library.open(file, "me")
    monkeypatch.setattr(backups, "_copy", full)
    before = backups_of(file)
    with pytest.raises(Problem, match="could not be backed up"):
        library.backup()
    assert backups_of(file) == before
    library.close()
