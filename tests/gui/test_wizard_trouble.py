"""What goes wrong at each step is said in words, with what to do, and costs nothing that was chosen."""

from __future__ import annotations

import errno
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QPushButton, QRadioButton
from pytestqt.qtbot import QtBot

from ml.progress import Progress
from ml.train.study_recipe import Division, Fit, NetworkPlan, Vary
from ml.train.survey import guessed, survey, tables_in
from ml.verbs.dataset import DatasetRequest, check_dataset
from tests.gui.hands import LONG
from tests.gui.model_hands import shoot
from tests.gui.wizard_person import CHECK, DATA, LEFT, METHOD, PATCHES, QUESTION, TRAINING, USE, VERDICT
from viewer.main_window.window import MainWindow
from viewer.wizard.cases import layout_of
from viewer.wizard.checked import LOOKED
from viewer.wizard.data_step import DataStep
from viewer.wizard.desk import RUN, Desk, trainings_folder
from viewer.wizard.found import with_layout, with_survey
from viewer.wizard.honesty_step import HonestyStep
from viewer.wizard.method_step import MethodStep
from viewer.wizard.plan import Plan, read_plan
from viewer.wizard.plan_recipe import text_for_check
from viewer.wizard.question_step import QuestionStep
from viewer.wizard.training_run import TrainingRun
from viewer.wizard.training_step import TrainingStep
from viewer.wizard.use_step import UseStep
from viewer.wizard.verdict_step import VerdictStep
from viewer.wizard.window import WizardWindow

TINY = NetworkPlan(
    "plain_resnet",
    {"first_hidden": 16, "stages": 3, "layers": 2},
    size=(32, 32),
    mean=(0.5, 0.5, 0.5),
    std=(0.25, 0.25, 0.25),
)
FULL = """import errno, json, sys
print(json.dumps({"event": "step", "phase": "Training, fold 1", "done": 1, "total": 9}), flush=True)
raise OSError(errno.ENOSPC, "No space left on device", "last.ckpt")
"""
NO_MEMORY = """import resource
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
bytearray(2**32)
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of six patients, two classes told apart by colour."""
    return write_pictures(tmp_path_factory.mktemp("pictures"))


def write_pictures(folder: Path, patients: int = 6, classes: str = "ab") -> Path:
    lines = ["file,label,patient"]
    for number in range(4 * patients):
        shade = (9 * number % 256, 255 - 9 * number % 256, 90 + 60 * (number % 2))
        Image.new("RGB", (48, 40), shade).save(folder / f"{number}.png")
        lines.append(f"{number}.png,{classes[number % len(classes)]},p{number % patients}")
    (folder / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def checked(folder: Path, parts: int = 3) -> Desk:
    """A training on the desk that stands before its beginning: looked through, checked, nothing learned."""
    desk = Desk()
    plan = with_layout(Plan("pictures"), str(folder), guessed(tables_in(folder), "pictures"))
    found = survey(folder, layout_of(plan), Progress())
    division = Division(folds=parts, duplicates="warn")
    plan = replace(
        with_survey(plan, found), network=TINY, fit=Fit(1, batch=8), vary=Vary(), division=division
    )
    desk.survey = found
    desk.change(replace(plan, step=TRAINING))
    check_dataset(DatasetRequest(desk.write_recipe(), desk.folder, desk.folder / "check"), Progress())
    (desk.folder / "check" / LOOKED).write_text(text_for_check(desk.plan), encoding="utf-8")
    return desk


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot) -> Iterator[Callable[[], WizardWindow]]:
    """The wizard by its command; nothing that it began stays."""

    def shown() -> WizardWindow:
        window.run("train")
        wizard = window.further.training.wizard
        assert wizard is not None
        qtbot.waitUntil(wizard.isVisible)
        return wizard

    yield shown
    wizard = window.further.training.wizard
    if wizard is not None:
        training = wizard.steps[TRAINING]
        assert isinstance(training, TrainingStep)
        training.run.discard()
        wizard.close()


def click(qtbot: QtBot, button: QAbstractButton) -> None:
    """In its middle; a radio button or a box on its sign."""
    signed = isinstance(button, QRadioButton | QCheckBox)
    place = QPoint(8, button.height() // 2) if signed else button.rect().center()
    assert button.isVisible()
    qtbot.mouseClick(button, LEFT, pos=place)


def close(qtbot: QtBot, window: MainWindow, wizard: WizardWindow) -> None:
    wizard.close()
    qtbot.waitUntil(lambda: window.further.training.wizard is None)


# ---------------------------------------------------------------------- data


def looked_through(qtbot: QtBot, wizard: WizardWindow, folder: Path) -> DataStep:
    wizard.go(DATA)
    step = wizard.steps[DATA]
    assert isinstance(step, DataStep)
    step.choose_folder(folder)
    qtbot.waitUntil(lambda: wizard.desk.survey is not None or step.notice.isVisible(), timeout=LONG)
    return step


def test_no_data_one_class_one_patient(
    opened: Callable[[], WizardWindow], window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    wizard = opened()
    for name in ("empty", "one_class", "one_patient"):
        (tmp_path / name).mkdir()
    step = looked_through(qtbot, wizard, tmp_path / "empty")
    assert "holds no pictures" in step.notice.text.text()
    assert wizard.why.text() == "Nothing could be taken from there: what to do stands above."
    assert step.area.needs.isVisible()
    shoot(qtbot, window, wizard, "no_data")
    step = looked_through(qtbot, wizard, tmp_path / "gone")
    assert "is not there" in step.notice.text.text()
    assert step.obstacle()
    step = looked_through(qtbot, wizard, write_pictures(tmp_path / "one_class", classes="a"))
    assert step.obstacle().startswith("There is one class only")
    assert step.area.found.isVisible()
    shoot(qtbot, window, wizard, "one_class")
    step = looked_through(qtbot, wizard, write_pictures(tmp_path / "one_patient", patients=1))
    assert step.obstacle().startswith("All pictures are of 1 patient. At least three are needed")
    assert not wizard.next_button.isEnabled()
    assert wizard.why.text() == step.obstacle()
    assert wizard.list.item(CHECK).flags() == Qt.ItemFlag.NoItemFlags
    shoot(qtbot, window, wizard, "one_patient")


# ---------------------------------------------------------------------- the child


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process are set as Linux has them")
@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (FULL, "The disk is full. Make room on it, then go on"),
        (NO_MEMORY, "There was not enough memory. Close other programs"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "it was killed, or the computer ran out"),
    ],
    ids=["disk full", "no memory", "killed"],
)
@pytest.mark.parametrize("at", [CHECK, TRAINING])
def test_a_child_that_breaks_off_says_why_and_nothing_is_lost(
    opened: Callable[[], WizardWindow],
    window: MainWindow,
    qtbot: QtBot,
    request: pytest.FixtureRequest,
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
    at: int,
    breaks: str,
    said: str,
) -> None:
    desk = checked(pictures)
    chosen, table = desk.plan, (desk.folder / "cases.csv").read_bytes()
    monkeypatch.setattr("viewer.work.child.command_line", lambda: (sys.executable, "-c", breaks))
    wizard = opened()
    step = wizard.steps[at]
    assert isinstance(step, HonestyStep | TrainingStep)
    if at == CHECK:
        assert isinstance(step, HonestyStep)
        wizard.go(CHECK)
        qtbot.mouseClick(step.again, LEFT)
    else:
        assert isinstance(step, TrainingStep)
        qtbot.mouseClick(step.begin_button, LEFT)
    qtbot.waitUntil(lambda: said in step.notice.text.text(), timeout=LONG)
    assert step.notice.isVisible()
    assert step.obstacle()
    assert not wizard.next_button.isEnabled()
    assert step.notice.text.text().lower().count("kept") == (at == TRAINING)  # said once, where it is so
    assert "Begin" not in wizard.why.text()  # it has begun
    kept = read_plan(desk.folder)
    assert kept == replace(chosen, step=at)
    assert (desk.folder / "cases.csv").read_bytes() == table
    button = step.again if isinstance(step, HonestyStep) else step.begin_button
    assert button.isVisible()  # one can try again
    assert button.isEnabled()
    shoot(qtbot, window, wizard, request.node.callspec.id.replace(" ", "_"))


def test_a_disk_that_fills_while_one_chooses(
    opened: Callable[[], WizardWindow], window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be kept is said at once, and stays in the window until there is room."""
    wizard = opened()
    first = wizard.steps[QUESTION]
    assert isinstance(first, QuestionStep)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        click(qtbot, first.kinds["pictures"])
        assert wizard.kept.isVisible()
        assert "full" in wizard.kept.text.text()
        assert wizard.why.text() == ""  # not that every choice is kept
        place = wizard.kept.text.mapTo(wizard, QPoint())
        assert place.x() > wizard.list.width() + 8
        assert place.y() >= 8
        assert wizard.desk.plan.kind == "pictures"
        shoot(qtbot, window, wizard, "not_kept")
    wizard.go(DATA)
    assert not wizard.kept.isVisible()
    assert wizard.why.text()
    kept = read_plan(wizard.desk.folder)
    assert kept is not None
    assert kept.kind == "pictures"


# ---------------------------------------------------------------------- closed at any step


@pytest.fixture(scope="module")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training that was carried through: a network of a second, one part."""
    from ml.verbs.train import TrainRequest, train

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARFOCAL_HOME", str(tmp_path_factory.mktemp("trained")))
        desk = checked(pictures)
        desk.change(replace(desk.plan, division=replace(desk.plan.division, run=1)))
        run = TrainingRun(desk)
        (desk.folder / RUN).mkdir()
        (desk.folder / RUN / "learned-from.toml").write_text(run.wanted(), encoding="utf-8")
        (desk.folder / RUN / "events.jsonl").write_text('{"event": "done"}\n', encoding="utf-8")
        train(TrainRequest(desk.write_recipe(), desk.folder, desk.out), Progress())
        return desk.folder


def renamed(_: QtBot, step: DataStep) -> None:
    step.classes.item(0, 0).setText("Benign")
    rule = step.fields.rule
    rule.setCurrentIndex(rule.findData("before_last"))
    rule.activated.emit(rule.currentIndex())
    assert "Benign" in step.plan.data.titles.values()
    assert step.plan.data.patients == "before_last"


def mended(qtbot: QtBot, step: HonestyStep) -> None:
    def shown() -> list[QPushButton]:  # cards of before go, and those of now come, with the next events
        found = step.findChildren(QPushButton)
        return [one for one in found if "3 parts only" in one.text() and one.isVisible()]

    qtbot.waitUntil(lambda: bool(shown()), timeout=LONG)
    click(qtbot, shown()[0])
    assert step.plan.division.folds == 3


def first_try(qtbot: QtBot, step: MethodStep) -> None:
    click(qtbot, step.first_only)
    step.passes.number.setFocus()
    step.passes.number.selectAll()
    qtbot.keyClicks(step.passes.number, "7")
    qtbot.keyClick(step.passes.number, Qt.Key.Key_Return)
    assert (step.plan.fit.epochs, step.plan.division.run) == (7, 1)


def relabelled(_: QtBot, step: VerdictStep) -> None:
    answer = step.answers[0]
    step.relabel(answer, next(label for label in "ab" if label != answer.label))
    assert step.plan.mended


def written(qtbot: QtBot, step: UseStep) -> None:
    qtbot.keyClicks(step.fields["title"], "Light or dark")
    qtbot.keyClicks(step.fields["limits"], "Anything else.")
    assert step.plan.texts.limits == "Anything else."


def asked(qtbot: QtBot, step: QuestionStep) -> None:
    click(qtbot, step.kinds["scans"])
    assert step.plan.kind == "scans"


CHOICES: dict[int, Callable[[QtBot, Any], None]] = {
    QUESTION: asked,
    DATA: renamed,
    CHECK: mended,
    PATCHES: lambda *_: None,  # of pictures nothing is chosen here: that one stood here is kept
    METHOD: first_try,
    TRAINING: lambda *_: None,
    VERDICT: relabelled,
    USE: written,
}


@pytest.mark.parametrize("at", CHOICES, ids=lambda at: f"step {at + 1}")
def test_closed_at_any_step_no_choice_is_lost(
    opened: Callable[[], WizardWindow],
    window: MainWindow,
    qtbot: QtBot,
    request: pytest.FixtureRequest,
    pictures: Path,
    at: int,
) -> None:
    if at in {VERDICT, USE}:
        whole: Path = request.getfixturevalue("trained")
        shutil.copytree(whole, trainings_folder() / whole.name)
    else:
        checked(pictures, 4 if at == CHECK else 3)  # each class has three patients
    wizard = opened()
    wizard.go(at)
    assert wizard.current == at, wizard.why.text()
    if at == DATA:
        qtbot.waitUntil(lambda: wizard.desk.survey is not None, timeout=LONG)
    CHOICES[at](qtbot, wizard.steps[at])
    chosen = wizard.desk.plan
    assert chosen.step == at
    close(qtbot, window, wizard)
    assert read_plan(wizard.desk.folder) == chosen
    again = opened()
    assert again.desk.plan == chosen
    assert again.current == at
    if at == DATA:
        qtbot.waitUntil(lambda: again.desk.survey is not None, timeout=LONG)
        assert again.desk.plan == chosen  # looking again changes nothing
