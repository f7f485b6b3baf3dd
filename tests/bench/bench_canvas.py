"""How the picture is painted, side by side; and how many threads shall read its tiles.

Every candidate shows the same decoded tiles in a window of 1920 × 1080 and goes through the same cameras, in
turn, in one process. A frame is timed from the new camera until the window has it: moving, painting, and for
OpenGL also its finishing. Only SlideView also makes its wish list, and paints minimap and scale bar.

Where there is no screen a virtual one is started if Xvfb is here, because OpenGL needs one; then, and
wherever no graphics card drives the screen, OpenGL is computed by the processor.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROUNDS = 4
WIDTH, HEIGHT = 1920, 1080
PAN = 40  # frames
STEP = (-23.0, 9.0)  # widget px a frame: a brisk drag
ZOOM = 24  # frames, each 2^(1/8): three halvings
PAINTED = "painted widget, kept buffer (SlideView)"


def main() -> int:
    """Both measurements, in a process that has a screen."""
    with tempfile.TemporaryDirectory() as name, screen() as environment:
        environment["PARFOCAL_HOME"] = name
        return subprocess.run(
            [sys.executable, __file__, "measure", name], env=environment, check=False
        ).returncode


@contextlib.contextmanager
def screen() -> Iterator[dict[str, str]]:
    """The environment of a process with a screen: the one there is, a virtual one, or none at all."""
    environment = dict(os.environ)
    has_one = any(environment.get(key) for key in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if has_one or not sys.platform.startswith("linux"):
        yield environment
    elif shutil.which("Xvfb") is None:
        yield environment | {"QT_QPA_PLATFORM": "offscreen"}
    else:
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", "2560x1440x24", "-nolisten", "tcp"]
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        with subprocess.Popen(command, **quiet) as server:
            assert server.stdout is not None
            number = server.stdout.readline().strip()  # told when the screen is there
            try:
                yield environment | {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
            finally:
                server.terminate()


def measure(folder: Path) -> int:
    """In a process that has a screen."""
    from bench_analysis import slide_path
    from PySide6.QtWidgets import QApplication

    from ml.slide.opening import open_slide

    path = slide_path(folder)
    app = QApplication([])
    with open_slide(path) as slide:
        print(f"{path.name}, {WIDTH} × {HEIGHT}, platform {app.platformName()}")
        compare(app, slide)
        readers(app, slide)
    return 0


# ---------------------------------------------------------------------- painting


def compare(app: object, slide: object) -> None:
    """Frame times of all candidates for panning and zooming."""
    from viewer.canvas.tile_cache import TileCache
    from viewer.canvas.tile_loader import TileLoader

    cache = TileCache(4 * 2**30)
    loader = TileLoader(cache)
    number = loader.number(slide)
    paths = gestures(slide)
    fill(slide, loader.pyramid(number), number, cache, [c for path in paths.values() for c in path])
    print(f"{len(cache)} tiles decoded beforehand, {cache.bytes / 2**20:.0f} MiB")
    candidates = candidates_of(slide, loader, cache, number)
    times: dict[tuple[str, str], list[list[float]]] = {}
    for round_ in range(ROUNDS + 1):
        for name, (widget, look, finish) in candidates.items():
            widget.resize(WIDTH, HEIGHT)
            widget.show()
            settle(app)
            for gesture, cameras in paths.items():
                look(cameras[0])
                finish()
                settle(app)
                frames = []
                for camera in cameras[1:]:
                    began = time.perf_counter()
                    look(camera)
                    finish()
                    frames.append((time.perf_counter() - began) * 1000)
                if round_:  # the first one warms up
                    times.setdefault((gesture, name), []).append(frames)
            widget.hide()
            settle(app)
    report(times, list(paths), list(candidates))
    loader.close()
    for widget, _, _ in candidates.values():
        widget.deleteLater()
    settle(app)


def report(times: dict[tuple[str, str], list[list[float]]], gestures_: list[str], names: list[str]) -> None:
    """p50 and p95 over all rounds; the ratio of medians round by round."""
    for gesture in gestures_:
        print(f"\n{gesture}: ms a frame")
        print(f"  {'':44}{'p50':>7}{'p95':>7}{'worst':>7}   over the painted widget (range of rounds)")
        for name in names:
            rounds = times[gesture, name]
            frames = [ms for frames in rounds for ms in frames]
            ours = times[gesture, PAINTED]
            ratios = [statistics.median(a) / statistics.median(b) for a, b in zip(rounds, ours, strict=True)]
            print(
                f"  {name:44}{statistics.median(frames):7.1f}{quantile(frames, 0.95):7.1f}{max(frames):7.1f}"
                f"   {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            )


def quantile(values: list[float], share: float) -> float:
    """The value under which this share of all lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def gestures(slide: object) -> dict[str, list[object]]:
    """Ways through the middle of the slide: what a hand and a wheel do."""
    from viewer.canvas.camera import Camera

    start = Camera(slide.info.bounds.center, 1.0, WIDTH, HEIGHT)

    def pan(scale: float, angle: float = 0.0) -> list[Camera]:
        first = Camera(start.center, scale, WIDTH, HEIGHT, angle).snapped(1)
        return [first.panned(STEP[0] * n, STEP[1] * n).snapped(1) for n in range(PAN + 1)]

    zoom = [start.zoomed_about(800, 400, 2 ** (-n / 8)).snapped(1) for n in range(ZOOM + 1)]
    return {
        "pan, a pixel of the file on a pixel of the screen": pan(1.0),
        "pan, reduced to 0.7": pan(0.7),
        "pan, turned by 30° (SlideView alone turns)": pan(1.0, 30.0),
        "pan, turned by 90° (SlideView alone turns)": pan(1.0, 90.0),
        "zoom out, an eighth of a halving a frame": zoom,
    }


def fill(slide: object, pyramid: object, number: int, cache: object, cameras: list[object]) -> None:
    """Decode every tile that these cameras want."""
    from viewer.canvas.tile_loader import to_image
    from viewer.canvas.tile_reading import read_display_tile
    from viewer.canvas.tiles import wanted

    for key in dict.fromkeys(key for camera in cameras for key in wanted(pyramid, number, camera, 1)):
        cache.put(key, to_image(read_display_tile(slide, pyramid, key)), pinned=key.level == pyramid.overview)


Candidate = tuple[object, Callable[[object], None], Callable[[], None]]
"""A widget, how it is told its camera, and how a frame is brought to its end."""


def candidates_of(slide: object, loader: object, cache: object, number: int) -> dict[str, Candidate]:
    """All that can be shown on this screen."""
    from PySide6.QtOpenGLWidgets import QOpenGLWidget

    from viewer.canvas.slide_view import SlideView

    view = SlideView("bench", loader, cache)
    view.set_slide(slide)
    pyramid = loader.pyramid(number)
    plain = plain_widget(number, pyramid, cache)
    found: dict[str, Candidate] = {
        PAINTED: (view, view.set_camera, events),
        "painted widget, all anew": (plain, plain.set_camera, events),
        "QGraphicsView, raster": scene_view(number, pyramid, cache, None),
    }
    words = opengl()
    if words is None:
        print("OpenGL: no context on this screen; not measured")
    else:
        print(f"OpenGL: {words}")
        glass = opengl_widget(number, pyramid, cache)
        found["QOpenGLWidget, all anew"] = (glass, glass.set_camera, events)
        found["QGraphicsView on a QOpenGLWidget"] = scene_view(number, pyramid, cache, QOpenGLWidget())
    return found


def plain_widget(number: int, pyramid: object, cache: object) -> object:
    """Paints the whole field at every frame."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QWidget

    return _field_of(QWidget, "paintEvent", number, pyramid, cache, Qt.WidgetAttribute.WA_OpaquePaintEvent)


def opengl_widget(number: int, pyramid: object, cache: object) -> object:
    """The same painting, by Qt's OpenGL paint engine, which keeps tiles as textures."""
    from PySide6.QtOpenGLWidgets import QOpenGLWidget

    return _field_of(QOpenGLWidget, "paintGL", number, pyramid, cache, None)


def _field_of(
    base: type, method: str, number: int, pyramid: object, cache: object, attribute: object
) -> object:
    from PySide6.QtGui import QColor, QPainter

    from viewer.canvas.slide_layer import SlideLayer

    layer = SlideLayer(number, pyramid, cache)

    def paint(self: object, *_: object) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(46, 46, 46))
        if self.camera is not None:
            layer.paint(painter, self.camera)
        painter.end()
        if method == "paintGL":
            self.context().functions().glFinish()

    def set_camera(self: object, camera: object) -> None:
        self.camera = camera
        self.update()

    kind = type("Field", (base,), {method: paint, "set_camera": set_camera})
    widget = kind()
    widget.camera = None
    if attribute is not None:
        widget.setAttribute(attribute)
    return widget


def scene_view(number: int, pyramid: object, cache: object, viewport: object) -> Candidate:
    """A scene with one item for each tile and a group for each level; the sharp level is shown.

    On a raster viewport the view scrolls what it has painted where it can, which is its default.
    """
    from PySide6.QtGui import QTransform
    from PySide6.QtWidgets import QGraphicsScene

    scene = QGraphicsScene()
    scene.setSceneRect(0, 0, pyramid.bounds.width, pyramid.bounds.height)
    levels = items_of(scene, pyramid, cache)
    view = empty_scene_view(scene, viewport)
    now = {"level": -1, "scale": 0.0}

    def look(camera: object) -> None:
        level = pyramid.sharp(camera.scale)
        if level != now["level"]:
            for item in levels.get(now["level"], []):
                item.hide()
            for item in levels[level]:
                item.show()
            now["level"] = level
        if camera.scale != now["scale"]:
            view.setTransform(QTransform.fromScale(camera.scale, camera.scale))
            now["scale"] = camera.scale
        view.horizontalScrollBar().setValue(round(camera.center.x * camera.scale - WIDTH / 2))
        view.verticalScrollBar().setValue(round(camera.center.y * camera.scale - HEIGHT / 2))

    def finish() -> None:
        events()
        if viewport is not None:
            viewport.makeCurrent()
            viewport.context().functions().glFinish()
            viewport.doneCurrent()

    return view, look, finish


def items_of(scene: object, pyramid: object, cache: object) -> dict[int, list[object]]:
    """A hidden item for each decoded tile, by level."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QPixmap, QTransform

    levels: dict[int, list[object]] = {}
    for key in (*cache._tiles, *cache._pinned):
        rect, level = pyramid.rect(key), pyramid.levels[key.level]
        item = scene.addPixmap(QPixmap.fromImage(cache.get(key)))
        item.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        item.setTransform(QTransform.fromScale(level.downsample_x, level.downsample_y))
        item.setPos(rect.x, rect.y)
        item.hide()
        levels.setdefault(key.level, []).append(item)
    return levels


def empty_scene_view(scene: object, viewport: object) -> object:
    """A view without frame and scroll bars; `viewport` None is the raster one it has."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QColor, QPainter
    from PySide6.QtWidgets import QFrame, QGraphicsView

    view = QGraphicsView(scene)
    scene.setParent(view)  # a view does not own its scene
    if viewport is not None:
        view.setViewport(viewport)
        view.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setBackgroundBrush(QColor(46, 46, 46))
    view.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    view.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return view


def events() -> None:
    """Do what is due: the painting that the new camera asked for."""
    from PySide6.QtWidgets import QApplication

    QApplication.processEvents()


def opengl() -> str | None:
    """Who draws OpenGL here; None where nobody does."""
    from PySide6.QtGui import QOffscreenSurface, QOpenGLContext

    context, surface = QOpenGLContext(), QOffscreenSurface()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return None
    renderer, version = 0x1F01, 0x1F02  # GL_RENDERER, GL_VERSION
    functions = context.functions()
    words = f"{functions.glGetString(renderer)}, {functions.glGetString(version)}"
    context.doneCurrent()
    return words


def settle(app: object) -> None:
    """Let the window system say what it has to say."""
    until = time.perf_counter() + 0.1
    while time.perf_counter() < until:
        app.processEvents()
        time.sleep(0.005)


# ---------------------------------------------------------------------- reading


def readers(app: object, slide: object) -> None:
    """Time until a field is sharp when nothing of it is decoded yet, by the number of reader threads."""
    from PySide6.QtCore import QEventLoop

    from ml.geometry import Point
    from viewer.canvas.camera import Camera
    from viewer.canvas.slide_view import SlideView
    from viewer.canvas.tile_cache import TileCache
    from viewer.canvas.tile_loader import TileLoader

    counts = (1, 2, 3, 4)
    bounds = slide.info.bounds
    places = [Point(bounds.width * x, bounds.height * y) for x, y in itertools.product((0.4, 0.6), repeat=2)]
    times: dict[int, list[float]] = {count: [] for count in counts}
    for place, count in itertools.product(places * ROUNDS, counts):
        cache = TileCache()
        loader = TileLoader(cache, threads=count)
        view = SlideView("bench", loader, cache)
        view.resize(WIDTH, HEIGHT)
        view.set_slide(slide)
        view.set_camera(Camera(place, 0.7, WIDTH, HEIGHT))
        loop = QEventLoop()
        view.field_sharp.connect(loop.quit)
        view.show()
        began = time.perf_counter()
        while not view.is_sharp:
            loop.exec()
        times[count].append((time.perf_counter() - began) * 1000)
        view.set_slide(None)
        view.hide()
        view.deleteLater()
        loader.forget(slide)
        loader.close()
        settle(app)
    print(f"\na sharp field at 0.7 when nothing is decoded yet, {os.cpu_count()} cores: ms by reader threads")
    for count in counts:
        ratio = statistics.median(times[count]) / statistics.median(times[1])
        print(
            f"  {count}: {statistics.median(times[count]):6.0f} "
            f"({min(times[count]):.0f} to {max(times[count]):.0f})   over one thread {ratio:.2f}"
        )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    if sys.argv[1:2] == ["measure"]:
        sys.exit(measure(Path(sys.argv[2])))
    sys.exit(main())
