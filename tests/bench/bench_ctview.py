"""CT in the window: from the choice of a folder to its first slice, scrolling with overlays, planes.

`python -m tests.bench ctview`. Works on `cranium_series` of PARFOCAL_DATA where it is set, and on a series of
512 × 512 px that it writes. Everything is painted in software, as on a machine without a graphics card.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SIZE = (1920, 1080)
ROUNDS = 5
SLICES = 300  # of the series that is written
EDGE = 512


def main() -> int:
    """Every series in a window of its own."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PARFOCAL_HOME"] = str(Path(folder) / "home")
        series = [write_series(Path(folder) / "written")]
        if data := os.environ.get("PARFOCAL_DATA"):
            series.insert(0, Path(data) / "ct" / "cranium_series")
        from viewer.app import build

        _, window = build([])
        window.resize(*SIZE)
        window.show()
        window._idle.timeout.disconnect()
        window.slides.warm()  # as the program does when its window stands
        until(lambda: not window._parts.opening.busy)
        for path in series:
            print(f"\n{path.name}")
            opening(window, path)
            scrolling(window)
            windowing(window)
            planes(window)
            window.run("close")
        window.close()
    return 0


def opening(window: object, path: Path) -> None:
    """From the choice of a folder to the first slice on the screen, and to the last one in memory."""
    first, whole, peers = [], [], []
    for round_ in range(ROUNDS + 1):
        if round_:
            window.run("close")
        began = time.perf_counter()
        window.slides.open(path)
        until(lambda: window.ct.page is not None and window.ct.page.view.axial.shown.problem is None)
        window.ct.page.view.axial.repaint()
        first.append((time.perf_counter() - began) * 1000)
        until(lambda: window.ct.page.opened.is_complete)
        whole.append((time.perf_counter() - began) * 1000)
        peers.append(by_pydicom(path) * 1000)
    ratio = statistics.median(w / p for w, p in zip(whole[1:], peers[1:], strict=True))
    print(f"  first slice, ms: {spread(first[1:])}   aim <= 300")
    print(
        f"  all slices, ms: {spread(whole[1:])}; pydicom in one thread {spread(peers[1:])}; ratio {ratio:.2f}"
    )


def by_pydicom(path: Path) -> float:
    """Seconds to read a whole series with pydicom and make HU of it, in one thread."""
    import numpy as np
    import pydicom

    began = time.perf_counter()
    slices = [pydicom.dcmread(file) for file in sorted(path.iterdir())]
    slices.sort(key=lambda s: float(s.ImagePositionPatient[2]))
    np.stack([s.pixel_array * float(s.RescaleSlope) + float(s.RescaleIntercept) for s in slices])
    return time.perf_counter() - began


def scrolling(window: object) -> None:
    """Slices a second, each painted before the next; without and with what lies over them."""
    page = window.ct.page
    bare, _ = paced(page)
    add_overlays(page)
    loaded, busy = paced(page)
    slowest = max(loaded) * 1000
    print(
        f"  scrolling at {page.view.axial.width()} × {page.view.axial.height()} px, slices/s: "
        f"{1 / statistics.median(bare):.0f} bare, {1 / statistics.median(loaded):.0f} with overlays "
        f"(slowest {slowest:.0f} ms; {busy * 1000:.1f} ms of computing each)   aim >= 60"
    )
    page.set_overlays(())


def paced(page: object) -> tuple[list[float], float]:
    """Seconds of each of many steps through the series, there and back; mean seconds of computing."""
    count, found = page.reading.count, []
    computed = time.process_time()  # of all threads: Qt paints large pictures with several
    way = [*range(count), *reversed(range(count))]
    for slice_ in way * (1 + 200 // count):
        began = time.perf_counter()
        page.reading.go(slice_)
        page.view.axial.repaint()
        found.append(time.perf_counter() - began)
    return found[2:], (time.process_time() - computed) / len(found)


def add_overlays(page: object) -> None:
    """A heatmap on every slice, and an ellipse and a length on every one."""
    import numpy as np

    from ml.geometry import Point
    from viewer.ct.measure_tools import measured
    from viewer.ct.plane import acquired
    from viewer.ct.value_layer import ValueLayer

    opened, rng = page.opened, np.random.default_rng(0)
    maps = {n: rng.random((64, 64), dtype=np.float32) for n in range(page.reading.count)}
    made = []
    for number in range(page.reading.count):
        shown = acquired(opened.volume, number)
        edge = shown.bounds.width
        ends = [Point(edge * 0.3, edge * 0.3), Point(edge * 0.5, edge * 0.6)]
        made += [measured("ellipse", shown, ends), measured("length", shown, ends)]
    opened.measurements.apply((), made)
    page.set_overlays((ValueLayer(maps),))


def windowing(window: object) -> None:
    """A new window at every step of a drag, painted before the next."""
    page, found = window.ct.page, []
    for _ in range(120):
        began = time.perf_counter()
        page.drag_window(1.0, -0.5)
        page.view.axial.repaint()
        found.append(time.perf_counter() - began)
    print(f"  dragging the window, steps/s: {1 / statistics.median(found):.0f}")


def planes(window: object) -> None:
    """A coronal cut, and a slab of 20 mm of it, as they are made in the background."""
    from ml.volume.reformat import plane_through
    from viewer.work.reformatting import Wish, cut

    straight = window.ct.page.opened.volume
    for words, volume in (("", straight), (", gantry tilted by 15°", tilted(straight))):
        place = volume.geometry.to_patient(*window.ct.page.reading.voxel)

        def once(view: str, mm: float, volume: object = volume, place: object = place) -> tuple[float, float]:
            began, worked = time.perf_counter(), time.process_time()
            cut(Wish(volume, plane_through(volume, view, place), mm, "max", print, print))
            return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000

        for view in ("axial", "coronal", "sagittal"):
            thin, thick = ([once(view, mm) for _ in range(20)][2:] for mm in (0.0, 20.0))
            said = [
                f"{spread([t for t, _ in x])} ({statistics.median(w for _, w in x):.0f} of all cores)"
                for x in (thin, thick)
            ]
            print(f"  {view} cut{words}, ms: {said[0]}; 20 mm MIP {said[1]}   aim <= 16")


def tilted(volume: object) -> object:
    """The same voxels as of a gantry that was tilted by 15 degrees."""
    import dataclasses
    import math

    from ml.volume.geometry import Geometry

    angle, geometry = math.radians(15), volume.geometry
    along = (1.0, 0.0, 0.0, 0.0, math.cos(angle), math.sin(angle))
    origins = [(0.0, 0.0, geometry.spacing[2] * n) for n in range(len(volume.voxels))]
    made = Geometry._from(along, geometry.spacing[:2], origins, geometry.spacing[2], True)
    return dataclasses.replace(volume, geometry=made)


def write_series(folder: Path) -> Path:
    """A series of noise round a head, 512 × 512 px."""
    import numpy as np

    from tests.ml.volume.scans import ct_dataset, write

    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:EDGE, 0:EDGE]
    head = ((x - 256) / 180) ** 2 + ((y - 256) / 220) ** 2 <= 1
    for number in range(SLICES):
        noise = rng.normal(35, 12, (EDGE, EDGE))
        stored = np.where(head, noise, -1000).astype(np.int16) + np.int16(1024)
        facts = {
            "PixelSpacing": [0.45, 0.45],
            "ImagePositionPatient": [0.0, 0.0, number * 0.6],
            "InstanceNumber": number + 1,
        }
        write(folder / f"{number:04d}.dcm", ct_dataset(stored, **facts))
    return folder


def until(there: Callable[[], bool]) -> None:
    """Let the window work until something is there."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, look = QEventLoop(), QTimer()
    look.setInterval(2)
    look.timeout.connect(lambda: loop.quit() if there() else None)
    look.start()
    loop.exec()
    look.stop()


def spread(values: list[float]) -> str:
    """Median and range."""
    return f"{statistics.median(values):.0f} ({min(values):.0f} to {max(values):.0f})"


if __name__ == "__main__":
    sys.exit(main())
