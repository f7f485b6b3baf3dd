"""Step 5 by hand: finer choices, the search for better settings, boards of other programs."""

from __future__ import annotations

import json
import math
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from ml.report.words import SPACE, duration
from ml.train.study_recipe import read_study_recipe
from ml.train.toml_text import toml_of
from ml.train.tune import read_search
from ml.verbs.board import WANTED, is_installed
from tests.gui.wizard_hands import a_wizard
from viewer.wizard import board_part, boards
from viewer.wizard.board_part import BoardPart, words_for_training
from viewer.wizard.boards import Page
from viewer.wizard.desk import Desk
from viewer.wizard.method_choices import MethodChoices
from viewer.wizard.plan import Plan
from viewer.wizard.plan_recipe import search_of, text_for_training
from viewer.wizard.rehearsing import Rehearsing
from viewer.wizard.time_words import time_in_words
from viewer.wizard.tuning_part import TuningPart
from viewer.wizard.watching import Watching
from viewer.wizard.ways import with_way


def plan_of(folder: Path) -> Plan:
    return with_way(Plan("pictures"), "all").with_data(
        folder=str(folder), found=("a", "b"), classes=("a", "b")
    )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "training")
    desk.change(plan_of(tmp_path))
    return desk


def pick(box: QComboBox, value: Any) -> None:
    place = next(n for n in range(box.count()) if box.itemData(n) == value)
    box.setCurrentIndex(place)
    box.activated.emit(place)


def test_each_choice_reaches_the_recipe(qtbot: QtBot, desk: Desk) -> None:
    choices = MethodChoices()
    qtbot.addWidget(choices)
    choices.changed.connect(lambda plan: (desk.change(plan), choices.show_plan(plan)))
    choices.show_plan(desk.plan)
    pick(choices.network, "resnet18")
    pick(choices.head, 0.3)
    pick(choices.loss, ("cross_entropy", False))
    pick(choices.balance, "undersample")
    recipe = read_study_recipe(desk.write_recipe())
    assert recipe.network.architecture == "resnet18"
    assert not recipe.network.pretrained
    assert recipe.network.options == {"drop_rate": 0.3}
    assert recipe.fit.smoothing > 0
    assert recipe.fit.balance == "undersample"
    pick(choices.network, "tf_efficientnet_lite0")
    assert read_study_recipe(desk.write_recipe()).network.pretrained


@pytest.mark.slow
def test_all_choices_make_networks_that_can_be_built(desk: Desk) -> None:
    from ml.train.new_network import network_for
    from viewer.wizard.method_choices import _HEADS, _NETWORKS, with_dropout, with_network
    from viewer.wizard.plan_recipe import recipe_of

    for name in ("tf_efficientnet_lite0", "resnet18"):
        assert name in _NETWORKS
        recipe = recipe_of(with_dropout(with_network(desk.plan, name), max(_HEADS)))
        module, _ = network_for(recipe, recipe.network.size)
        assert module.get_submodule(recipe.network.cam_layer)


def test_the_time_is_told_as_a_range_with_what_it_rests_on(desk: Desk) -> None:
    rehearsing = Rehearsing(desk, desk)
    assert time_in_words(rehearsing, desk.plan) == ""
    desk.write_recipe()
    rehearsing._of = rehearsing._wanted()
    rehearsing.facts = {"reading": 100.0, "learning": 10.0, "seeing": 50.0, "pictures": 1000, "busy": 1.0}
    words = time_in_words(rehearsing, desk.plan).replace(SPACE, " ")
    learning, seeing = 5 * 6 * (600 / 10 + 200 / 50), (1000 + 4 * 400) / 50  # 5 parts, 6 passes
    whole = learning + seeing + 1000 / 100
    assert rehearsing.seconds() == pytest.approx(whole)
    low, high = math.floor(whole * 0.9 / 60), math.ceil(whole * 1.2 / 60)
    assert words.startswith(f"{low} to {high} min on this computer. Of that: reading 10 s, ")
    assert f"learning {duration(learning)}".replace(SPACE, " ") in words
    assert "10.0 pictures a second are learned from" in words
    rehearsing.facts |= {"busy": 3.0}
    words = time_in_words(rehearsing, desk.plan).replace(SPACE, " ")
    assert words.startswith(
        f"{math.floor(whole * 0.3 / 60)} to {high} min on this computer: the less where it has"
    )
    patient = replace(desk.plan, fit=replace(desk.plan.fit, patience=2))
    assert "Sooner where 2 passes bring nothing better" in time_in_words(rehearsing, patient)
    desk.change(replace(desk.plan, fit=replace(desk.plan.fit, batch=8)))
    assert time_in_words(rehearsing, desk.plan) == ""  # it was of other choices


def test_a_search_is_told_how_long_it_takes_and_its_best_is_used(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    rehearsing = Rehearsing(desk, desk)
    part = TuningPart(desk, rehearsing)
    qtbot.addWidget(part)
    part.changed.connect(lambda plan: (desk.change(plan), part.show_plan()))
    part.show()
    part.show_plan()
    assert not part.begin_button.isVisible()
    part.on.click()
    assert desk.plan.tuning
    assert part.begin_button.isVisible()
    assert "Takes about" not in part.told.text()
    desk.write_recipe()
    rehearsing._of = rehearsing._wanted()
    rehearsing.facts = {"reading": 100.0, "learning": 10.0, "seeing": 50.0, "pictures": 100}
    part.show_plan()
    assert "Takes about" in part.told.text()
    (tmp_path / "search.toml").write_text(toml_of(search_of(desk.plan)), encoding="utf-8")
    search = read_search(tmp_path / "search.toml")
    assert [one.key for one in search.ranges] == ["fit.rate", "fit.decay", "fit.smoothing"]
    for value, rate in ((0.7, 0.01), (0.9, 0.004), (None, 0.1)):
        part.work._hear({"event": "trial", "value": value, "parameters": {"fit.rate": rate}})
    assert "Best of 3" in part.told.text()
    qtbot.mouseClick(part.use_button, Qt.MouseButton.LeftButton)
    assert desk.plan.fit.rate == 0.004
    assert not desk.plan.tuning  # found already: the training does not look again
    part.close_work()


def test_ticks_for_engineers_change_what_runs_and_not_what_is_learned(qtbot: QtBot, desk: Desk) -> None:
    part = Watching()
    qtbot.addWidget(part)
    part.changed.connect(lambda plan: (desk.change(plan), part.show_plan(plan)))
    part.show_plan(desk.plan)
    before = text_for_training(desk.plan)
    assert words_for_training(desk) == []
    part.tensorboard.click()
    part.mlflow.click()
    assert words_for_training(desk) == ["--tensorboard", str(desk.folder / "board"), "--mlflow", "local"]
    assert text_for_training(desk.plan) == before


@pytest.mark.slow
@pytest.mark.parametrize("which", ["tensorboard", "mlflow"])
def test_a_button_opens_a_server_on_this_computer_alone(
    qtbot: QtBot, desk: Desk, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psutil

    if not is_installed(which):
        pytest.skip(f"the pages of {which} are not installed ({WANTED[which]})")
    shown: list[Page] = []
    monkeypatch.setattr(board_part, "show", shown.append)
    desk.change(replace(desk.plan, tensorboard=which == "tensorboard", mlflow=which == "mlflow"))
    part = BoardPart(desk)
    qtbot.addWidget(part)
    part.show()
    part.show_plan()
    assert [board for board, button in part.buttons.items() if button.isVisible()] == [which]
    qtbot.mouseClick(part.buttons[which], Qt.MouseButton.LeftButton)
    server = part.servers[which]
    qtbot.waitUntil(lambda: bool(shown) or not server.running, timeout=180_000)
    assert shown, part.notice.text.text()
    with urllib.request.urlopen(shown[0].url) as answer:
        assert answer.status == 200
    if which == "mlflow":
        asked = f"{shown[0].url}ajax-api/3.0/mlflow/ui-telemetry"
        with urllib.request.urlopen(asked) as answer:
            assert json.load(answer)["disable_ui_telemetry"] is True
    process = psutil.Process(server._process.processId())
    family = [process, *process.children(recursive=True)]
    hosts = {
        line.laddr.ip for one in family for line in one.net_connections("tcp") if line.status == "LISTEN"
    }
    assert hosts == {"127.0.0.1"}
    part.close_work()
    gone, alive = psutil.wait_procs(family, timeout=10)
    assert len(gone) == len(family), alive


@pytest.mark.parametrize("which", ["tensorboard", "mlflow"])
def test_where_its_pages_are_missing_the_button_says_how_to_get_them(
    qtbot: QtBot, desk: Desk, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "is_installed", lambda _: False)
    desk.change(replace(desk.plan, tensorboard=which == "tensorboard", mlflow=which == "mlflow"))
    part = BoardPart(desk)
    qtbot.addWidget(part)
    part.show()
    part.show_plan()
    qtbot.mouseClick(part.buttons[which], Qt.MouseButton.LeftButton)
    assert WANTED[which] in part.notice.text.text()
    assert ("kept as an experiment" in part.notice.text.text()) == (which == "mlflow")
    assert not part.servers[which].running
    part.close_work()


def test_the_step_shows_all_parts(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.gui.wizard_hands import METHOD
    from viewer.wizard.method_step import MethodStep

    monkeypatch.setattr(Rehearsing, "begin", lambda *_, **__: None)
    with a_wizard(qtbot, tmp_path / "training") as wizard:
        wizard.desk.change(plan_of(tmp_path))
        step = wizard.steps[METHOD]
        assert isinstance(step, MethodStep)
        wizard.stack.setCurrentIndex(METHOD)
        step.enter()
        assert step.tuning.on.isVisible()
        step.tuning.on.click()
        assert step.tuning.begin_button.isVisible()
        pick(step.choices.balance, "sampler")
        assert wizard.desk.plan.fit.balance == "sampler"
