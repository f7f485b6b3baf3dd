"""Every kind of training can be measured, and what is measured leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ml.errors import Problem
from ml.progress import Cancelled, Progress, Step
from ml.train import tempo
from ml.train.duration import Rates
from ml.train.examples import EpochExamples
from ml.train.figures import EpochFigures
from ml.train.lora_plan import Lora
from ml.train.pictures import Pictures, read_pictures
from ml.train.study_recipe import Fit, NetworkPlan, StudyRecipe, Task, Vary
from ml.train.study_run import rows_for
from ml.train.tempo import Heard, beside_others, tempo_of
from tests.ml.train.studies import tiny_recipe, write_pictures

BOTH = Task(("a", "b"), "sigmoid")
NETWORK = tiny_recipe().network
KINDS: dict[str, StudyRecipe] = {
    "one answer": tiny_recipe(),
    "several": tiny_recipe(task=BOTH, fit=Fit(2, loss="bce", balance="pos_weight")),
    "a large batch": tiny_recipe(fit=Fit(2, batch=200)),
    "rare ones drawn": tiny_recipe(fit=Fit(2, batch=8, balance="sampler", drawn=500)),
    "negatives left out": tiny_recipe(
        task=Task(("b",), "sigmoid", negative="a"), fit=Fit(2, batch=8, loss="bce", balance="undersample")
    ),
    "ends early": tiny_recipe(fit=Fit(2, batch=8, patience=1)),
    "the last layer": tiny_recipe(network=replace(NETWORK, learns="head"), vary=Vary()),
    "the last layer, varied": tiny_recipe(network=replace(NETWORK, learns="head")),
    "small changes": tiny_recipe(
        network=NetworkPlan("resnet18", learns="lora", lora=Lora(targets=("conv1",)), size=(32, 32))
    ),
}


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As little as can be is measured."""
    for name in ("_SEEN", "_LEARNED", "_LONG"):
        monkeypatch.setattr(tempo, name, 0.0)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[StudyRecipe], Pictures]:
    write_pictures(tmp_path / "pictures")

    def found(recipe: StudyRecipe) -> Pictures:
        return read_pictures(rows_for(recipe, tmp_path, Progress()), recipe.network, Progress())

    return found


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_measured(kind: str, read: Callable[[StudyRecipe], Pictures], tmp_path: Path) -> None:
    recipe = KINDS[kind]
    before = sorted(tmp_path.rglob("*"))
    rates, source = tempo_of(recipe, read(recipe), tmp_path, 50.0, Progress())
    assert rates.reading == 50
    assert min(rates.learning, rates.checking, rates.seeing, rates.judging) > 0
    assert min(rates.starting, rates.passing, rates.drawing) >= 0
    assert rates.busy >= 1
    assert source == ""
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.usefixtures("at_once")
def test_a_stop_ends_it(read: Callable[[StudyRecipe], Pictures], tmp_path: Path) -> None:
    recipe = tiny_recipe()
    pictures, progress = read(recipe), Progress()
    progress.stop()
    with pytest.raises(Cancelled):
        tempo_of(recipe, pictures, tmp_path, 50.0, progress)


@pytest.mark.usefixtures("at_once")
def test_a_network_that_cannot_learn_is_refused(
    read: Callable[[StudyRecipe], Pictures], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tiny_recipe()
    module, _ = tempo.network_for(recipe, (32, 32), tmp_path)
    monkeypatch.setattr(tempo, "network_for", lambda *_: (module.requires_grad_(False), ""))
    with pytest.raises(Problem, match="would learn"):
        tempo_of(recipe, read(recipe), tmp_path, 50.0, Progress())


def test_the_first_batch_and_what_is_between_passes_do_not_count_as_learning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr(tempo.time, "perf_counter", lambda: now)
    monkeypatch.setattr(tempo, "worked", lambda: now)
    heard = Heard(Progress(), watched=30, began=0.0)
    figures = EpochFigures(0, 1, 1.0, 1.0, 0.5, 0.5, 0.5, 1.0)
    for after, what in (
        *((0.9, "batch"), (0.2, "batch"), (0.3, figures), (0.5, EpochExamples(0, 1, ()))),
        *((0.25, "batch"), (0.2, "batch"), (0.3, figures), (0, EpochExamples(0, 2, ()))),
        *((0.25, "batch"), (0.2, "batch")),
    ):
        assert not heard.listener.stop_wished
        now += after
        if what == "batch":
            heard.listener.step(Step("Training, fold 1", 0, 0))
        else:
            heard.listener.part(what)
    assert (
        heard.listener.stop_wished
    )  # it took three seconds; two passes and the third one's batches are enough
    expected = {"learning": 16 / 0.2, "checking": 30 / 0.3, "drawing": 0.5, "passing": 0.05}
    assert heard.rates(16) == pytest.approx(expected)


def test_what_others_take_makes_all_slower_but_the_disk() -> None:
    alone = Rates(100.0, 10.0, 50.0, 40.0, starting=5.0, passing=0.1, drawing=0.2, judging=2.0)
    assert beside_others(alone, 2.0) == Rates(
        100.0, 5.0, 25.0, 20.0, starting=10.0, passing=0.2, drawing=0.4, judging=4.0, busy=2.0
    )
