"""The first released schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None

_SEALED = "The audit trail is only ever added to."


def upgrade() -> None:
    """Make all tables."""
    _cases()
    _items()
    _annotations()
    _analyses()
    _trail()
    _seal()


def _of(parent: str, *, primary_key: bool = False) -> sa.Column[int]:
    target = sa.ForeignKey(f"{parent}s.id", ondelete="CASCADE")
    return sa.Column(f"{parent}_id", sa.Integer, target, nullable=False, primary_key=primary_key)


def _text(name: str, *, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, primary_key=primary_key)


def _number(name: str, *, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, primary_key=primary_key, autoincrement=False)


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Integer, primary_key=True),
        *map(_text, ("name", "status", "comment", "created", "changed")),
        sa.Column("touched", sa.BigInteger, nullable=False),
        _number("version"),
        sqlite_autoincrement=True,
    )
    op.create_table("tags", _of("case", primary_key=True), _text("tag", primary_key=True))


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("id", sa.Integer, primary_key=True),
        _of("case"),
        *map(_text, ("kind", "path", "fingerprint", "name", "facts", "added")),
        _number("version"),
        _number("places"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_items_case_id", "items", ["case_id"])
    op.create_index("ix_items_path", "items", ["path"])
    op.create_index("ix_items_fingerprint", "items", ["fingerprint"])
    png = sa.Column("png", sa.LargeBinary, nullable=False)
    op.create_table("thumbnails", _of("item", primary_key=True), png)
    op.create_table(
        "states",
        _of("item", primary_key=True),
        _text("name", primary_key=True),
        _text("value"),
        _text("changed"),
    )


def _annotations() -> None:
    op.create_table(
        "annotations",
        _of("item", primary_key=True),
        _number("place", primary_key=True),
        _text("key"),
        _text("facts"),
        sa.Column("shape", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_annotations_key", "annotations", ["item_id", "key"], unique=True)
    op.create_table(
        "journal",
        _of("item", primary_key=True),
        _number("version", primary_key=True),
        *map(_text, ("token", "at", "author", "title")),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_journal_token", "journal", ["item_id", "token"], unique=True)


def _analyses() -> None:
    op.create_table(
        "analyses",
        sa.Column("id", sa.Integer, primary_key=True),
        _of("item"),
        *map(_text, ("kind", "at", "author", "summary", "facts")),
        sa.Column("arrays", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_analyses_item_id", "analyses", ["item_id"])
    op.create_table(
        "verdicts",
        _number("analysis_id", primary_key=True),
        _text("key", primary_key=True),
        *map(_text, ("verdict", "at", "author")),
        sa.ForeignKeyConstraint(["analysis_id"], ["analyses.id"], ondelete="CASCADE"),
    )


def _trail() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        _text("at"),
        _text("author"),
        sa.Column("case_id", sa.Integer),
        sa.Column("item_id", sa.Integer),
        *map(_text, ("kind", "facts", "before", "hash")),
    )
    op.create_index("ix_audit_case_id", "audit", ["case_id"])
    chain = op.create_table(
        "chain",
        _number("id", primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        _text("hash"),
    )
    op.bulk_insert(chain, [{"id": 1, "seq": 0, "hash": "0" * 64}])


def _seal() -> None:
    """Have the database itself refuse to change or delete an entry."""
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{what.lower()} BEFORE {what} ON audit "
                f"BEGIN SELECT RAISE(ABORT, '{_SEALED}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_sealed() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_SEALED}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_sealed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_sealed()"
    )
