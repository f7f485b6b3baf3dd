"""A training of CT slices that goes on from a model: answers and verdicts beside the labels that it had."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from ml.errors import Problem
from ml.progress import Progress
from ml.train.corrected import CORRECTION, QUEUE, REJECTION
from ml.train.study_recipe import Division, Fit, NetworkPlan, read_study_recipe
from ml.train.study_run import rows_for
from ml.volume.series import find_series
from ml.zoo.bundle import load_card
from ml.zoo.card import ModelCard
from ml.zoo.lineage import Lineage
from ml.zoo.store import find
from tests.ml.train.labelled_heads import write_with_a_new_one
from viewer.wizard.desk import Desk, trainings_folder
from viewer.wizard.drawn import added_in_words
from viewer.wizard.plan import DataPlan, Plan, read_plan, write_plan
from viewer.wizard.retraining import begin_from, question_of
from viewer.work.told_series import RunSaid, SliceSaid, ToldSeries

TINY = NetworkPlan(
    "test_resnet", size=(32, 32), crop="head", windows=((40, 80), (80, 200)), mean=(0.3,) * 2, std=(0.3,) * 2
)


@pytest.fixture
def heads(tmp_path: Path) -> Path:
    """Twelve patients with a table a slice; of a thirteenth nobody labelled anything."""
    return write_with_a_new_one(tmp_path, slices=4)


@pytest.fixture
def card(heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    """Of a model whose training lies here."""
    usual = load_card(find("hemorrhage-demo").path)
    monkeypatch.setenv("PARFOCAL_HOME", str(tmp_path / "home"))
    classes = ("left", "right")
    data = DataPlan(str(heads), "labels.csv", "file", found=classes, classes=classes)
    plan = Plan(
        "scans",
        several=True,
        data=data,
        network=TINY,
        fit=Fit(1, batch=8, loss="bce"),
        division=Division(folds=3, run=1, duplicates="warn"),
    )
    plan = replace(plan, texts=replace(plan.texts, title="Heads"))
    write_plan(plan, trainings_folder() / "first")
    return replace(usual, name="heads", class_names=classes, lineage=Lineage(training="first"))


def told(folder: Path, **held: str) -> ToldSeries:
    """Answers about slices of a series: `_2="left"`."""
    series = find_series(folder).series[0]
    said = []
    for place, labels in held.items():
        uid = series.slices[int(place.strip("_"))].uid
        names = tuple(labels.split("+")) if labels else ()
        said.append(SliceSaid(uid, names, QUEUE, "me", "2026-01-01", "heads", "0.9", "r1"))
    return ToldSeries(folder, series.key, tuple(said))


def test_answers_stand_beside_what_was_learned_and_the_later_word_counts(
    card: ModelCard, heads: Path, tmp_path: Path
) -> None:
    assert question_of(card).several
    mended, new = heads / "p0", tmp_path / "new"
    begun = begin_from(card, (), Progress(), [told(mended, _1="right"), told(new, _0="", _2="left+right")])
    assert begun.added == 3
    plan = read_plan(begun.folder)
    assert plan is not None
    assert (plan.kind, plan.texts.title, plan.data.added) == ("scans", "Heads 2", 3)
    table = (begun.folder / "labels" / "series_2.csv").read_text(encoding="utf-8").splitlines()
    assert table[0] == "uid,left,right,source,slice,by,at,model,worth,run,as_before"
    assert table[2].endswith(",1,1,labelled in queue,3,me,2026-01-01,heads,0.9,r1,")
    recipe = read_study_recipe(Desk(begun.folder).write_recipe())
    rows = rows_for(recipe, begun.folder, Progress())
    assert len(rows) == 48 + 2  # unlabelled slices of the new series are left out
    by_name = {row.path.name: row for row in rows}
    assert by_name["ID_001.dcm"].labels.tolist() == [0, 1]  # the table of the parent says left
    assert by_name["ID_122.dcm"].labels.tolist() == [1, 1]
    assert by_name["ID_001.dcm"].group == by_name["ID_000.dcm"].group  # a patient stays one
    third = begin_from(
        replace(card, lineage=Lineage(training=begun.folder.name)), (), Progress(), [told(new, _3="left")]
    )
    after = read_plan(third.folder)
    assert after is not None
    assert (third.added, after.data.added, len(after.data.series)) == (1, 2, 2)


def test_an_answer_outweighs_a_verdict_on_a_finding(card: ModelCard, tmp_path: Path, heads: Path) -> None:
    series = find_series(tmp_path / "new").series[0]
    no = RunSaid(1, 2, {"left": False, "right": False}, REJECTION, "me", "now", "heads", "r1")
    answered = told(tmp_path / "new", _2="left").answered
    begun = begin_from(card, (), Progress(), [ToldSeries(tmp_path / "new", series.key, answered, (no,))])
    table = (begun.folder / "labels" / "series_1.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[1:4] for line in table[1:]] == [
        ["0", "0", "rejected by person"],
        ["1", "0", "labelled in queue"],
    ]


def test_a_verdict_on_one_class_counts_where_the_others_are_known(
    card: ModelCard, tmp_path: Path, heads: Path
) -> None:
    mended, new = find_series(heads / "p0").series[0], find_series(tmp_path / "new").series[0]

    def run(slice_: int, source: str, **says: bool) -> RunSaid:
        return RunSaid(slice_, slice_, says, source, "Dr. A", "now", "heads", "r1")

    known = (run(1, CORRECTION, right=True), run(3, REJECTION, left=False))  # the table: left, not right
    both = (run(0, CORRECTION, left=True), run(0, REJECTION, right=False), run(2, CORRECTION, left=True))
    said = [
        ToldSeries(heads / "p0", mended.key, (), known),
        ToldSeries(tmp_path / "new", new.key, (), both),
    ]
    begun = begin_from(card, (), Progress(), said)
    rows = []
    for number in (1, 2):
        with (begun.folder / "labels" / f"series_{number}.csv").open(encoding="utf-8", newline="") as file:
            rows += [
                tuple(line[name] for name in ("slice", "left", "right", "source", "by", "as_before"))
                for line in csv.DictReader(file)
            ]
    assert rows == [
        ("2", "1", "1", "corrected by person", "Dr. A", "left"),
        ("4", "0", "0", "rejected by person", "Dr. A", "right"),
        ("1", "1", "0", "rejected by person", "Dr. A", ""),
    ]
    plan = read_plan(begun.folder)
    assert plan is not None
    assert (plan.data.added, plan.data.left_out) == (3, 1)
    assert "1 slice with accepted or rejected findings left out" in added_in_words(plan)
    labels = {
        row.path.name: row.labels.tolist()
        for row in rows_for(read_study_recipe(Desk(begun.folder).write_recipe()), begun.folder, Progress())
    }
    assert labels["ID_001.dcm"] == [1, 1]
    assert labels["ID_003.dcm"] == [0, 0]
    with pytest.raises(Problem, match="1 slice with accepted or rejected findings cannot be learned from"):
        begin_from(card, (), Progress(), [ToldSeries(tmp_path / "new", new.key, (), both[2:])])


def test_what_cannot_be_gone_on_from_is_said(card: ModelCard, tmp_path: Path, heads: Path) -> None:
    with pytest.raises(Problem, match="nothing new"):
        begin_from(card, (), Progress())
    gone = ToldSeries(tmp_path / "new", "another#0", told(tmp_path / "new", _0="").answered)
    with pytest.raises(Problem, match="Nothing that was said"):
        begin_from(card, (), Progress(), [gone])
    with pytest.raises(Problem, match="learned from are not on this computer"):
        begin_from(replace(card, lineage=Lineage()), (), Progress(), [told(tmp_path / "new", _0="")])
