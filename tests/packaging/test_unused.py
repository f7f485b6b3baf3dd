"""What is left out of a bundle is not missed; what stays is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "packaging"))
from bundle import contents, unused  # noqa: E402

# A bundle without making one: whatever is left out cannot be imported here.
_AS_IN_A_BUNDLE = f"""
import runpy, sys
from importlib.abc import MetaPathFinder
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "packaging")!r}]
from bundle import unused

class LeftOut(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if unused.is_module(name):
            raise ModuleNotFoundError(f"left out: {{name}}", name=name)

sys.meta_path.insert(0, LeftOut())
runpy.run_path({str(ROOT / "packaging/bundle/without_opencv.py")!r})
"""
_CODECS = """
import numpy, imagecodecs, tifffile
picture = numpy.arange(64 * 64 * 3, dtype="uint8").reshape(64, 64, 3)
for name in "zlib lzw zstd jpeg jpeg2000 webp lerc lzma packbits jpegxl jpegxr".split():
    tifffile.imwrite(FILE, picture, compression=name, photometric="rgb", tile=(64, 64))
    assert tifffile.imread(FILE).shape == picture.shape, name
imagecodecs.jpegls_decode(imagecodecs.jpegls_encode(picture))
imagecodecs.htj2k_decode(imagecodecs.htj2k_encode(picture))
"""


def _run(code: str, folder: Path) -> str:
    whole = f"{_AS_IN_A_BUNDLE}\nFILE = {str(folder / 'a.tif')!r}\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", whole], capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_grad_cam_needs_no_opencv(tmp_path: Path) -> None:
    """Maps of a real network by the same code as in the program; a call of OpenCV would raise."""
    code = """
import numpy as np, torch
from torch import nn
from ml.infer.explain import RawGradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
torch.manual_seed(1)
end = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), *end).eval()
with torch.enable_grad(), RawGradCAM(net, net[0]) as cam:
    maps = cam(torch.rand(2, 3, 16, 16), [ClassifierOutputTarget(1)] * 2)
print(maps.shape, np.isfinite(maps).all())
import cv2
try:
    cv2.resize
except AttributeError as told:
    print(told)
"""
    told = _run(code, tmp_path)
    assert "(2, 14, 14) True" in told
    assert "OpenCV is no part of this bundle" in told


def test_low_rank_changes_need_few_language_models(tmp_path: Path) -> None:
    code = """
import sys, peft, transformers
from peft.tuners.lora import LoraLayer
from torch import nn
adapted = peft.inject_adapter_in_model(
    peft.LoraConfig(target_modules=["0"]), nn.Sequential(nn.Linear(4, 4)), "default"
)
print(isinstance(adapted[0], LoraLayer))
"""
    assert "True" in _run(code, tmp_path)


def test_experiments_are_kept(tmp_path: Path) -> None:
    code = """
from mlflow.tracking import MlflowClient
client = MlflowClient("sqlite:///kept.sqlite")
run = client.create_run(client.create_experiment("one"))
client.log_metric(run.info.run_id, "loss", 0.5)
print(client.get_run(run.info.run_id).data.metrics)
"""
    assert "{'loss': 0.5}" in _run(code, tmp_path)


def test_every_codec_of_slides_is_there(tmp_path: Path) -> None:
    _run(_CODECS, tmp_path)


def test_curves_are_drawn_without_the_fonts_of_postscript() -> None:
    assert unused.is_file("matplotlib/mpl-data/fonts/afm/cmr10.afm")
    assert not unused.is_file("matplotlib/mpl-data/fonts/ttf/DejaVuSans.ttf")


@pytest.mark.parametrize(
    "name",
    [
        "torch.nn.functional",
        "transformers.models",
        "transformers.models.auto.modeling_auto",
        "imagecodecs._imcd",
    ],
)
def test_modules_that_stay(name: str) -> None:
    assert not unused.is_module(name)
    assert not any(name == one or name.startswith(f"{one}.") for one in contents.NEVER)


@pytest.mark.parametrize("name", ["cv2", "cv2.typing", "transformers.models.llama", "imagecodecs._avif"])
def test_modules_that_go(name: str) -> None:
    assert unused.is_module(name)


@pytest.mark.parametrize(
    ("target", "goes"),
    [
        ("torch/_inductor/graph.py", True),
        ("torch/_inductor/config.py", False),  # torch reads its own settings' source
        ("torch/_inductor/codegen/wrapper.py", True),
        ("torch/nn/functional.py", False),  # TorchScript reads it
        ("torch/bin/torch_shm_manager", False),  # data loaders start it
        ("torch/bin/protoc-3.21.12.0", True),
        ("transformers/models/llama/__init__.py", True),
        ("transformers/models/bloom/__init__.py", False),
        ("transformers/modeling_utils.py", False),
        ("sklearn/datasets/_svmlight_format_fast.cpython-311-x86_64-linux-gnu.so", False),
        ("sklearn\\datasets\\data\\iris.csv", True),
        ("PySide6/Qt/translations/qtbase_de.qm", True),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", False),
    ],
)
def test_files(target: str, goes: bool) -> None:
    assert unused.is_file(target) is goes
