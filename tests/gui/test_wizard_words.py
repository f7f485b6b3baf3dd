"""Everything that the wizard shows, read by somebody who has never trained a network.

A term of the trade stands with its meaning in the same view, or not at all: a tool tip is not beside it.
"""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QTableWidget,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ml.train.lora_plan import Lora
from ml.train.slide_plan import Contrast
from ml.train.study_recipe import Vary
from ml.zoo.lineage import Ancestor, Lineage
from ml.zoo.store import models
from tests.gui.hands import LONG
from tests.gui.test_wizard_trouble import opened, pictures, trained
from tests.gui.wizard_person import CHECK, DATA, METHOD, PATCHES, TRAINING, USE, VERDICT
from tests.viewer.wizard.test_learning_windows import MADE_UP, QUEUE
from tests.viewer.wizard.test_learning_windows import opened as slide
from viewer.panels.pieces import FoldOut
from viewer.state.opened_slide import OpenedSlide
from viewer.wizard.answering import Answering
from viewer.wizard.case_dialog import CaseDialog
from viewer.wizard.data_step import DataStep
from viewer.wizard.desk import trainings_folder
from viewer.wizard.expert import Method, text_of
from viewer.wizard.expert_words import legend, meaning_of
from viewer.wizard.honesty_step import HonestyStep
from viewer.wizard.made_up_window import MadeUpWindow
from viewer.wizard.method_step import MethodStep
from viewer.wizard.models_window import ModelsWindow
from viewer.wizard.outlook_part import outlook_in_words
from viewer.wizard.patch_view import PatchView
from viewer.wizard.patches_step import PatchesStep
from viewer.wizard.plan import Kind, Plan
from viewer.wizard.question_step import QuestionStep
from viewer.wizard.queue_window import QueueWindow
from viewer.wizard.training_step import TrainingStep
from viewer.wizard.use_step import UseStep
from viewer.wizard.verdict_step import VerdictStep
from viewer.wizard.ways import Way, with_way
from viewer.wizard.window import WizardWindow
from viewer.work.models import ModelList

__all__ = ["opened", "pictures", "slide", "trained"]  # fixtures

NEVER = r"(?!)"
CLASS = r"\b[Cc]lass(es)?\b"  # said in the steps where they are chosen; Parfocal has them everywhere
MEANINGS: dict[str, str] = {
    r"\bepochs?\b": r"pass(es)?\b.* pictures|pictures\b.* pass",
    r"\bAUROC\b": r"coin's toss",
    r"[Cc]alibration": r"90 of 100|come true",
    r"\bbackbone": r"layers (but|before) the last",
    r"\bloss\b": r"[Hh]ow wrong|counts? as an error|small as it can",
    r"\bfolds?\b": r"\bparts?\b",
    r"\bLoRA\b": r"[Ss]mall changes",
    r"\b[Ff]rozen\b": r"stays? as (it is|they are)",
    r"\bfeatures\b": r"what (a|the) network sees",
    r"\bembedding": NEVER,
    r"\bt-SNE\b": r"look alike",
    r"\baugment": r"varied",
    r"\bIoU\b": r"cover",
    r"\b[Tt]hreshold": r"from which .*on|[Ff]rom the threshold on",
    r"learning rate": r"steps?\b",
    r"\bbatch\b": r"pictures .*at once",
    r"overfit": r"by heart",
    r"[Bb]ootstrap|[Cc]onfidence interval": r"95 of 100",
    r"\d\s?%?\s\([\d.−]+\s?%? to [\d.+]+\s?%?\)": r"95 of 100",
    r"[Ee]ntropy": r"surer",
    r"[Ll]abel smoothing": r"quite sure",
    r"\b[Ff]ocal": r"hard ones more",
    r"[Dd]ropout": r"hidden",
    r"\bF1\b|[Ss]ensitivity|[Ss]pecificity|[Rr]ecall": NEVER,
    r"[Cc]onfusion matrix": NEVER,
    r"[Hh]yper-?parameter": NEVER,
    r"\b(tensor|inference|checkpoint|GPU|gradient)\b": NEVER,
    r"\b[Ww]eights?\b": r"what .*learned|preferred",
    r"\b[Nn]etworks?\b": r"part of (a|the) model that learns",
    r"\b[Ll]ayers?\b": r"looks at what the (one|layer) before",
    r"[Tt]uning": r"better settings",
    r"Grad-CAM": r"[Bb]right|where it looks",
    r"TensorBoard": r"draws curves",
    r"MLflow": r"lists trainings|list of trainings",
    r"[Rr]egular expression|\\d\+": r"digits|^Training",
    r"power law": r"errors? falls?",
    CLASS: r"(told|tells) apart",
    r"sha256|\bhash": r"fingerprint",
    r"softmax|sigmoid": r"answered by itself|only one",
    r"\brecipe\b": r"[Ee]very setting|all settings|repeats? (it|this)",
}
"""Terms, and what has to be read beside them."""


def missing(texts: list[str]) -> dict[str, str]:
    """Terms that stand there without their meaning, each with the text that it stands in."""
    whole = "\n".join(texts)
    found = {}
    for term, meaning in MEANINGS.items():
        if re.search(meaning, whole):
            continue
        used = next((text for text in texts if re.search(term, text)), None)
        if used is not None:
            found[term] = used
    return found


def shown(page: QWidget) -> list[str]:
    """All words of a view that can be seen, choices of a list among them."""
    texts: list[str] = []
    for one in page.findChildren(QWidget):
        if one.isVisible():
            texts += [words for words in _words_of(one) if words.strip()]
    return texts


def _words_of(one: QWidget) -> Iterator[str]:
    if isinstance(one, QLabel | QAbstractButton):
        yield one.text()
    elif isinstance(one, QComboBox):
        yield from (one.itemText(place) for place in range(one.count()))
    elif isinstance(one, QLineEdit):
        yield one.text() or one.placeholderText()
    elif isinstance(one, QPlainTextEdit):
        yield one.toPlainText()
    elif isinstance(one, QListWidget):
        yield from (one.item(place).text() for place in range(one.count()))
    elif isinstance(one, QTabWidget):
        yield one.tabText(one.currentIndex())  # that of another page is explained there
    elif isinstance(one, QTableWidget):
        yield from _words_of_table(one)
    elif hasattr(one, "getPlotItem"):
        item = one.getPlotItem()
        yield item.titleLabel.text
        yield from (item.getAxis(side).labelText for side in ("left", "bottom"))


def _words_of_table(table: QTableWidget) -> Iterator[str]:
    heads = [table.horizontalHeaderItem(place) for place in range(table.columnCount())]
    heads += [table.verticalHeaderItem(place) for place in range(table.rowCount())]
    cells = [
        table.item(row, place) for row in range(table.rowCount()) for place in range(table.columnCount())
    ]
    yield from (item.text() for item in (*heads, *cells) if item is not None)


def read(page: QWidget, name: str) -> None:
    """Open all that is folded, and read."""
    for fold in page.findChildren(FoldOut):
        fold.unfold()
    QApplication.processEvents()
    found = missing(shown(page))
    if not isinstance(page, QuestionStep | DataStep):
        found.pop(CLASS, None)
    assert not found, name


@pytest.fixture
def wizard(opened: Callable[[], WizardWindow], trained: Path) -> WizardWindow:
    """With a training that was carried through."""
    shutil.copytree(trained, trainings_folder() / trained.name)
    return opened()


def at(wizard: WizardWindow, number: int, kind: type[Any]) -> Any:
    wizard.go(number)
    assert wizard.current == number, wizard.why.text()
    step = wizard.steps[number]
    assert isinstance(step, kind)
    return step


def test_a_term_without_its_meaning_is_found() -> None:
    assert missing(["6 epochs"])
    assert not missing(["6 epochs: passes over the pictures"])
    assert missing(["Threshold 0.5"])
    assert missing(["44\u202f% (8.3\u202f% to 83\u202f%)"])
    assert missing(["0.795 (0.604 to 0.946)"])


def test_question_and_data(wizard: WizardWindow, qtbot: QtBot) -> None:
    read(wizard.steps[0], "question")
    data = at(wizard, DATA, DataStep)
    qtbot.waitUntil(lambda: wizard.desk.survey is not None, timeout=LONG)
    read(data, "data")
    pattern = data.fields.rule.findData("pattern")
    data.fields.rule.setCurrentIndex(pattern)
    data.fields.rule.activated.emit(pattern)
    read(data, "a pattern for patients")


def test_check_and_patches(wizard: WizardWindow, qtbot: QtBot) -> None:
    check = at(wizard, CHECK, HonestyStep)
    assert check.remarks
    check.outlook.told.say("\n".join(outlook_in_words(FORESEEN)))
    read(check, "check")
    patches = at(wizard, PATCHES, PatchesStep)
    patches.rehearsing.shown = [
        {"label": "a", "file": "a.png", "patient": "p", "plain": "a", "varied": ["b"]}
    ]
    patches.show_rehearsal()
    read(patches, "patches")
    patches.rehearsing.close()


@pytest.mark.parametrize("kind", ["pictures", "scans", "boxes", "labelled_slides"])
@pytest.mark.parametrize("way", ["last", "little", "all"])
def test_method(wizard: WizardWindow, monkeypatch: pytest.MonkeyPatch, way: Way, kind: Kind) -> None:
    method = at(wizard, METHOD, MethodStep)
    monkeypatch.setattr(method.rehearsing, "begin", lambda *_, **__: None)
    plan = replace(wizard.desk.plan, kind=kind, several=kind in {"scans", "boxes"}, tuning=True)
    wizard.desk.change(with_way(plan, way))
    method.tuning.work.best = {"fit.rate": 0.01, "fit.decay": 0.1, "fit.smoothing": 0.05}
    method.show_plan()
    read(method, "method")
    wizard.desk.change(replace(wizard.desk.plan, vary=Vary(), mlflow=True, tensorboard=True))
    method.rehearsing.close()


def test_training_verdict_and_use(wizard: WizardWindow, qtbot: QtBot) -> None:
    wizard.desk.change(replace(wizard.desk.plan, mlflow=True, tensorboard=True))
    training = at(wizard, TRAINING, TrainingStep)
    training.show_state()
    read(training, "training")
    verdict = at(wizard, VERDICT, VerdictStep)
    verdict.figures.show_worst()
    for place in range(verdict.tabs.count()):
        verdict.tabs.setCurrentIndex(place)
        read(verdict, verdict.tabs.tabText(place))
    assert wizard.minimumSizeHint().height() <= 800  # the words leave it room on a small screen
    read(at(wizard, USE, UseStep), "use")


def test_windows_around_the_wizard(qtbot: QtBot, slide: OpenedSlide) -> None:
    slide.learning.set_made_up(MADE_UP)
    torn = tuple(replace(one, disagreement=0.3) for one in QUEUE.asked)
    answering = Answering(slide, replace(QUEUE, asked=torn), {}.get, "me@here")
    queue = QueueWindow(answering, slide, PatchView(slide.path))
    windows = (queue, MadeUpWindow(slide), CaseDialog((), "labelled_slides"), CaseDialog((), "boxes"))
    for window in windows:
        qtbot.addWidget(window)
        window.show()
        read(window, window.windowTitle())
        window.done(0)


def test_your_models(qtbot: QtBot) -> None:
    shelf = ModelList()
    window = ModelsWindow(shelf, lambda *_: None)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.list.count() > 0, timeout=LONG)
    lineage = Lineage((Ancestor("a", "A", "0" * 64),), "1" * 64, 3, "recipe", "2026-11-26_10.00", 4, 5)
    entries = tuple(models())
    whole = replace(entries[0], card=replace(entries[0].card, lineage=lineage))
    window.show_models((*entries[1:], whole))
    for place in range(window.list.count()):
        window.list.setCurrentRow(place)
        read(window, window.title.text())
    window.close()
    shelf.close()


def test_every_key_of_the_expert_view_has_a_meaning() -> None:
    """A new one in a recipe needs its line there."""
    parts = get_type_hints(Method)
    kinds = {name: kind for name, kind in parts.items() if is_dataclass(kind)}
    kinds |= {"network.lora": Lora, "pretrain": Contrast}
    apart = {"options", "lora"}  # sections of their own
    keys = [(name, one.name) for name, kind in kinds.items() for one in fields(kind) if one.name not in apart]
    assert [key for key in keys if not meaning_of(*key)] == []
    assert "not known" not in legend(text_of(Plan()))


def sentences(path: Path) -> Iterator[str]:
    """What a module may say: its texts that are no names and no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.JoinedStr)]
    parts = {id(part) for node in found if isinstance(node, ast.JoinedStr) for part in node.values}
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in found:
        if id(node) not in docs | parts:
            text = _text_of(node)
            # No name, no command, no style sheet.
            if " " in text.strip() and "parfocal-ml" not in text and "{" not in text:
                yield text


def _text_of(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text_of, node.values))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "…"


MODULES = sorted((Path(__file__).resolve().parents[2] / "viewer" / "wizard").glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_tips_remarks_and_troubles(path: Path) -> None:
    """What is not always seen: each module says what its words mean."""
    own = list(sentences(path))
    views = {CLASS, r"\b[Nn]etworks?\b", r"\b[Ll]ayers?\b"}  # explained in each view that has them
    assert not {term: text for term, text in missing(own).items() if term not in views}


FORESEEN = {
    "patients": 30,
    "foreseen": [{"patients": 30 * times, "error": 0.2, "low": 0.18, "high": 0.22} for times in (1, 2, 4)],
    "paper": "Figueroa et al. 2012",
}
