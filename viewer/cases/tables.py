"""The tables of the library as today's program knows them; how they came about is told by the migrations.

Times are ISO 8601 in UTC and for people only: what came before what is told by `version`, `seq` and
`touched`, which count, so that a clock that is set back disturbs nothing.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()


def _of(parent: str, *, primary_key: bool = False) -> Column[int]:
    """A column that names a row of another table, and goes with it."""
    target = ForeignKey(f"{parent}s.id", ondelete="CASCADE")
    return Column(f"{parent}_id", Integer, target, nullable=False, primary_key=primary_key)


cases = Table(
    "cases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("changed", Text, nullable=False),
    Column("touched", BigInteger, nullable=False),  # seq of the last audit entry about it
    Column("version", Integer, nullable=False),
    sqlite_autoincrement=True,  # the number of a case that was deleted is never given again
)

tags = Table(
    "tags",
    metadata,
    _of("case", primary_key=True),
    Column("tag", Text, primary_key=True),
)

items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True),
    _of("case"),
    Column("kind", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("fingerprint", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("added", Text, nullable=False),
    Column("version", Integer, nullable=False),  # of its annotations: the last row of the journal
    Column("places", Integer, nullable=False),  # how many were ever given to annotations
    Index("ix_items_case_id", "case_id"),
    Index("ix_items_path", "path"),
    sqlite_autoincrement=True,
)

thumbnails = Table(
    "thumbnails",
    metadata,
    _of("item", primary_key=True),
    Column("png", LargeBinary, nullable=False),
)

annotation_rows = Table(
    "annotations",
    metadata,
    _of("item", primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),  # in the order of the document
    Column("key", Text, nullable=False),  # the annotation's id
    Column("facts", Text, nullable=False),  # see `packing`
    Column("shape", LargeBinary, nullable=False),
    Index("ix_annotations_key", "item_id", "key", unique=True),
    sqlite_with_rowid=False,  # rows lie in the order in which they are read
)

journal = Table(
    "journal",
    metadata,
    _of("item", primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False),  # of the edit: the same one sent twice is carried out once
    Column("at", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_journal_token", "item_id", "token", unique=True),
)

states = Table(
    "states",
    metadata,
    _of("item", primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("changed", Text, nullable=False),
)

analyses = Table(
    "analyses",
    metadata,
    Column("id", Integer, primary_key=True),
    _of("item"),
    Column("kind", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("arrays", LargeBinary, nullable=False),
    Index("ix_analyses_item_id", "item_id"),
    sqlite_autoincrement=True,
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("analysis_id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("author", Text, nullable=False),
    ForeignKeyConstraint(["analysis_id"], ["analyses.id"], ondelete="CASCADE"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("case_id", Integer),  # no foreign key: the trail outlives what it tells of
    Column("item_id", Integer),
    Column("kind", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("ix_audit_case_id", "case_id"),
)

chain = Table(
    "chain",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),  # of the last entry, and its hash
    Column("hash", Text, nullable=False),
)
