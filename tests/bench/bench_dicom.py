"""A DICOM slide: tiles a second against OpenSlide in the same run, and the time to open it.

PARFOCAL_DATA names the folder of real slides; without it there is nothing to measure.
"""

from __future__ import annotations

import os
import random
import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from ml.slide.dicom_reader import open_dicom
from ml.slide.openslide_reader import OpenSlideReader
from ml.slide.slide import Slide

ROUNDS = 7
TILES = 400


def tiles_a_second(slide: Slide, keys: Sequence[tuple[int, int, int]], threads: int = 1) -> float:
    """All of the tiles, shared out between threads."""

    def read(part: Sequence[tuple[int, int, int]]) -> None:
        for key in part:
            slide.read_tile(*key)

    workers = [threading.Thread(target=read, args=(keys[i::threads],)) for i in range(threads)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(keys) / (time.perf_counter() - start)


def told(name: str, values: Sequence[float], unit: str) -> None:
    """Median and spread."""
    print(f"{name:<52}{statistics.median(values):10.2f} {unit:<8} ({min(values):.2f} to {max(values):.2f})")


def main() -> None:
    """Readers in turn, each round with other tiles, so that no cache serves any of them."""
    data = os.environ.get("PARFOCAL_DATA")
    if not data:
        print("PARFOCAL_DATA is not set: no DICOM slide to measure")
        return
    folder = Path(data) / "slides" / "carotid_half_dicom"
    chance = random.Random(11)
    speed: dict[str, list[float]] = {name: [] for name in ("ours", "ours, 2 threads", "OpenSlide")}
    opening: dict[str, list[float]] = {"ours": [], "OpenSlide": []}
    for _ in range(ROUNDS):
        start = time.perf_counter()
        own = open_dicom(folder)
        own.read_tile(0, 0, 0)
        opening["ours"].append(1000 * (time.perf_counter() - start))
        start = time.perf_counter()
        other = OpenSlideReader(folder / "level0.dcm")
        other.read_tile(0, 0, 0)
        opening["OpenSlide"].append(1000 * (time.perf_counter() - start))
        level = own.info.levels[0]
        every = [(0, c, r) for c in range(level.columns - 1) for r in range(level.rows - 1)]
        keys = chance.sample(every, TILES)
        speed["ours"].append(tiles_a_second(own, keys))
        speed["OpenSlide"].append(tiles_a_second(other, keys))
        speed["ours, 2 threads"].append(tiles_a_second(own, keys, threads=2))
        own.close()
        other.close()
    for name, values in speed.items():
        told(f"256-px JPEG tiles, {name}", values, "tiles/s")
    for name, values in opening.items():
        told(f"open the series and read a tile, {name}", values, "ms")
    pairs = zip(speed["ours"], speed["OpenSlide"], strict=True)
    told("ours over OpenSlide, one thread", [one / two for one, two in pairs], "×")
    pairs = zip(speed["ours, 2 threads"], speed["ours"], strict=True)
    told("two threads over one", [one / two for one, two in pairs], "×")


if __name__ == "__main__":
    main()
