"""Which device computes, and why not the graphics card when it is not."""

from __future__ import annotations

import contextlib
import platform
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from ml.errors import ModelProblem


@dataclass(frozen=True, slots=True)
class Device:
    """Where the network runs. `kind` is what torch calls it: "cpu", "mps", "cuda" or "cuda:1"."""

    kind: str
    name: str  # "NVIDIA H200", "Apple graphics", "CPU"
    reason: str = ""  # why no graphics card is used, as the end of a sentence; empty when one is

    @property
    def torch(self) -> torch.device:
        """The same for torch."""
        return torch.device(self.kind)

    @property
    def in_words(self) -> str:
        """For a person: "CPU: this computer has no NVIDIA graphics card"."""
        return f"{self.name}: {self.reason}" if self.reason else self.name

    @property
    def batch(self) -> int:
        """How many patches at once: few on the CPU, since a stop waits for one batch; by memory on CUDA."""
        if not self.kind.startswith("cuda"):
            return 16 if self.kind == "cpu" else 32
        gib = torch.cuda.get_device_properties(self.torch).total_memory / (1 << 30)
        return 32 if gib < 6 else 64 if gib < 12 else 128


def choose_device(wish: str = "auto") -> Device:
    """The device for "auto", "cpu", "cuda", "cuda:1" or "mps".

    "auto" takes CUDA, then Apple's graphics, then the CPU and says why. A device that was asked for by
    name and cannot be used is a `ModelProblem`, never silently another one.
    """
    if wish == "cpu":
        return Device("cpu", "CPU", "chosen by the person")
    if wish == "auto":
        return _best()
    kind, _, number = wish.partition(":")
    if kind not in {"cuda", "mps"} or (number and (kind == "mps" or not number.isdigit())):
        raise ModelProblem(
            f"There is no kind of device named “{wish}”.", "Use auto, cpu, cuda, cuda:1 or mps."
        )
    obstacle = _no_cuda(int(number or 0)) if kind == "cuda" else _no_mps()
    if obstacle:
        raise ModelProblem(
            f"The device “{wish}” cannot be used: {obstacle}.", "Choose “auto” or “cpu” instead."
        )
    return _cuda(wish) if kind == "cuda" else Device("mps", "Apple graphics")


def graphics_cards() -> tuple[str, ...]:
    """Every CUDA device: "cuda:0", "cuda:1"; none where there is none."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return tuple(f"cuda:{index}" for index in range(count))


def library_in_words() -> str:
    """Which torch computes, and with how many threads on the processor."""
    threads = torch.get_num_threads()
    return f"torch {torch.__version__}, {threads} thread{'s' * (threads != 1)} on the processor"


def build_in_words() -> str:
    """The same, and for which graphics cards this torch was built."""
    built = f"CUDA {torch.version.cuda}" if torch.version.cuda else "the processor only"
    return f"{library_in_words()}; built for {built}"


def _best() -> Device:
    no_cuda = _no_cuda(0)
    if not no_cuda:
        return _cuda("cuda")
    if not _no_mps():
        return Device("mps", "Apple graphics")
    return Device("cpu", "CPU", _no_mps() if platform.system() == "Darwin" else no_cuda)


def _cuda(kind: str) -> Device:
    return Device(kind, torch.cuda.get_device_name(torch.device(kind)))


def _no_cuda(index: int) -> str:
    """Why this CUDA device cannot be used, as the end of a sentence; empty when it can."""
    with warnings.catch_warnings(record=True) as told:  # torch warns of a driver that is too old
        warnings.simplefilter("always")
        available = torch.cuda.is_available()
    if not available:
        return _why_no_cuda(" ".join(str(warning.message) for warning in told))
    if index >= torch.cuda.device_count():
        return f"this computer has {torch.cuda.device_count()} NVIDIA graphics cards, counted from cuda:0"
    try:
        torch.zeros(1, device=f"cuda:{index}").add_(1).cpu()
    except torch.OutOfMemoryError:
        return "another program holds all memory of the graphics card"
    except RuntimeError as error:
        if "no kernel image" in str(error):
            return "the graphics card is of a generation that this PyTorch does not support"
        return f"the graphics card does not answer ({str(error).splitlines()[0]})"
    return ""


def _why_no_cuda(told: str) -> str:
    if platform.system() == "Darwin":
        return "Apple computers have no NVIDIA graphics card"
    if not torch.version.cuda:
        return "this PyTorch was built without support for NVIDIA graphics cards"
    if "driver" in told.lower() and "old" in told.lower():
        return "the NVIDIA driver is too old for this PyTorch; update the driver"
    if not has_nvidia_card():
        return "this computer has no NVIDIA graphics card"
    if not has_nvidia_driver():
        return "the NVIDIA driver for the graphics card of this computer is not installed"
    return "the NVIDIA driver does not work with this PyTorch; update the driver and start the computer anew"


def has_nvidia_card() -> bool:
    """Whether a display controller by NVIDIA is built in; where only its driver tells, whether that is."""
    devices = Path("/sys/bus/pci/devices")
    if not devices.is_dir():
        return has_nvidia_driver()
    for device in devices.iterdir():
        try:
            vendor = (device / "vendor").read_text(encoding="ascii").strip()
            kind = (device / "class").read_text(encoding="ascii").strip()
        except OSError:
            continue
        if vendor == "0x10de" and kind.startswith("0x03"):
            return True
    return has_nvidia_driver()  # in a container the card may be passed on without its PCI entry


def has_nvidia_driver() -> bool:
    """Whether the driver is there, whatever its version."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def _no_mps() -> str:
    if platform.system() != "Darwin":
        return "only Apple computers have this device"
    if not torch.backends.mps.is_built():
        return "this PyTorch was built without support for Apple graphics"
    if not torch.backends.mps.is_available():
        if platform.machine() != "arm64":
            return "Apple graphics are used from the M1 on, and this computer has an Intel processor"
        return "Apple graphics need macOS 12.3 or later"
    return ""


@contextlib.contextmanager
def computing_with(threads: int) -> Iterator[None]:
    """Within, torch computes with so many threads on the processor; 0: as before.

    Sums of floats are put together otherwise by another number of threads, so that equal bits need it.
    """
    before = torch.get_num_threads()
    if threads:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
