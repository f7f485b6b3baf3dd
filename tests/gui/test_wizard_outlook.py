"""Step 3: what more patients would bring, asked for by a click."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.gui.wizard_hands import CHECK, DATA, a_picture, a_wizard
from viewer.wizard.data_step import DataStep
from viewer.wizard.honesty_step import HonestyStep
from viewer.wizard.outlook_part import OutlookPart, outlook_in_words
from viewer.wizard.plan_recipe import text_for_check

FORESEEN = [
    {"patients": 30, "error": 0.2, "low": 0.18, "high": 0.22},
    {"patients": 60, "error": 0.15, "low": 0.12, "high": 0.19},
    {"patients": 120, "error": 0.12, "low": 0.08, "high": 0.17},
]
FACTS = {
    "patients": 30,
    "a": 0.05,
    "b": 0.8,
    "c": 0.5,
    "points": [[4, 0.45], [8, 0.33], [16, 0.25], [20, 0.22]],
    "foreseen": FORESEEN,
    "paper": "Figueroa et al. 2012",
}


def test_the_words_say_what_it_comes_to_and_whose_method_it_is() -> None:
    told = "\n".join(outlook_in_words(FACTS))
    assert "wrong in about 20 (18 to 22) of 100 pictures" in told
    assert "twice as many patients it would be 15 (12 to 19)" in told
    assert "gathering more patients is worth it" in told
    assert "63" in told  # Wilson's range of 80 of 100 in 30 patients: 63 % to 90 %
    assert "Figueroa" in told
    flat = FACTS | {"foreseen": [dict(one, error=0.2) for one in FORESEEN]}
    assert "would hardly help" in "\n".join(outlook_in_words(flat))


def test_what_was_estimated_is_shown_while_it_is_of_the_plan(qtbot: QtBot, tmp_path: Path) -> None:
    with a_wizard(qtbot, tmp_path / "training") as wizard:
        part = OutlookPart(wizard.desk)
        qtbot.addWidget(part)
        folder = wizard.desk.folder / "outlook"
        folder.mkdir(parents=True)
        (folder / "outlook.json").write_text(json.dumps(FACTS), encoding="utf-8")
        (folder / "outlook-of.toml").write_text(text_for_check(wizard.desk.plan), encoding="utf-8")
        part.show()
        part.show_outlook()
        assert part.curve.isVisible()
        assert "20 (18 to 22) of 100" in part.told.text()
        wizard.desk.change(wizard.desk.plan.with_data(classes=("a", "b")))
        part.show_outlook()
        assert not part.curve.isVisible()
        assert not part.told.text()
        part.close_work()


@pytest.mark.slow
def test_a_click_estimates_it(qtbot: QtBot, tmp_path: Path) -> None:
    for patient in range(24):
        for number in range(2):
            shade = (40 if patient % 2 else 160) + 3 * patient + number
            a_picture(tmp_path / "pictures" / "ab"[patient % 2] / f"p{patient}_{number}.png", shade)
    with a_wizard(qtbot, tmp_path / "training") as wizard:
        wizard.go(DATA)
        data = wizard.steps[DATA]
        assert isinstance(data, DataStep)
        data.choose_folder(tmp_path / "pictures")
        qtbot.waitUntil(lambda: wizard.desk.survey is not None, timeout=60_000)
        data.fields.rule.setCurrentIndex(data.fields.rule.findData("before_last"))
        data.fields.rule.activated.emit(data.fields.rule.currentIndex())
        wizard.go(CHECK)
        check = wizard.steps[CHECK]
        assert isinstance(check, HonestyStep)
        qtbot.waitUntil(lambda: bool(check.remarks), timeout=300_000)
        qtbot.mouseClick(check.outlook.button, Qt.MouseButton.LeftButton)
        assert not check.outlook.button.isEnabled()
        qtbot.waitUntil(lambda: not check.outlook.work.running, timeout=300_000)
        assert check.outlook.work.facts()["patients"] == 24, check.outlook.notice.text.text()
        assert "with four times as many" in check.outlook.told.text()
        assert check.outlook.curve.isVisible()
