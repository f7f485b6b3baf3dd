"""Jumps to random places: until all is sharp, beside a plain viewer over OpenSlide; memory after them.

The plain viewer reads the 256-px tiles of the level that fits, all that touch the window, and turns each into
a picture: what an OpenSlide-read canvas cannot do without. Both show 1920 × 1080 at the same places and
scales, in turn, one process; "cold" throws the file out of the system's cache before each jump.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

WIDTH, HEIGHT = 1920, 1080
JUMPS = 30
MEMORY_JUMPS = 1000
SLIDES = 10
BUDGET = 256 * 2**20


def main() -> int:
    """All three."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["PARFOCAL_HOME"] = name
        from bench_analysis import slide_path
        from bench_slide import large_slide
        from PySide6.QtWidgets import QApplication

        from viewer.app.memory import give_back_tiles

        give_back_tiles()  # as the program does
        app = QApplication([])
        source = slide_path(Path(name))
        large = large_slide(source, Path(name))
        for path in (source, large):
            jumps(app, path, cold=False)
            jumps(app, path, cold=True)
        memory(app, [source, large])
    return 0


def jumps(app: object, path: Path, *, cold: bool) -> None:
    """Time until sharp, ours and the plain viewer's, at the same places."""
    import openslide

    from ml.slide.opening import open_slide
    from viewer.canvas.camera import Camera
    from viewer.canvas.slide_view import SlideView
    from viewer.canvas.tile_cache import TileCache
    from viewer.canvas.tile_loader import TileLoader

    chance = random.Random(7)
    ours, theirs = [], []
    plain = openslide.OpenSlide(str(path))
    with open_slide(path) as slide:
        cache = TileCache(BUDGET)
        loader = TileLoader(cache)
        view = SlideView("bench", loader, cache)
        view.resize(WIDTH, HEIGHT)
        view.set_slide(slide)
        view.show()
        until(app, lambda: view.is_sharp)
        bounds = slide.info.bounds
        for number in range(JUMPS + 2):
            scale = chance.choice((1.0, 0.5, 0.25))
            center = type(bounds.center)(
                bounds.width * chance.uniform(0.2, 0.8), bounds.height * chance.uniform(0.2, 0.8)
            )
            camera = Camera(center, scale, WIDTH, HEIGHT)
            forget(path) if cold else None
            cache.set_budget(0)  # all tiles but the overview, which is there as long as its slide
            cache.set_budget(BUDGET)
            began = time.perf_counter()
            view.set_camera(camera)
            until(app, lambda: view.is_sharp)
            mine = time.perf_counter() - began
            forget(path) if cold else None
            other = time.perf_counter()
            read_plainly(plain, camera)
            if number >= 2:  # the first ones warm up
                ours.append(mine)
                theirs.append(time.perf_counter() - other)
        view.set_slide(None)
        loader.close()
        view.close()
        view.deleteLater()
    plain.close()
    ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    print(
        f"{path.name}, {'cold' if cold else 'warm'}: {statistics.median(ours) * 1000:.0f} ms "
        f"(p95 {sorted(ours)[int(0.95 * len(ours))] * 1000:.0f}), OpenSlide "
        f"{statistics.median(theirs) * 1000:.0f} ms; ratio {statistics.median(ratios):.2f} "
        f"({ratios[1]:.2f} to {ratios[-2]:.2f}), aim 0.25"
    )


def read_plainly(slide: object, camera: object) -> None:
    """Every tile in view of the best level, one after the other, and then all of them painted once."""
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QImage, QPainter, QPixmap

    level = slide.get_best_level_for_downsample(1.01 / camera.scale)
    step = slide.level_downsamples[level]
    seen, edge = camera.visible(), 256 * step
    field = QPixmap(WIDTH, HEIGHT)
    painter = QPainter(field)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=abs(camera.scale * step - 1) > 1e-3)
    for row in range(math.floor(seen.y / edge), math.ceil(seen.bottom / edge)):
        for column in range(math.floor(seen.x / edge), math.ceil(seen.right / edge)):
            tile = slide.read_region((round(column * edge), round(row * edge)), level, (256, 256))
            data = tile.convert("RGB").tobytes()
            image = QImage(data, 256, 256, 768, QImage.Format.Format_RGB888)
            image = image.convertToFormat(QImage.Format.Format_RGB32)
            x, y = camera.to_widget(type(seen.center)(column * edge, row * edge))
            size = edge * camera.scale
            painter.drawImage(QRectF(x, y, size, size), image)
    painter.end()


def memory(app: object, paths: list[Path]) -> None:
    """What a thousand jumps over ten slides leave behind, beside the cache's budget."""
    import psutil

    from ml.slide.opening import open_slide
    from viewer.canvas.camera import Camera
    from viewer.canvas.slide_view import SlideView
    from viewer.canvas.tile_cache import TileCache
    from viewer.canvas.tile_loader import TileLoader

    process, chance = psutil.Process(), random.Random(3)
    cache = TileCache(BUDGET)
    loader = TileLoader(cache)
    before = process.memory_info().rss
    slides = [open_slide(paths[n % len(paths)]) for n in range(SLIDES)]
    view = SlideView("bench", loader, cache)
    view.resize(WIDTH, HEIGHT)
    view.show()
    highest = 0
    for number in range(MEMORY_JUMPS):
        if number % (MEMORY_JUMPS // SLIDES // 2) == 0:
            view.set_slide(slides[number // (MEMORY_JUMPS // SLIDES // 2) % SLIDES])
        bounds = view.slide.info.bounds
        center = type(bounds.center)(bounds.width * chance.random(), bounds.height * chance.random())
        view.set_camera(Camera(center, chance.choice((1.0, 0.5, 0.2)), WIDTH, HEIGHT))
        until(app, lambda: view.is_sharp)
        highest = max(highest, process.memory_info().rss)
    over = (highest - before - BUDGET) / 2**20
    print(
        f"{MEMORY_JUMPS} jumps over {SLIDES} slides: {(highest - before) / 2**20:.0f} MiB at most, "
        f"{over:.0f} over the cache's budget of {BUDGET / 2**20:.0f}; aim 150"
    )
    view.set_slide(None)
    loader.close()
    for slide in slides:
        slide.close()
    view.close()


def forget(path: Path) -> None:
    """Throw a file out of the system's cache."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def until(app: object, there: object) -> None:
    """Let the window work until something is there."""
    from PySide6.QtCore import QEventLoop

    while not there():
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


if __name__ == "__main__":
    sys.exit(main())
