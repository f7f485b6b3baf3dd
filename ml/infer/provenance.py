"""Who made the numbers, from what, how."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ml import __version__
from ml.files import files_of, sha256_of
from ml.infer.priority import READER, give_way
from ml.libraries import versions_of
from ml.model.network import Network
from ml.progress import Progress, Step
from ml.results.analysis import Provenance
from ml.slide.slide import KnownSpacing, SlideInfo

_LOOK_UP = 0.1  # seconds after which somebody who waits looks whether a stop is wished
_DISTRIBUTIONS = ("torch", "timm", "grad-cam", "numpy", "pillow", "openslide-python")


def versions() -> Mapping[str, str]:
    """Versions of Parfocal and of the libraries that numbers depend on, by name."""
    from openslide import __library_version__

    found = {"parfocal": __version__, "openslide": str(__library_version__)}
    there = versions_of(_DISTRIBUTIONS)
    return found | {name: there.get(name, "unknown") for name in _DISTRIBUTIONS}


def computed_on(network: Network) -> dict[str, object]:
    """What else equal numbers need: sums of floats come out otherwise on another device, or other threads."""
    return {"device_kind": network.device.kind, "threads": torch.get_num_threads()}


@dataclass(frozen=True)
class Record:
    """What is known of a run before it begins."""

    slide: SlideInfo
    spacing: KnownSpacing
    network: Network
    started: str  # ISO 8601 with time zone

    def provenance(self, slide_sha256: str, seconds: float, parameters: Mapping[str, object]) -> Provenance:
        """The whole record, with what is known at the end. Names the file without its folders."""
        card = self.network.card
        return Provenance(
            slide_name=self.slide.path.name,
            slide_sha256=slide_sha256,
            slide_size=self.slide.size,
            spacing=self.spacing,
            model_name=card.name,
            model_version=card.version,
            model_sha256=card.weights_sha256,
            device=self.network.device.in_words,
            started=self.started,
            seconds=seconds,
            parameters=parameters,
            versions=versions(),
        )


class SlideHash:
    """The sha256 of a slide's or a CT series' files, computed beside the analysis while it is entered.

    Several files are hashed in the order in which they are given. Without any: the file itself, and where a
    folder of the same name stands beside it (MIRAX) that folder too, by name.
    """

    _known: dict[tuple[object, ...], str] = {}  # noqa: RUF012 - shared on purpose: a slide is hashed once

    def __init__(self, path: Path, files: Sequence[Path] = ()) -> None:
        self._files = list(files) or files_of(path)
        self._given_up = threading.Event()
        self._thread = threading.Thread(target=self._compute, name="slide hash", daemon=True)
        self._sha256 = ""

    def __enter__(self) -> SlideHash:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._given_up.set()
        self._thread.join()

    def result(self, progress: Progress) -> str:
        """64 hexadecimal digits; empty when a file cannot be read, or a stop is wished before it is there."""
        if self._thread.is_alive() and not progress.stop_wished:
            progress.step(Step("Taking the hash of the file", 0, 0))
        while self._thread.is_alive() and not progress.stop_wished:
            self._thread.join(_LOOK_UP)
        return self._sha256

    def _compute(self) -> None:
        give_way(READER)
        try:
            key = tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in self._files)
            if key not in self._known:
                sha256 = sha256_of(self._files, self._given_up.is_set)
                if not sha256:
                    return
                self._known[key] = sha256
            self._sha256 = self._known[key]
        except OSError:
            self._sha256 = ""
