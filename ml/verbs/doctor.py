"""`parfocal-ml doctor`: what will run where on this computer, and why not, in plain words."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ml import paths

_TRAINING = ("lightning", "optuna", "peft", "tensorboard", "mlflow")
_LEAST_GB = 8.0  # of memory: below, large models and whole slides get tight


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    good: bool
    words: str

    def as_facts(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)

    def in_words(self) -> str:
        """A line for a person."""
        return f"{'✓' if self.good else '!'} {self.what}: {self.words}"


def findings() -> Iterator[Finding]:
    """One after the other; nothing is changed, nothing is sent."""
    yield Finding(
        "Computer", True, f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )
    yield _memory()
    yield _disk()
    yield _slides()
    yield from _torch()
    yield _training()
    yield _models()


def _memory() -> Finding:
    import psutil

    whole, free = (n / 2**30 for n in psutil.virtual_memory()[:2])
    words = f"{whole:.1f} GB, {free:.1f} GB of them free; {os.cpu_count()} processor cores"
    enough = whole >= _LEAST_GB
    return Finding("Memory", enough, words if enough else f"{words}. That is little: close other programs.")


def _disk() -> Finding:
    folder = paths.data()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 2**30
    words = f"{free:.0f} GB free where models and samples are kept"
    return Finding("Disk", free >= 2, words if free >= 2 else f"{words}. Make room: at least 2 GB.")


def _slides() -> Finding:
    try:
        import openslide
    except (ImportError, OSError) as error:
        return Finding(
            "Slides", False, f"OpenSlide does not load ({error}): MRXS, NDPI and others stay shut."
        )
    return Finding("Slides", True, f"OpenSlide {openslide.__library_version__}, TIFF and DICOM read directly")


def _torch() -> Iterator[Finding]:
    """What a network runs on, and why not on a graphics card."""
    from ml.errors import ModelProblem
    from ml.model.device import choose_device, library_in_words

    yield Finding("Networks", True, library_in_words())
    for wish, name in (("cuda", "NVIDIA graphics card"), ("mps", "Apple graphics")):
        if wish == "mps" and platform.system() != "Darwin":
            continue
        try:
            yield Finding(name, True, f"{choose_device(wish).name} is used for analysis and training")
        except ModelProblem as problem:
            yield Finding(name, False, f"{problem.what} Everything runs on the processor, more slowly.")


def _training() -> Finding:
    missing = [name for name in _TRAINING if importlib.util.find_spec(name) is None]
    if missing:
        words = f'{", ".join(missing)} not installed: pip install "parfocal[train]"'
        return Finding("Training", False, words)
    return Finding("Training", True, "everything that it needs is installed")


def _models() -> Finding:
    from ml.zoo import store

    entries = list(store.models())
    broken = [entry.name for entry in entries if entry.problem]
    words = ", ".join(entry.name for entry in entries if not entry.problem) or "none"
    if broken:
        return Finding("Models", False, f"{words}; refused: {', '.join(broken)} (see `models list`)")
    return Finding("Models", bool(entries), words)
