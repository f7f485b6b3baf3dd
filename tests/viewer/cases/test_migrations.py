"""The tables: made by Alembic's steps, as the program knows them, reached from every released schema.

`schemas` holds a dump of a library of each released schema, with something in every table. When a schema is
released its dump is added (`python -m tests.viewer.cases.test_migrations` writes today's), and nothing else.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from ml.errors import Problem
from ml.library_file import NEWEST_SCHEMA, backups_of
from ml.results.ct_analysis import CtAnalysis, CtProvenance
from ml.results.ct_scores import CtScores
from tests.viewer.cases.drawn import box, draw
from viewer.cases.database import Database, url_of
from viewer.cases.library import Library
from viewer.cases.migrations import upgrade, versions
from viewer.cases.tables import metadata
from viewer.cases.values import ItemFacts

SCHEMAS = sorted((Path(__file__).parent / "schemas").glob("*.sql"))


def fill(library: Library) -> None:
    """Something in every table."""
    case = library.change_case(library.new_case("Ärztin 1"), tags=("board",), comment="kept")
    item = library.add(case.id, ItemFacts("slide", Path("/slides/a.svs"), "file:1:a", "a.svs", {"levels": 3}))
    library.set_thumbnail(item.id, b"\x89PNG")
    library.set_state(item.id, "view", {"x": 1})
    one = box(1, "first")
    library.commit(item.id, draw(one, box(2, "second")))
    library.commit(item.id, draw(box(3, "third")).inverse().inverse())
    scores = CtScores(("a",), np.ones((2, 1), np.float32), np.zeros((2, 1), np.float32))
    made = CtProvenance("1.2", "ab", 2, (4, 4), "tiny", "1", "cd", "CPU", "2026-11-26T00:00:00+00:00", 1.5)
    library.keep_analysis(item.id, CtAnalysis(scores, (0.5,), made), {"key": "accepted"})


def from_dump(dump: Path, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))


@pytest.mark.parametrize("dump", SCHEMAS, ids=lambda path: path.stem)
def test_every_released_schema_is_brought_up_to_date(dump: Path, tmp_path: Path) -> None:
    file = tmp_path / "library.sqlite"
    from_dump(dump, file)
    library = Library.open(file, "me")
    assert library.restored == ()
    (case,) = library.cases()
    assert (case.name, case.tags, case.comment, case.items) == ("Ärztin 1", ("board",), "kept", 1)
    (item,) = library.items(case.id)
    assert item.facts == {"levels": 3}
    assert library.thumbnail(item.id) == b"\x89PNG"
    assert library.state(item.id, "view") == {"x": 1}
    assert [a.name for a in library.annotations(item.id)] == ["first", "second", "third"]
    assert [edit.version for edit in library.history(item.id)] == [1, 2]
    (analysis,) = library.analyses(item.id)
    assert analysis.verdicts == {"key": "accepted"}
    assert library.analysis(analysis.id).scores.class_names == ("a",)
    assert library.check_audit() is None
    library.commit(item.id, draw(box(4)))
    assert library.check_audit() is None
    library.close()
    assert upgrade.steps()[-1].revision == schema_in(file)


def schema_in(file: Path) -> str | None:
    database = Database(url_of(file))
    found = upgrade.schema_of(database)
    database.close()
    return found


def test_a_dump_of_every_released_schema_is_here() -> None:
    assert [dump.stem for dump in SCHEMAS] == [step.revision for step in upgrade.steps()]


def test_the_steps_make_the_tables_that_the_program_knows(place: Path | str) -> None:
    """By Alembic's own comparison, of types too."""
    Library.open(place, "me").close()
    engine = sa.create_engine(url_of(place))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [d for d in compare_metadata(context, metadata) if "alembic_version" not in str(d)]
    engine.dispose()
    assert differences == []


def test_the_steps_are_revisions_that_alembic_reads_too(tmp_path: Path) -> None:
    (tmp_path / "env.py").write_text("")
    folder = Path(versions.__path__[0])
    script = ScriptDirectory(str(tmp_path), version_locations=[str(folder)])
    found = [r.revision for r in script.walk_revisions()]
    assert list(reversed(found)) == [step.revision for step in upgrade.steps()]
    assert script.get_heads() == [upgrade.steps()[-1].revision]


def next_step(do: Callable[[], None]) -> SimpleNamespace:
    last = upgrade.steps()[-1].revision
    return SimpleNamespace(__name__="next", revision="9999", down_revision=last, upgrade=do)


def test_a_backup_is_taken_before_the_tables_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import op

    file = tmp_path / "library.sqlite"
    Library.open(file, "me").close()
    steps = (*upgrade.steps(), next_step(lambda: op.add_column("cases", sa.Column("more", sa.Text))))
    monkeypatch.setattr(upgrade, "steps", lambda: steps)
    Library.open(file, "me").close()
    assert schema_in(file) == "9999"
    newest = backups_of(file)[0]
    assert newest.name == "library-000002-before-9999.sqlite"
    assert schema_in(newest) == steps[-2].revision
    Library.open(file, "me").close()
    assert len(backups_of(file)) == 2


def test_a_step_that_fails_changes_nothing(place: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import op

    Library.open(place, "me").close()

    def half() -> None:
        op.add_column("cases", sa.Column("more", sa.Text))
        raise RuntimeError("pulled the plug")

    steps = (*upgrade.steps(), next_step(half))
    with monkeypatch.context() as patch:
        patch.setattr(upgrade, "steps", lambda: steps)
        with pytest.raises(RuntimeError, match="plug"):
            Library.open(place, "me")
    library = Library.open(place, "me")
    library.new_case("One")
    library.close()
    engine = sa.create_engine(url_of(place))
    assert "more" not in {column["name"] for column in sa.inspect(engine).get_columns("cases")}
    engine.dispose()


def test_the_library_of_a_newer_program_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "library.sqlite"
    steps = (*upgrade.steps(), next_step(lambda: None))
    with monkeypatch.context() as patch:
        patch.setattr(upgrade, "steps", lambda: steps)
        Library.open(file, "me").close()
    before = file.read_bytes()
    with pytest.raises(Problem, match="newer version"):
        Library.open(file, "me")
    assert file.read_bytes() == before


PACKED = """
import sys
sys.path.insert(0, sys.argv[1])
from viewer.cases.library import Library
assert ".zip" in Library.open.__code__.co_filename, Library.open.__code__.co_filename
library = Library.open(sys.argv[2], "me")
assert library.new_case("One").id == 1
library.close()
assert not {"torch", "PySide6"} & set(sys.modules), "heavy"
"""


def test_a_program_without_files_finds_the_steps(tmp_path: Path) -> None:
    """As in a frozen bundle: everything is imported out of an archive."""
    root = Path(__file__).resolve().parents[3]
    with zipfile.ZipFile(tmp_path / "program.zip", "w") as archive:
        for top in ("ml", "viewer"):
            for path in (root / top).rglob("*.py"):
                archive.write(path, path.relative_to(root))
    command = [sys.executable, "-c", PACKED, str(tmp_path / "program.zip"), str(tmp_path / "library.sqlite")]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_alembic_is_loaded_only_for_a_step(tmp_path: Path) -> None:
    Library.open(tmp_path / "library.sqlite", "me").close()
    program = (
        "import sys; from viewer.cases.library import Library; Library.open(sys.argv[1], 'me').close(); "
        "assert 'alembic' not in sys.modules"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "library.sqlite")]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        written = Library.open(Path(name) / "library.sqlite", "somebody")
        fill(written)
        written.close()
        target = Path(__file__).parent / "schemas" / f"{upgrade.steps()[-1].revision}.sql"
        with closing(sqlite3.connect(Path(name) / "library.sqlite")) as opened:
            target.write_text("\n".join(opened.iterdump()) + "\n", encoding="utf-8")
    sys.exit()


def test_the_check_of_a_computer_knows_the_newest_tables() -> None:
    assert upgrade.steps()[-1].revision == NEWEST_SCHEMA
