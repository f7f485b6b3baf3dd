"""What every test has: the real data where it is, and a watch over what GUI tests leave behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if (
    "PYTEST_XDIST_WORKER" in os.environ
):  # a process a core already: more threads would only wait for one another
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long a case takes says nothing on a busy machine. `make test` tries the same every time, so that it says
# something of the change and not of the day; `make test-all` looks elsewhere each time.
settings.register_profile("calm", deadline=None, derandomize=True)
settings.register_profile("exploring", deadline=None)
settings.load_profile("calm")


@pytest.fixture(scope="session", autouse=True)
def _home_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What fixtures of a whole file or run leave does not go to the person's own settings either."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARFOCAL_HOME", str(tmp_path_factory.mktemp("home-of-all")))
        yield


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, cache and samples of a test never touch the person's own."""
    monkeypatch.setenv("PARFOCAL_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real slides and scans. Skips where PARFOCAL_DATA is unset; fails where it is wrong."""
    folder = os.environ.get("PARFOCAL_DATA")
    if not folder:
        pytest.skip("PARFOCAL_DATA is not set: the real slides and scans are not here")
    assert Path(folder).is_dir(), f"PARFOCAL_DATA names a folder that is not there: {folder}"
    return Path(folder)


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test fails if a thread, a Qt timer or a window survives it."""
    before = set(threading.enumerate())
    yield
    survivors = [t for t in threading.enumerate() if t not in before and t.is_alive()]
    for thread in survivors:
        thread.join(5)
    left = [t.name for t in survivors if t.is_alive()]
    left += _living_widgets() if "qtbot" in request.fixturenames else []
    assert not left, f"left behind by the test: {left}"


def _living_widgets() -> list[str]:
    from PySide6.QtCore import QCoreApplication, QEvent, QTimer
    from PySide6.QtWidgets import QApplication

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    windows = [f"window {w!r}" for w in QApplication.topLevelWidgets() if w.isVisible()]
    app = QApplication.instance()
    timers = [f"timer {t!r}" for t in app.findChildren(QTimer) if t.isActive()] if app else []
    return windows + timers


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bundle with a small random network: 3 classes, patches of 128 px at 0.5 µm/px.

    The weights come from a fixed seed; the last layer is scaled so that the logits of real tissue have mean
    0 and standard deviation 2, and probabilities spread over 0..1.
    """
    import timm
    import torch
    from safetensors.torch import save_file
    from skimage.data import immunohistochemistry

    from ml.zoo.bundle import write_bundle
    from ml.zoo.card import ModelCard

    folder = tmp_path_factory.mktemp("tiny_model")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20)
        network = timm.create_model("test_resnet", pretrained=False, num_classes=3).eval()
    tissue = torch.tensor(immunohistochemistry()).permute(2, 0, 1)[None] / 255
    patches = torch.nn.functional.unfold((tissue - 0.5) / 0.25, 128, stride=128)[0].T.reshape(-1, 3, 128, 128)
    with torch.no_grad():
        logits = network(patches)
        scale = 2 / logits.std(0)
        network.fc.weight *= scale[:, None]
        network.fc.bias.copy_((network.fc.bias - logits.mean(0)) * scale)
    half = {n: t.half() if t.is_floating_point() else t for n, t in network.state_dict().items()}
    save_file(half, folder / "weights.safetensors")
    card = ModelCard(
        name="tiny",
        title="Tiny",
        version="1.0",
        architecture="test_resnet",
        class_names=("none", "some", "much"),
        patch_pixels=128,
        spacing=0.5,
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        weights_sha256="",
        cam_layer="layer4",
        shown_class=2,
        colors=((220, 220, 220), (230, 159, 0), (0, 114, 178)),
    )
    return write_bundle(card, folder / "weights.safetensors", folder / "tiny").path


@pytest.fixture(scope="session")
def familiar_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny model with a check: brown and blue tissue is familiar to it, nothing else."""
    from tests.familiar import familiar_with, patches

    return familiar_with(tiny_model, patches(32), tmp_path_factory.mktemp("familiar_model")).path
