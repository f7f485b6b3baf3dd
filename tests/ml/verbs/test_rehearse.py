"""What a training would see and how long it would take; and the card that a model gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.errors import Problem
from ml.train.duration import Rates, keeps_features, parts_of, range_of, seconds_of, seconds_of_search
from ml.train.search_plan import Range, Search
from ml.train.study_recipe import Division, Fit, NetworkPlan, StudyRecipe, Task, Vary
from ml.verbs.describe import CardTexts, describe
from ml.zoo.bundle import open_bundle
from tests.ml.verbs.conftest import Said


def test_pictures_are_written_as_the_network_gets_them(
    small_study: Path, tmp_path: Path, as_program: Callable[..., Said]
) -> None:
    code, events, _ = as_program(
        "rehearse", small_study, "--data", small_study.parent, "--out", tmp_path / "seen"
    )
    assert code == 0
    shown = [event for event in events if event["event"] == "shown"]
    assert {event["label"] for event in shown} == {"benign", "malignant"}
    assert all(len(event["varied"]) == 3 for event in shown)
    plain = np.asarray(Image.open(shown[0]["plain"]))
    assert plain.shape == (48, 64, 3)
    mirrored = [np.asarray(Image.open(path)) for path in shown[0]["varied"]]
    assert all(np.array_equal(one, plain) or np.array_equal(one, plain[:, ::-1]) for one in mirrored)
    done = events[-1]
    assert done["event"] == "done"
    assert done["pictures"] == 48
    measured = ("reading", "learning", "seeing", "checking", "judging", "low", "seconds", "high")
    assert min(done[name] for name in measured) > 0
    assert done["low"] < done["seconds"] < done["high"]
    assert done["busy"] >= 1


RECIPE = StudyRecipe("a", "A", "1", Task(("x", "y")), NetworkPlan("n"), Fit(epochs=10))


def test_the_time_counts_folds_epochs_and_networks() -> None:
    rates = Rates(reading=1e9, learning=10.0, seeing=1e9)
    whole = seconds_of(RECIPE, 100, rates)
    assert whole == pytest.approx(5 * 10 * 60 / 10, rel=1e-3)
    one = replace(RECIPE, division=Division(run=1))
    assert seconds_of(one, 100, rates) == pytest.approx(whole / 5, rel=1e-3)
    two = replace(RECIPE, network=replace(RECIPE.network, also=("m",)))
    assert seconds_of(two, 100, rates) == pytest.approx(2 * whole, rel=1e-3)


def test_kept_features_are_seen_once_whatever_the_epochs() -> None:
    frozen = replace(RECIPE, network=replace(RECIPE.network, learns="head"))
    rates = Rates(reading=1e9, learning=1e9, seeing=10.0, checking=1e9)
    assert keeps_features(frozen)
    longer = replace(frozen, fit=Fit(epochs=1000))
    assert seconds_of(frozen, 100, rates) == pytest.approx(seconds_of(longer, 100, rates), abs=0.01)
    once_for_features_and_once_for_the_familiar = 2 * 100 / 10
    assert seconds_of(frozen, 100, rates) == pytest.approx(
        once_for_features_and_once_for_the_familiar, abs=0.01
    )
    assert not keeps_features(replace(frozen, vary=Vary(flip=True)))


def test_each_part_of_the_work_takes_its_time() -> None:
    rates = Rates(reading=1e9, learning=1e9, seeing=1e9)
    none = seconds_of(RECIPE, 100, rates)
    assert none == pytest.approx(0, abs=1e-3)
    passes, folds = 10, 5
    for name, value, seconds in (
        ("reading", 10.0, 100 / 10),
        ("checking", 10.0, folds * passes * 20 / 10),
        ("starting", 5.0, 5),
        ("passing", 0.5, folds * passes * 0.5),
        ("drawing", 2.0, folds * 2),  # once a part: while nothing else takes time it is drawn no second time
        ("judging", 3.0, 3 * (1 + 100 / 700)),
    ):
        assert seconds_of(RECIPE, 100, replace(rates, **{name: value})) == pytest.approx(seconds, abs=1e-3), (
            name
        )


def test_drawing_where_it_looks_takes_a_sixth_at_most() -> None:
    rates = Rates(reading=1e9, learning=10.0, seeing=1e9)
    plain = seconds_of(RECIPE, 1000, rates)
    drawn = seconds_of(RECIPE, 1000, replace(rates, drawing=50.0))
    assert plain < drawn < plain * 1.3
    assert seconds_of(RECIPE, 1000, replace(rates, drawing=0.1)) == pytest.approx(plain + 5 * 10 * 0.1)


def test_a_search_comes_before_and_is_counted() -> None:
    rates = Rates(reading=1e9, learning=10.0, seeing=1e9)
    searched = replace(RECIPE, search=Search((Range("fit.rate", 1e-4, 1e-2),), trials=4, passes=3))
    assert seconds_of_search(RECIPE, 100, rates) == 0
    assert seconds_of_search(searched, 100, rates) == pytest.approx(4 * 3 * 60 / 10)
    whole = seconds_of(RECIPE, 100, rates) + seconds_of_search(searched, 100, rates)
    assert seconds_of(searched, 100, rates) == pytest.approx(whole)


def test_what_others_did_meanwhile_makes_the_range_wide() -> None:
    parts = parts_of(RECIPE, 100, Rates(reading=1e9, learning=10.0, seeing=1e9))
    low, high = range_of(parts, busy=1.0)
    assert low < 300 < high
    assert range_of(parts, busy=3.0) == (pytest.approx(low / 3), high)


TEXTS = CardTexts("My Model 2", "Research.", "One laboratory.", "Ours.")


def test_a_card_gets_its_texts_and_keeps_weights_and_figures(tiny_model: Path, tmp_path: Path) -> None:
    before, made = open_bundle(tiny_model), describe(tiny_model, TEXTS, tmp_path / "named")
    assert made.weights() == before.weights()
    assert (made.card.name, made.card.title, made.card.limits) == (
        "my-model-2",
        "My Model 2",
        "One laboratory.",
    )
    same = {"name": "tiny", "title": "Tiny", "intended_use": "", "limits": "", "licence": ""}
    assert replace(made.card, **same) == before.card


@pytest.mark.parametrize("field", ["title", "intended_use", "limits", "licence"])
def test_what_a_card_must_say(field: str, tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="says nothing about"):
        describe(tiny_model, replace(TEXTS, **{field: "  "}), tmp_path / "named")
    assert not (tmp_path / "named").exists()
