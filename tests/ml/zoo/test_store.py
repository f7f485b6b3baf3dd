"""The list of models, finding one, installing one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ml import paths
from ml.errors import ModelProblem
from ml.zoo.store import find, install, installed_folder, models


@pytest.fixture(autouse=True)
def _no_builtin_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "resources", lambda: tmp_path / "resources")


def test_what_is_installed_is_listed_and_found(tiny_model: Path) -> None:
    assert models() == ()
    entry = install(tiny_model)
    assert models() == (entry,)
    assert (entry.name, entry.builtin, entry.problem) == ("tiny", False, None)
    bundle = find("tiny")
    assert bundle.path == installed_folder() / "tiny"
    assert bundle.weights() == (tiny_model / "model.safetensors").read_bytes()


def test_installing_again_replaces(tiny_model: Path) -> None:
    install(tiny_model)
    (installed_folder() / "tiny" / "stray.txt").write_text("x", encoding="utf-8")
    install(tiny_model)
    assert {p.name for p in (installed_folder() / "tiny").iterdir()} == {"model.json", "model.safetensors"}
    assert [p.name for p in installed_folder().iterdir()] == ["tiny"]
    assert install(installed_folder() / "tiny").card == find("tiny").card


def test_a_path_is_as_good_as_a_name(tiny_model: Path) -> None:
    assert find(tiny_model).card.name == "tiny"
    assert find(str(tiny_model)).card.name == "tiny"


def test_a_broken_bundle_is_listed_with_its_reason(tiny_model: Path) -> None:
    install(tiny_model)
    (installed_folder() / "broken").mkdir()
    broken, good = models()
    assert (broken.name, broken.card) == ("broken", None)
    assert broken.problem is not None
    assert "model.json is missing" in broken.problem.what
    assert good.problem is None
    with pytest.raises(ModelProblem, match="is missing"):
        find("broken")


def test_an_unknown_name_says_which_there_are(tiny_model: Path) -> None:
    install(tiny_model)
    with pytest.raises(ModelProblem, match="Models here: tiny") as caught:
        find("cellulrity")
    assert "cellulrity" in caught.value.what


def test_a_builtin_model_is_not_replaced(tiny_model: Path) -> None:
    shutil.copytree(tiny_model, paths.resources() / "models" / "tiny")
    with pytest.raises(ModelProblem, match="there already"):
        install(tiny_model)
    shutil.copytree(tiny_model, installed_folder() / "tiny")
    builtin, other = models()
    assert builtin.builtin
    assert other.problem is not None
    assert find("tiny").path == builtin.path


def test_a_bundle_that_is_refused_is_not_installed(tiny_model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    (copy / "extra.pt").write_bytes(b"x")
    with pytest.raises(ModelProblem, match="may run code"):
        install(copy)
    assert not list(installed_folder().iterdir())
