"""Analyses of items, and what a person decided about what they found."""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlalchemy as sa

from ml.annotation.packing import canonical
from ml.results import kept
from ml.results.analysis import Analysis
from ml.results.ct_analysis import CtAnalysis
from viewer.cases import trail
from viewer.cases.edits import no_item
from viewer.cases.part import Gone, Part
from viewer.cases.tables import analyses, items, verdicts
from viewer.cases.values import AnalysisRow, Decided, Json, Verdict

_NONE: Mapping[str, Verdict] = {}


class AnalysisPart(Part):
    """The analyses of the library."""

    def keep_analysis(
        self, item_id: int, analysis: Analysis | CtAnalysis, verdicts: Mapping[str, Verdict] = _NONE
    ) -> int:
        """Keep an analysis with its arrays and the verdicts so far, by key of the finding; its number."""
        kind, summary = kept.kind_of(analysis), summary_of(analysis)
        facts, arrays = kept.written(analysis)
        row = {"item_id": item_id, "kind": kind, "at": trail.now(), "author": self.author}
        row |= {"summary": canonical(summary), "facts": facts}
        with self._database.writing() as connection:
            case_id = _case_of(connection, item_id)
            made = analyses.insert().values(**row, arrays=arrays).returning(analyses.c.id)
            analysis_id = int(connection.execute(made).scalar_one())
            self._tell(connection, "analysis", summary | {"analysis": analysis_id}, case_id, item_id)
            for key, verdict in verdicts.items():
                self._decide(connection, analysis_id, key, verdict)
        return analysis_id

    def analyses(self, item_id: int) -> tuple[AnalysisRow, ...]:
        """Those of an item, the oldest first."""
        columns = [column for column in analyses.c if column.name not in {"facts", "arrays"}]
        query = sa.select(*columns).where(analyses.c.item_id == item_id).order_by(analyses.c.id)
        decided = (
            sa.select(verdicts.c.analysis_id, verdicts.c.key, verdicts.c.verdict)
            .join(analyses, analyses.c.id == verdicts.c.analysis_id)
            .where(analyses.c.item_id == item_id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            by_analysis: dict[int, dict[str, Verdict]] = {}
            for number, key, verdict in connection.execute(decided):
                by_analysis.setdefault(number, {})[key] = verdict
        return tuple(
            AnalysisRow(
                r.id, r.item_id, r.kind, r.at, r.author, json.loads(r.summary), by_analysis.get(r.id, _NONE)
            )
            for r in rows
        )

    def analyzed_by(self, model: str) -> tuple[str, ...]:
        """Names of the items that were analyzed by a model of this name, each once, the oldest first."""
        likely = analyses.c.summary.contains(canonical(model), autoescape=True)  # one search in any database
        query = (
            sa.select(items.c.id, items.c.name, analyses.c.summary)
            .join(items, items.c.id == analyses.c.item_id)
            .where(likely)
            .order_by(analyses.c.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple({row.id: row.name for row in rows if json.loads(row.summary)["model"] == model}.values())

    def analysis(self, analysis_id: int) -> Analysis | CtAnalysis:
        """The whole analysis, as it was kept. Raises `Problem`."""
        query = sa.select(analyses.c.kind, analyses.c.facts, analyses.c.arrays)
        with self._database.reading() as connection:
            row = connection.execute(query.where(analyses.c.id == analysis_id)).one_or_none()
        if row is None:
            raise _no_analysis(analysis_id)
        return kept.read(row.kind, row.facts, bytes(row.arrays))

    def delete_analysis(self, analysis_id: int) -> None:
        """Delete an analysis and its verdicts; the audit trail keeps that there was one."""
        with self._database.writing() as connection:
            item_id, case_id = _place_of(connection, analysis_id)
            connection.execute(analyses.delete().where(analyses.c.id == analysis_id))
            self._tell(connection, "analysis deleted", {"analysis": analysis_id}, case_id, item_id)

    def decide(self, analysis_id: int, key: str, verdict: Verdict) -> None:
        """Keep what a person decided about a finding."""
        with self._database.writing() as connection:
            self._decide(connection, analysis_id, key, verdict)

    def verdicts(self, analysis_id: int) -> Mapping[str, Verdict]:
        """The last verdict on every finding that has one, by key."""
        query = sa.select(verdicts.c.key, verdicts.c.verdict).where(verdicts.c.analysis_id == analysis_id)
        with self._database.reading() as connection:
            return {row.key: row.verdict for row in connection.execute(query)}

    def decided(self, analysis_id: int) -> Mapping[str, Decided]:
        """The same with who said so, and when."""
        columns = (verdicts.c.key, verdicts.c.verdict, verdicts.c.author, verdicts.c.at)
        query = sa.select(*columns).where(verdicts.c.analysis_id == analysis_id)
        with self._database.reading() as connection:
            return {row.key: Decided(row.verdict, row.author, row.at) for row in connection.execute(query)}

    def _decide(self, connection: sa.Connection, analysis_id: int, key: str, verdict: Verdict) -> None:
        item_id, case_id = _place_of(connection, analysis_id)
        here = (verdicts.c.analysis_id == analysis_id, verdicts.c.key == key)
        if (connection.scalar(sa.select(verdicts.c.verdict).where(*here)) or "open") == verdict:
            return
        connection.execute(verdicts.delete().where(*here))
        row = {"analysis_id": analysis_id, "key": key, "verdict": verdict}
        connection.execute(verdicts.insert(), row | {"at": trail.now(), "author": self.author})
        told: dict[str, Json] = {"analysis": analysis_id, "key": key, "verdict": verdict}
        self._tell(connection, "verdict", told, case_id, item_id)


def summary_of(analysis: Analysis | CtAnalysis) -> dict[str, Json]:
    """What a list says about an analysis."""
    made = analysis.provenance
    return {
        "model": made.model_name,
        "model_version": made.model_version,
        "model_sha256": made.model_sha256,
        "started": made.started,
        "seconds": made.seconds,
        "complete": analysis.complete,
        "classes": list(analysis.scores.class_names),
    }


def _case_of(connection: sa.Connection, item_id: int) -> int:
    found = connection.scalar(sa.select(items.c.case_id).where(items.c.id == item_id))
    if found is None:
        raise no_item(item_id)
    return int(found)


def _place_of(connection: sa.Connection, analysis_id: int) -> tuple[int, int]:
    """Its item and case."""
    query = sa.select(analyses.c.item_id).where(analyses.c.id == analysis_id)
    item_id = connection.scalar(query)
    if item_id is None:
        raise _no_analysis(analysis_id)
    return int(item_id), _case_of(connection, item_id)


def _no_analysis(analysis_id: int) -> Gone:
    return Gone(
        "This analysis is not in the case library any more: somebody deleted it.",
        "Run it again.",
        analysis=analysis_id,
    )
