"""What networks run on: the torch build, graphics cards and their driver, what training needs, models."""

from __future__ import annotations

import contextlib
import importlib.util
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ml.checkup.finding import Finding
from ml.errors import ModelProblem

_TRAINING = ("lightning", "optuna", "peft", "tensorboard", "mlflow")
_ASK_S = 20  # so long nvidia-smi may take


def torch() -> Iterator[Finding]:
    """The library, and why not on a graphics card. Loads torch: for a thread that nobody waits for."""
    try:
        from ml.model.device import build_in_words, choose_device
    except (ImportError, OSError):
        means = "Slides can be looked at and drawn on; nothing can be analyzed or trained."
        yield Finding("Networks", "bad", "PyTorch does not load", means, "Install Parfocal anew.")
        return
    yield Finding("Networks", "good", build_in_words())
    for wish, name in (("cuda", "NVIDIA graphics card"), ("mps", "Apple graphics")):
        if wish == "mps" and platform.system() != "Darwin":
            continue
        try:
            device = choose_device(wish)
        except ModelProblem as problem:
            yield _without(name, problem)
        else:
            driver = f", driver {version}" if (version := driver_version()) else ""
            yield Finding(name, "good", f"{device.name}{driver}; used for analysis and training")


def _without(name: str, problem: ModelProblem) -> Finding:
    reason = problem.what.partition(": ")[2].rstrip(".") or "cannot be used"
    driver = f"; driver {version}" if (version := driver_version()) else ""
    missing = "has no NVIDIA" in reason or "Apple computers have no" in reason
    means = "Analysis runs on the processor: the same results, more slowly."
    do = (
        "Nothing needs doing."
        if missing
        else "Whoever runs this computer can mend that; results do not change."
    )
    return Finding(name, "good" if missing else "look", f"{reason}{driver}", means, do)


def driver_version() -> str:
    """Of NVIDIA's driver: "570.86.15"; empty where there is none."""
    with contextlib.suppress(OSError):
        text = Path("/proc/driver/nvidia/version").read_text(encoding="ascii", errors="replace")
        if found := re.search(r"\s(\d{3}\.[\d.]+)\s", text):
            return found[1]
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    asked = [program, "--query-gpu=driver_version", "--format=csv,noheader"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(  # noqa: S603 - the driver's own program, and nothing of anybody's in its words
            asked, capture_output=True, text=True, timeout=_ASK_S, check=False
        ).stdout
        if found := re.match(r"[\d.]+", told):
            return found[0]
    return ""


def training() -> Finding:
    """What it needs beside torch."""
    missing = [name for name in _TRAINING if importlib.util.find_spec(name) is None]
    if not missing:
        return Finding("Training", "good", "everything that it needs is installed")
    words = f"{', '.join(missing)} not installed"
    means = "Models can be used, and not trained, on this computer."
    return Finding("Training", "look", words, means, 'To train: pip install "parfocal[train]".')


def models() -> Finding:
    """Those that come with the program by name; of your own how many: their names are your own too."""
    from ml.zoo import store

    entries = store.models()
    names = [entry.name for entry in entries if entry.builtin and not entry.problem]
    own = sum(not entry.builtin and not entry.problem for entry in entries)
    broken = sum(entry.problem is not None for entry in entries)
    words = ", ".join(names) or "none that come with Parfocal"
    words += f"; {own} installed by you" if own else ""
    if not names:
        return Finding("Models", "bad", words, "Nothing can be analyzed.", "Install Parfocal anew.")
    if broken:
        means = "They cannot be chosen under Analyze."
        do = "The list of models (parfocal-ml models list) says why for each."
        return Finding("Models", "look", f"{words}; {broken} refused", means, do)
    return Finding("Models", "good", words)
