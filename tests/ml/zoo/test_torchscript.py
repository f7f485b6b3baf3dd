"""A TorchScript file is loaded only when nothing in it but a network could run."""

from __future__ import annotations

import io
import pickle
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import timm
import torch
from torch import nn

from ml.errors import ModelProblem
from ml.model.torchscript import traced
from ml.zoo.torchscript import check_script


def scripted(module: nn.Module) -> bytes:
    target = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(module.eval()), target)
    return target.getvalue()


class Writes(nn.Module):
    """What TorchScript can do and no network needs."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self.target = target

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        torch.save(patches, self.target)
        return patches


class Maps(nn.Module):
    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        return torch.from_file("/etc/passwd", False, 10) + patches


class WakesUp(nn.Module):
    """Code that runs while it is loaded."""

    @torch.jit.export
    def __getstate__(self) -> int:
        return 1

    @torch.jit.export
    def __setstate__(self, state: int) -> None:
        self.training = state > 5

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        return patches


def small() -> nn.Module:
    return timm.create_model("test_resnet", pretrained=False, num_classes=2)


@pytest.fixture(scope="module")
def sound() -> bytes:
    return traced(small(), 64, 64)


def changed(
    content: bytes, edit: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None
) -> bytes:
    """The same archive with its parts edited, and parts added under its top folder."""
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    top = source.namelist()[0].split("/")[0]
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w") as archive:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name in source.namelist():
            archive.writestr(name, edit(name, source.read(name)))
        for name, part in (more or {}).items():
            archive.writestr(f"{top}/{name}", part)
    return target.getvalue()


def unchanged(_: str, part: bytes) -> bytes:
    return part


def program(old: str, new: str) -> Callable[[str, bytes], bytes]:
    return lambda name, part: part.replace(old.encode(), new.encode()) if name.endswith(".py") else part


@pytest.mark.parametrize(
    "name", ["test_resnet", "test_vit", "test_efficientnet", "test_convnext", "test_mambaout"]
)
def test_networks_of_timm_pass_traced_and_scripted(name: str) -> None:
    module = timm.create_model(name, pretrained=False, num_classes=2)
    edge = module.default_cfg["input_size"][1]
    check_script(traced(module, edge, edge), name)
    check_script(scripted(module), name)


def test_what_touches_files_is_refused_before_it_runs(tmp_path: Path) -> None:
    target = tmp_path / "written"
    for module, word in ((Writes(str(target)), "save"), (Maps(), "from_file"), (WakesUp(), "state__")):
        with pytest.raises(ModelProblem, match=word):
            check_script(scripted(module), "x")
    assert not target.exists()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("t = torch", "uses “torch"),
        ("torch\\\n.save(x, 'f')", "save"),
        ("torch . hub . list('x')", "unknown here"),
        ("ops.aten.from_file('x')", "from_file"),
        ("ops.mine.anything(x)", "uses “ops.mine.anything”"),
        ("y : __torch__.torch.classes.mine.Thing = 1", "compiled classes"),
        ("a = fork(self, x)", "fork"),
        ("import os", "import"),
        ("# torch.system(x)", "torch.system"),
    ],
)
def test_no_way_of_writing_hides_a_word(sound: bytes, line: str, reason: str) -> None:
    with pytest.raises(ModelProblem, match=reason.replace(".", r"\.")):
        check_script(changed(sound, program("    fc = self.fc", f"    {line}\n    fc = self.fc")), "x")


class Runs:
    def __reduce__(self) -> tuple[object, ...]:
        return (print, ("run",))


def test_pickles_are_never_loaded(sound: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(small().state_dict(), tmp_path / "state.pt")
    torch.save(small(), tmp_path / "whole.pt")
    hidden = changed(
        sound, lambda name, part: pickle.dumps(Runs(), 2) if name.endswith("/data.pkl") else part
    )
    newer = changed(
        sound, lambda name, part: pickle.dumps(Runs(), 4) if name.endswith("/constants.pkl") else part
    )
    for content, reason in (
        (pickle.dumps(Runs()), "a pickle, or damaged"),
        ((tmp_path / "state.pt").read_bytes(), "torch.save wrote"),
        ((tmp_path / "whole.pt").read_bytes(), "torch.save wrote"),
        (hidden, "would call “.*print”"),
        (newer, "STACK_GLOBAL"),
    ):
        with pytest.raises(ModelProblem, match=reason):
            check_script(content, "x")
    assert capsys.readouterr().out == ""


def test_a_part_that_is_there_twice_is_refused(sound: bytes) -> None:
    for name in ("data.pkl", "DATA.pkl"):
        with pytest.raises(ModelProblem, match="twice"):
            check_script(changed(sound, unchanged, {name: b"\x80\x02N."}), "x")


def test_damage_is_told(sound: bytes) -> None:
    middle = len(sound) // 2
    with zipfile.ZipFile(io.BytesIO(sound)) as archive:
        code = next(part for part in archive.infolist() if part.filename.endswith(".py"))
    head = code.header_offset + 30
    start = head + len(code.filename) + int.from_bytes(sound[head - 2 : head], "little") + 5
    torn = sound[:start] + b"\0" * 40 + sound[start + 40 :]
    for content in (b"", sound[:middle], sound[middle:], torn, b"MZ" + sound):
        with pytest.raises(ModelProblem):
            check_script(content, "x")
    bomb = io.BytesIO(sound)
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/extra/notes", bytes(3 << 20))
    with pytest.raises(ModelProblem, match="zip bomb"):
        check_script(bomb.getvalue(), "x")
