"""Weights to begin with: all but the last layer, and only those of the same network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ml.errors import Problem
from ml.model import architectures
from ml.model.begin import load_begun
from ml.model.features import head_of

SMALL = {"first_hidden": 16, "stages": 3, "layers": 2}


def test_everything_but_the_last_layer_is_taken(tmp_path: Path) -> None:
    """Also from a network with more classes."""
    before = architectures.create("plain_resnet", 5, SMALL)
    save_file(before.state_dict(), tmp_path / "b.safetensors")
    module = architectures.create("plain_resnet", 2, SMALL)
    head = head_of(module).weight.clone()  # type: ignore[operator]
    load_begun(module, tmp_path / "b.safetensors", head_of(module))
    assert torch.equal(head_of(module).weight, head)  # type: ignore[arg-type]
    own, given = module.state_dict(), before.state_dict()
    assert all(torch.equal(own[name], given[name]) for name in own if not name.startswith("fc."))


def test_other_networks_and_bad_files_are_refused(tmp_path: Path) -> None:
    module = architectures.create("plain_resnet", 2, SMALL)
    for options in ({**SMALL, "stages": 4}, {**SMALL, "first_hidden": 32}):
        other = architectures.create("plain_resnet", 2, options)
        save_file(other.state_dict(), tmp_path / "b.safetensors")
        with pytest.raises(Problem, match="of another network"):
            load_begun(module, tmp_path / "b.safetensors", head_of(module))
    (tmp_path / "b.safetensors").write_bytes(b"no weights")
    with pytest.raises(Problem, match="cannot be read"):
        load_begun(module, tmp_path / "b.safetensors", head_of(module))
    with pytest.raises(Problem, match="are not there"):
        load_begun(module, tmp_path / "c.safetensors", head_of(module))
