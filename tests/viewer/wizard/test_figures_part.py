"""What people ask about stands first in step 7: patients and slides, boxes; patches come after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pytestqt.qtbot import QtBot

from ml.evaluate.slide_level import unit_figures
from viewer.wizard.desk import Desk
from viewer.wizard.figures_part import FiguresPart
from viewer.wizard.training_run import TrainingRun
from viewer.wizard.verdict_step import VerdictStep

FIGURES: dict[str, Any] = {
    "pictures": 24,
    "patients": 4,
    "accuracy": {"value": 0.75, "low": 0.5, "high": 1.0},
    "classes": {},
    "confusion": [],
}


def shown(qtbot: QtBot, facts: dict[str, Any]) -> FiguresPart:
    part = FiguresPart()
    qtbot.addWidget(part)
    part.show()
    part.show_facts({"figures": FIGURES} | facts, ())
    return part


def told(slides: list[str]) -> dict[str, Any]:
    """Four answers, of which three are right."""
    found = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]])
    truth = np.array([0, 1, 1, 0])
    patients = unit_figures(found, found, truth, ["a", "b", "c", "d"], 1, 100)
    of_slides = unit_figures(found, found, truth, slides, 1, 100)
    made = {"slides": of_slides, "patients": patients}
    return {"slide_level": {"handed_in": "mean", "shown": "LAA", "mean": made}}


def test_slides_of_one_label(qtbot: QtBot) -> None:
    part = shown(qtbot, told(["a", "b", "c", "d"]))
    assert part.patches.isVisible()
    (line,) = part.units.text().splitlines()  # a slide a patient: said once
    assert line.startswith("4 patients as a whole: right, each class counted alike, 75\u202f% (")
    assert "Telling “LAA” from the others:" in line
    assert part.units.y() < part.patches.y() < part.overall.y()


def test_several_slides_a_patient_are_told_apart(qtbot: QtBot) -> None:
    part = shown(qtbot, told(["a", "a", "b", "c"]))
    lines = part.units.text().splitlines()
    assert [line.split(" as a whole")[0] for line in lines] == ["4 patients", "4 slides"]


def test_boxes(qtbot: QtBot) -> None:
    box = {"recall": 0.75, "precision": 0.6, "boxes": 4, "slides": 2, "patients": 2}
    part = shown(qtbot, {"boxes": {"lesion": box}})
    assert part.units.text() == (
        "“lesion”: 75\u202f% of 4 boxes found, on 2 slides of 2 patients; "
        "of what was found, 60\u202f% is right."
    )


def test_long_sentences_are_wrapped_and_never_scrolled_sideways(qtbot: QtBot) -> None:
    words = (
        "No evidence: AUROC 0.958 (0.500 to 1.000) includes 0.5, a coin's toss, by 1,204 positive and 2,600"
    )
    one = {
        "in_words": f"{words} negative of 1,055 patients.",
        "sensitivity": {"value": 0.75, "low": 0.0, "high": 1.0},
        "at_specificity": 0.9,
    }
    names = ("adenocarcinoma in situ of the lung, mucinous, of the left lower lobe", "b")
    part = shown(qtbot, {"figures": FIGURES | {"classes": dict.fromkeys(names, one)}})
    table = part.classes
    line = table.fontMetrics().height()
    for width in (1066, 880, 1706):  # of a window of 1280 px, of one as it opens, of one of 1920 px
        part.resize(width, 500)
        part.grab()
        assert not table.horizontalScrollBar().isVisible(), width
        assert not table.verticalScrollBar().isVisible(), width
        for row in range(2):
            wide = table.fontMetrics().horizontalAdvance(one["in_words"])
            lines = -(-wide // table.columnWidth(1))
            assert table.rowHeight(row) >= lines * line, width  # all of it can be read


def test_pictures_have_no_more_than_pictures(qtbot: QtBot) -> None:
    part = shown(qtbot, {})
    assert not part.units.isVisible()
    assert not part.patches.isVisible()
    assert part.overall.text().startswith("24 pictures of 4 patients.")


def test_where_nobody_said_whose_a_picture_is_no_patient_is_promised(qtbot: QtBot, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "training")
    desk.folder.mkdir()
    run = TrainingRun(desk, desk)
    step = VerdictStep(desk, run)
    qtbot.addWidget(step)
    for patients, promised in (("each", False), ("column", True), ("each", False)):
        desk.change(desk.plan.with_data(patients=patients))
        step.enter()
        assert ("never seen its patient" in step.meaning_told.text()) is promised
        assert ("Nobody has said whose a picture is" in step.meaning_told.text()) is not promised
    run.close()
