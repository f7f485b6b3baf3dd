"""The training wizard, clicked through: from a folder of pictures to a model that can be used."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from ml.train.study_recipe import read_study_recipe
from ml.zoo.store import models
from tests.gui.hands import open_file
from viewer.main_window.window import MainWindow
from viewer.wizard.data_step import DataStep
from viewer.wizard.desk import Desk
from viewer.wizard.honesty_step import HonestyStep
from viewer.wizard.method_step import MethodStep
from viewer.wizard.patches_step import PatchesStep
from viewer.wizard.question_step import QuestionStep
from viewer.wizard.training_step import TrainingStep
from viewer.wizard.use_step import UseStep
from viewer.wizard.verdict_step import VerdictStep
from viewer.wizard.window import WizardWindow

pytestmark = [pytest.mark.data, pytest.mark.slow, pytest.mark.timeout(1200)]

PATIENCE = 600_000  # ms; each process imports torch, on a machine that may be busy
QUESTION, DATA, CHECK, PATCHES, METHOD, TRAINING, VERDICT, USE = range(8)
TINY = """
seed = 17
[network]
architecture = "plain_resnet"
options = { first_hidden = 16, stages = 3, layers = 2 }
size = [48, 48]
fitting = "cover"
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]
[fit]
epochs = 3
batch = 8
rate = 3e-3
watch = "loss"
[vary]
flip = true
[division]
folds = 3
run = 1
"""


def write_cases(real_data: Path, folder: Path, labels: tuple[str, ...], patients: int = 6) -> Path:
    """Real pictures of so many source tiles a class, two each, with their table."""
    source = real_data / "patches" / "lung_colon"
    with (source / "labels.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    folder.mkdir(parents=True)
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "label", "patient"])
        for label in labels:
            own = [line for line in lines if line["label"] == label]
            for group in list(dict.fromkeys(line["group"] for line in own))[:patients]:
                for line in [line for line in own if line["group"] == group][:2]:
                    name = Path(line["file"]).name
                    shutil.copyfile(source / line["file"], folder / name)
                    table.writerow([name, label, group])
    return folder


@pytest.fixture
def pictures(real_data: Path, tmp_path: Path) -> Path:
    return write_cases(real_data, tmp_path / "pictures", ("lung_n", "colon_n"))


@pytest.fixture
def wizard(window: MainWindow, qtbot: QtBot) -> Iterator[WizardWindow]:
    """Opened by its command; whatever it has begun is ended afterwards."""
    window.run("train")
    found = window.further.training.wizard
    assert found is not None
    qtbot.waitUntil(found.isVisible)
    yield found
    folder = found.desk.folder
    end_processes(folder)


def end_processes(folder: Path) -> None:
    for path in folder.rglob("process.json"):
        facts = json.loads(path.read_text(encoding="utf-8"))
        if psutil.pid_exists(facts["pid"]):
            process = psutil.Process(facts["pid"])
            if abs(process.create_time() - facts["created"]) < 1:
                process.kill()


def next_(qtbot: QtBot, wizard: WizardWindow) -> None:
    qtbot.waitUntil(wizard.next_button.isEnabled, timeout=PATIENCE)
    qtbot.mouseClick(wizard.next_button, Qt.MouseButton.LeftButton)


def choose(qtbot: QtBot, wizard: WizardWindow, folder: Path) -> DataStep:
    """Take a folder in step 2 and wait until it was looked through."""
    wizard.go(DATA)
    step = wizard.steps[DATA]
    assert isinstance(step, DataStep)
    step.choose_folder(folder)
    qtbot.waitUntil(lambda: wizard.desk.survey is not None or step.notice.isVisible(), timeout=PATIENCE)
    return step


def to_training(qtbot: QtBot, wizard: WizardWindow, folder: Path) -> TrainingStep:
    """Steps 1 to 6, with a tiny network typed in the expert view."""
    choose(qtbot, wizard, folder)
    method = wizard.steps[METHOD]
    assert isinstance(method, MethodStep)
    method.expert.show_plan(wizard.desk.plan)
    method.expert.edit.setPlainText(TINY)
    method.expert.take()
    assert not method.expert.fault.isVisible()
    next_(qtbot, wizard)
    check = wizard.steps[CHECK]
    assert isinstance(check, HonestyStep)
    qtbot.waitUntil(lambda: bool(check.remarks), timeout=PATIENCE)
    wizard.go(METHOD)
    qtbot.waitUntil(lambda: method.rehearsing.seconds() is not None, timeout=PATIENCE)
    assert "on this computer" in method.time.text()
    assert "Measured just now" in method.time.text()
    next_(qtbot, wizard)
    step = wizard.steps[TRAINING]
    assert isinstance(step, TrainingStep)
    return step


def ended(step: TrainingStep) -> bool:
    return step.run.state not in {"running", "paused"}


def test_from_a_folder_to_a_model(
    window: MainWindow,
    wizard: WizardWindow,
    qtbot: QtBot,
    pictures: Path,
    tmp_path: Path,
    sample_slide: Path,
) -> None:
    (pictures / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    with (pictures / "labels.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["broken.jpg", "lung_n", "p1"], ["gone.jpg", "colon_n", "p2"]])
    first = wizard.steps[QUESTION]
    assert isinstance(first, QuestionStep)
    for kind in ("pictures", "patches"):
        button = first.kinds[kind]
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(8, button.height() // 2))
        assert wizard.desk.plan.kind == kind
    data = choose(qtbot, wizard, pictures)
    data.fields.spacing.setValue(0.5)
    training = to_training(qtbot, wizard, pictures)
    assert wizard.desk.plan.data.spacing == 0.5
    assert data.fields.rule.currentData() == "column"
    assert "1 is missing and left out" in data.told.text()
    assert "1 is broken and left out" in data.told.text()
    patches = wizard.steps[PATCHES]
    assert isinstance(patches, PatchesStep)
    patches.enter()
    assert set(patches.strips) == {"lung n", "colon n"}
    shown = patches.strips["lung n"].tiles
    assert sum(tile.lines == ("varied",) for tile in shown) == 12  # 4 pictures, 3 variations each

    qtbot.mouseClick(training.begin_button, Qt.MouseButton.LeftButton)
    told = json.loads((wizard.desk.folder / "run" / "told.json").read_text(encoding="utf-8"))
    assert {"Reading pictures", "Training, fold 1"} <= {part["name"] for part in told}
    qtbot.waitUntil(lambda: len(training.run.story.points) > 0, timeout=PATIENCE)
    assert training.run.story.seconds_left is not None  # also of what is done between parts
    qtbot.waitUntil(lambda: ended(training), timeout=PATIENCE)
    assert training.run.state == "done", training.notice.text.text()
    assert len(training.run.story.curves("auroc")["part 1"]) == 3
    assert len(training.run.story.curves("calibration_error")["part 1"]) == 3
    assert training.strip.tiles
    next_(qtbot, wizard)
    verdict = wizard.steps[VERDICT]
    assert isinstance(verdict, VerdictStep)
    assert "Right" in verdict.overall.text()
    report = json.loads((wizard.desk.out / "report.json").read_text(encoding="utf-8"))
    assert len(verdict.answers) == report["figures"]["pictures"]
    confusion = report["figures"]["confusion"]
    row = max(range(2), key=lambda place: confusion[place][place])
    verdict.confusion.cellClicked.emit(row, row)
    assert len(verdict.strip.tiles) == confusion[row][row]

    next_(qtbot, wizard)
    use = wizard.steps[USE]
    assert isinstance(use, UseStep)
    assert not use.use_button.isEnabled()
    assert "a name" in use.missing.text()
    qtbot.keyClicks(use.fields["title"], "Lung or colon")
    qtbot.keyClicks(use.fields["limits"], "Twelve source tiles.")
    qtbot.mouseClick(use.use_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: wizard.desk.plan.done, timeout=PATIENCE)
    choice = window.frame.analyze.model.choice
    qtbot.waitUntil(lambda: choice.currentData() == "lung-or-colon", timeout=PATIENCE)
    card = next(entry.card for entry in models() if entry.name == "lung-or-colon")
    assert card is not None
    assert card.limits == "Twelve source tiles."
    use.save(tmp_path / "shared.zip")
    qtbot.waitUntil((tmp_path / "shared.zip").is_file, timeout=PATIENCE)
    analyze_with_it(qtbot, window, sample_slide)
    same_by_the_command_line(wizard.desk, report)


def analyze_with_it(qtbot: QtBot, window: MainWindow, slide: Path) -> None:
    """The new model looks at a region of a slide, in the same session."""
    open_file(qtbot, window, slide)
    opened = window.slides.page.opened
    size = opened.info.size
    shape = Shape.rectangle(Rect(size.width / 4, size.height / 4, size.width / 2, size.height / 2))
    annotation = Annotation(shape)
    opened.edit(Change((), (annotation,), "Draw rectangle"))
    opened.select(annotation.id)
    window.run("analyze")
    assert window.analyzing.running
    qtbot.waitUntil(lambda: not window.analyzing.running, timeout=PATIENCE)
    assert opened.findings is not None
    assert opened.findings.scores.class_names == ("colon n", "lung n")
    assert opened.findings.scores.scored.any()


def same_by_the_command_line(desk: Desk, report: dict[str, object]) -> None:
    """`parfocal-ml train` with the recipe that the wizard saved gives the same figures."""
    words = ["train", str(desk.folder / "recipe.toml"), "--data", str(desk.folder)]
    command = [sys.executable, "-m", "ml", *words, "--out", str(desk.folder / "again")]
    subprocess.run(command, check=True, capture_output=True, timeout=900)
    again = json.loads((desk.folder / "again" / "report.json").read_text(encoding="utf-8"))
    assert again["figures"] == report["figures"]


def test_killed_it_goes_on_to_the_same_result(wizard: WizardWindow, qtbot: QtBot, pictures: Path) -> None:
    step = to_training(qtbot, wizard, pictures)
    step.begin()
    qtbot.waitUntil((wizard.desk.out / "folds" / "0" / "last.ckpt").is_file, timeout=PATIENCE)
    process = step.run.child._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: ended(step), timeout=PATIENCE)
    assert step.run.state == "killed"
    assert "What was learned is kept" in step.notice.text.text()
    assert step.begin_button.text() == "Go on with the training"
    step.begin()
    qtbot.waitUntil(lambda: ended(step), timeout=PATIENCE)
    assert step.run.state == "done"
    report = json.loads((wizard.desk.out / "report.json").read_text(encoding="utf-8"))
    assert [epoch["epoch"] for epoch in report["epochs"]] == [1, 2, 3]
    same_by_the_command_line(wizard.desk, report)


def test_it_goes_on_without_the_window(
    window: MainWindow, wizard: WizardWindow, qtbot: QtBot, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = to_training(qtbot, wizard, pictures)
    step.begin()
    wizard.close()
    qtbot.waitUntil(lambda: window.further.training.wizard is None)
    window.run("train")
    again = window.further.training.wizard
    assert again is not None
    assert again.current == TRAINING
    later = again.steps[TRAINING]
    assert isinstance(later, TrainingStep)
    assert later.run.state in {"running", "done"}
    later._pause()
    qtbot.waitUntil(lambda: later.run.state in {"paused", "done"}, timeout=PATIENCE)
    if later.run.state == "paused":
        assert later.pause_button.text() == "Continue"
        later._pause()
        later.run.stop()
        qtbot.waitUntil(lambda: ended(later), timeout=PATIENCE)
        assert later.run.state == "stopped"
        assert later.begin_button.text() == "Go on with the training"
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    later._discard()
    assert later.run.state == "none"
    assert not (again.desk.out / "folds").exists()


def test_look_alikes_on_both_sides_forbid_to_begin_until_they_are_mended(
    wizard: WizardWindow, qtbot: QtBot, pictures: Path
) -> None:
    """Pictures of one source tile under the names of many patients."""
    table = pictures / "labels.csv"
    with table.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label", "patient"])
        for number, line in enumerate(lines):
            writer.writerow([line["file"], line["label"], f"p{number}"])
            from PIL import Image

            again = f"again{number}.jpg"
            Image.open(pictures / line["file"]).save(pictures / again, quality=60)
            writer.writerow([again, line["label"], f"q{number}"])
    choose(qtbot, wizard, pictures)
    next_(qtbot, wizard)
    step = wizard.steps[CHECK]
    assert isinstance(step, HonestyStep)
    qtbot.waitUntil(lambda: bool(step.remarks), timeout=PATIENCE)
    worst = step.remarks[0]
    assert worst.weight == "refusal"
    assert "look the same" in worst.what
    assert wizard.reachable == CHECK
    assert not wizard.next_button.isEnabled()
    join = next(mend for mend in worst.mends if "together" in mend.words)
    step._mend(join)
    qtbot.waitUntil(lambda: bool(step.remarks), timeout=PATIENCE)
    assert all(remark.weight != "refusal" for remark in step.remarks)
    assert wizard.next_button.isEnabled()
    recipe = read_study_recipe(wizard.desk.folder / "recipe.toml")
    assert recipe.division.duplicates == "join"
