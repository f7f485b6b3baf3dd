"""Origin and threshold travel with the card; a model that others name as parent is known before it goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ml import paths
from ml.errors import ModelProblem
from ml.zoo import store
from ml.zoo.bundle import load_card, open_bundle, write_bundle
from ml.zoo.card_json import card_from_json, card_to_json
from ml.zoo.lineage import Ancestor, Lineage
from ml.zoo.operating import set_threshold

ORIGIN = Lineage((Ancestor("first", "First", "a" * 64),), "b" * 64, 3, 'name = "x"\n', "2026-01-01_10.00")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The packaged model under two names of a person's own, the second made from the first."""
    monkeypatch.setenv("PARFOCAL_HOME", str(tmp_path / "home"))
    bundle = open_bundle(paths.resources() / "models" / "cellularity")
    weights = tmp_path / "weights"
    weights.write_bytes(bundle.weights())
    for name, lineage in (("first", Lineage()), ("second", ORIGIN)):
        card = replace(bundle.card, name=name, title=name.title(), lineage=lineage)
        store.install(write_bundle(card, weights, tmp_path / name, bundle.familiarity()).path)
    return store.installed_folder()


def test_origin_is_read_back_as_it_was_written(installed: Path) -> None:
    assert load_card(installed / "second").lineage == ORIGIN
    assert "lineage" not in str(card_to_json(load_card(installed / "first")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"training": "../../x"},
        {"parents": {}},
        {"data_sha256": "z"},
        {"changed_labels": -1},
        {"recipe": 4},
        [],
    ],
)
def test_an_origin_that_is_none_refuses_the_card(installed: Path, wrong: object) -> None:
    document = card_to_json(load_card(installed / "first"))
    own = document["parfocal"]
    assert isinstance(own, dict)
    own["lineage"] = wrong
    with pytest.raises(ModelProblem):
        card_from_json(document, "first")


def test_what_depends_on_a_model_is_known_and_it_can_be_deleted(installed: Path) -> None:
    assert [entry.name for entry in store.descendants("first")] == ["second"]
    assert not store.descendants("second")
    store.remove(installed / "first")
    assert "first" not in {entry.name for entry in store.models()}
    assert not list(installed.glob(".*"))
    with pytest.raises(ModelProblem, match="not here any more"):
        store.remove(installed / "first")
    with pytest.raises(ModelProblem, match="comes with Parfocal"):
        store.remove(paths.resources() / "models" / "cellularity")


def test_a_threshold_is_written_into_the_card_alone(installed: Path) -> None:
    before = open_bundle(installed / "first")
    name = before.card.class_names[-1]
    made = set_threshold(installed / "first", name, 0.31, {"missed_of_100": 4})
    assert made.card.threshold == 0.31
    assert made.card.class_names[made.card.shown_class] == name
    assert made.card.metrics["operating_point"] == {"class": name, "threshold": 0.31, "missed_of_100": 4}
    assert made.weights() == before.weights()
    assert made.familiarity() == before.familiarity()
    with pytest.raises(ModelProblem, match="knows no class"):
        set_threshold(installed / "first", "no such", 0.5, {})
    with pytest.raises(ModelProblem, match="between 0 and 1"):
        set_threshold(installed / "first", name, 1.5, {})
