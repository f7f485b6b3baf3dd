"""A bundle that knows its training data: the card says how, a second file holds the numbers, both checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save, save_file

from ml.errors import ModelProblem
from ml.zoo.bundle import load_card, open_bundle, write_bundle
from ml.zoo.card_json import card_from_json, card_to_json
from ml.zoo.familiarity import FAMILIARITY_FILE, Familiarity
from ml.zoo.store import find, install
from tests.ml.zoo.test_bundle import change, make_card, zipped

HOW = Familiarity("", 3.5, "mahalanobis", "", 0.99, 0.0125, 571)
CONTENT = save({"center": np.zeros(2, np.float32)})


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    save_file({"weight": np.zeros((2, 3), np.float16)}, tmp_path / "w.safetensors")
    card = make_card(familiarity=HOW)
    return write_bundle(card, tmp_path / "w.safetensors", tmp_path / "nuclei", CONTENT).path


def test_what_is_written_is_read_back(bundle: Path) -> None:
    opened = open_bundle(bundle)
    found = opened.card.familiarity
    assert found is not None
    assert replace(found, sha256="") == HOW
    assert opened.familiarity() == CONTENT
    assert open_bundle(zipped(bundle)).familiarity() == CONTENT
    assert load_card(bundle) == opened.card


def test_it_goes_along_when_a_bundle_is_installed(bundle: Path) -> None:
    install(bundle)
    assert find("nuclei").familiarity() == CONTENT


def test_other_bundles_say_nothing_of_it(tmp_path: Path) -> None:
    card = make_card()
    own = card_to_json(card)["parfocal"]
    assert isinstance(own, dict)
    assert "familiarity" not in own
    save_file({"weight": np.zeros((2, 3), np.float16)}, tmp_path / "w.safetensors")
    plain = write_bundle(card, tmp_path / "w.safetensors", tmp_path / "plain")
    assert plain.familiarity() is None
    assert sorted(path.name for path in plain.path.iterdir()) == ["model.json", "model.safetensors"]


def test_one_that_was_not_measured_has_no_share(tmp_path: Path) -> None:
    card = make_card(familiarity=Familiarity("0" * 64, 2.0))
    text = json.dumps(card_to_json(card), allow_nan=False)
    assert card_from_json(json.loads(text), "x") == card


EDITS: dict[str, tuple[Callable[[dict], object], str]] = {
    "no object": (lambda own: own.update(familiarity=3), "not a JSON object"),
    "file": (lambda own: own["familiarity"].update(file="../x"), "only familiarity.safetensors"),
    "no hash": (lambda own: own["familiarity"].pop("sha256"), "sha256 of familiarity"),
    "hash": (lambda own: own["familiarity"].update(sha256="f" * 64), "sha256 differs"),
    "measure": (lambda own: own["familiarity"].update(measure="feeling"), "'feeling'"),
    "layer": (lambda own: own["familiarity"].update(layer=3), "layer of familiarity"),
    "no threshold": (lambda own: own["familiarity"].pop("threshold"), "threshold of familiarity"),
    "threshold": (lambda own: own["familiarity"].update(threshold=0), "threshold of familiarity is 0"),
    "below 0": (lambda own: own["familiarity"].update(threshold=-1), "threshold of familiarity"),
    "share": (lambda own: own["familiarity"].update(held_out_share=1.5), "held_out_share"),
    "pictures": (lambda own: own["familiarity"].update(held_out_pictures=0.5), "held_out_pictures"),
}


@pytest.mark.parametrize("case", EDITS)
def test_a_card_that_contradicts_itself_is_refused(bundle: Path, case: str) -> None:
    edit, reason = EDITS[case]
    change(bundle, lambda _, own: edit(own))
    with pytest.raises(ModelProblem, match="refused") as caught:
        open_bundle(bundle)
    assert reason in str(caught.value)


def test_a_missing_or_damaged_file_is_refused(bundle: Path) -> None:
    (bundle / FAMILIARITY_FILE).write_bytes(b"no tensors")
    with pytest.raises(ModelProblem, match="sha256 differs"):
        open_bundle(bundle)
    (bundle / FAMILIARITY_FILE).unlink()
    for read in (open_bundle, load_card):
        with pytest.raises(ModelProblem, match=r"familiarity\.safetensors is missing"):
            read(bundle)
