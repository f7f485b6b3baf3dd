"""How fast tiles and patches are read, beside libjpeg-turbo alone, OpenSlide and whoever else is installed.

Everything is measured in turn within one run, round by round on the same places, and printed as ratios with
their spread: a machine's speed drifts by more than what is to be told apart. The two slides are a real one,
and a pyramid of more than 100,000 × 100,000 px that is laid out of its tiles as they are, not encoded anew.
Peers that are not installed are left out. PARFOCAL_DATA names the folder of real slides. Arguments choose
parts: tiles, grid, scattered.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

ROUNDS = int(os.environ.get("PARFOCAL_BENCH_ROUNDS", "15"))
TILES = 64  # a round
GRID = 12  # patches each way
PATCH = 256
WANTED = 0.5  # µm/px
MEAN = np.array((0.485, 0.456, 0.406), dtype=np.float32)
STD = np.array((0.229, 0.224, 0.225), dtype=np.float32)

Read = Callable[[int, int, int, int], Any]
"""Level-0 x, y and width, height → (height, width, 3) uint8."""


# -- slides -------------------------------------------------------------------------------------------------


def large_slide(source: Path, folder: Path, across: int = 9, down: int = 5) -> Path:
    """A pyramid of the source's tiles as they are: 110,592 × 122,880 px, said to have 0.25 µm/px."""
    import tifffile

    path = folder / "large.tif"
    columns, rows = 48, 96  # whole tiles on all three levels
    with tifffile.TiffFile(source) as tiff, tifffile.TiffWriter(path, bigtiff=True) as file:
        pages = [page for page in tiff.pages if page.is_tiled]
        for step, page in zip((1, 4, 16), pages, strict=True):
            own = -(-page.imagewidth // 256)
            tiles = [
                (page.dataoffsets[r * own + c], page.databytecounts[r * own + c])
                for r in range(rows // step)
                for c in range(columns // step)
            ]

            def all_tiles(
                tiles: list[tuple[int, int]] = tiles, width: int = columns // step
            ) -> Iterator[bytes]:
                handle = tiff.filehandle
                data = []
                for start, count in tiles:
                    handle.seek(start)
                    data.append(handle.read(count))
                for row in range(len(tiles) // width * down):
                    first = row % (len(tiles) // width) * width
                    for _ in range(across):
                        yield from data[first : first + width]

            file.write(
                all_tiles(),
                shape=(rows * 256 // step * down, columns * 256 // step * across, 3),
                dtype=np.uint8,
                tile=(256, 256),
                photometric="ycbcr",
                subsampling=(2, 2),
                compression="jpeg",
                subfiletype=int(step > 1),
                resolution=(40000 / step, 40000 / step),
                resolutionunit="CENTIMETER",
                metadata=None,
            )
    return path


def busy_tiles(path: Path) -> tuple[Any, Any, Any, tuple[int, int]]:
    """Starts, byte counts and (column, row) of the tiles of level 0 that hold tissue."""
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[0]
        starts, counts = np.array(page.dataoffsets), np.array(page.databytecounts)
        across = -(-page.imagewidth // 256)
        number = np.arange(len(starts))
        whole = ((number % across + 1) * 256 <= page.imagewidth) & (
            (number // across + 1) * 256 <= page.imagelength
        )
        full = np.flatnonzero((counts > np.quantile(counts, 0.5)) & whole)
        size = (page.imagewidth, page.imagelength)
    return starts[full], counts[full], np.stack([full % across, full // across], axis=1), size


# -- readers ------------------------------------------------------------------------------------------------


def ours(path: Path) -> Read:
    from ml.geometry import Size
    from ml.slide.tiff_reader import TiffReader

    slide = TiffReader(path)

    def read(x: int, y: int, width: int, height: int) -> Any:
        tile = slide.info.levels[0].tile
        if x % tile.width == y % tile.height == 0 and (width, height) == (tile.width, tile.height):
            return slide.read_tile(0, x // tile.width, y // tile.height)
        return slide.read_block(0, x, y, Size(width, height))

    return read


def openslide(path: Path) -> Read:
    import openslide as library

    slide = library.OpenSlide(path)
    return lambda x, y, w, h: np.asarray(slide.read_region((x, y), 0, (w, h)).convert("RGB"))


def cucim(path: Path) -> Read:
    from cucim import CuImage

    slide = CuImage(str(path))
    return lambda x, y, w, h: np.asarray(slide.read_region((x, y), (w, h), 0))


def tiffslide(path: Path) -> Read:
    import tiffslide as library

    slide = library.TiffSlide(path)
    return lambda x, y, w, h: slide.read_region((x, y), 0, (w, h), as_array=True)


def fastslide(path: Path) -> Read:
    import fastslide as library

    slide = library.FastSlide.from_file_path(str(path))
    return lambda x, y, w, h: slide.read_region((x, y), 0, (w, h)).numpy()


def libvips(path: Path) -> Read:
    import pyvips

    pyvips.cache_set_max(0)  # its cache of operations would give the same tiles again without reading
    slide = pyvips.Region.new(pyvips.Image.new_from_file(str(path), access="random"))
    return lambda x, y, w, h: np.frombuffer(slide.fetch(x, y, w, h), np.uint8).reshape(h, w, -1)[..., :3]


def large_image(path: Path) -> Read:
    import large_image_source_tiff

    slide = large_image_source_tiff.open(str(path), noCache=True)

    def read(x: int, y: int, w: int, h: int) -> Any:
        region = {"left": x, "top": y, "width": w, "height": h}
        return slide.getRegion(region=region, format="numpy")[0][..., :3]

    return read


def tifffile_alone(path: Path) -> Read:
    import tifffile

    page = tifffile.TiffFile(path).pages[0]
    handle, across = page.parent.filehandle, -(-page.imagewidth // 256)

    def tile(column: int, row: int) -> Any:
        number = row * across + column
        handle.seek(page.dataoffsets[number])
        data = handle.read(page.databytecounts[number])
        return page.decode(data, number, jpegtables=page.jpegtables)[0][0]

    def read(x: int, y: int, w: int, h: int) -> Any:
        if x % 256 == y % 256 == 0 and w == h == 256:
            return tile(x // 256, y // 256)
        out = np.empty((h, w, 3), np.uint8)
        for row in range(y // 256, -(-(y + h) // 256)):
            for column in range(x // 256, -(-(x + w) // 256)):
                left, top = column * 256, row * 256
                x0, x1, y0, y1 = max(x, left), min(x + w, left + 256), max(y, top), min(y + h, top + 256)
                part = tile(column, row)[y0 - top : y1 - top, x0 - left : x1 - left]
                out[y0 - y : y1 - y, x0 - x : x1 - x] = part
        return out

    return read


PEERS: dict[str, Callable[[Path], Read]] = {
    "OpenSlide-python": openslide,
    "cuCIM": cucim,
    "libvips": libvips,
    "large_image": large_image,
    "fastslide": fastslide,
    "tiffslide": tiffslide,
    "tifffile": tifffile_alone,
}


def installed(path: Path) -> dict[str, Read]:
    """The peers that are here and open the slide."""
    found: dict[str, Read] = {}
    for name, make in PEERS.items():
        try:
            found[name] = make(path)
            found[name](0, 0, 256, 256)
        except ImportError:
            print(f"  ({name} is not installed)")
        except Exception as error:
            print(f"  ({name} does not open it: {error!r:.80})")
            found.pop(name, None)
    return found


# -- measuring ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """Seconds of a contender in each round: on the clock, and of the processor (all threads together)."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def in_turn(contenders: dict[str, Callable[[int], object]]) -> dict[str, Taken]:
    """What each takes in each round; who begins changes. The first round warms up."""
    times = {name: Taken() for name in contenders}
    names = list(contenders)
    for number in range(ROUNDS + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            clock, processor = time.perf_counter(), time.process_time()
            contenders[name](number)
            if number:
                times[name].clock.append(time.perf_counter() - clock)
                times[name].processor.append(time.process_time() - processor)
    return times


def ratio(over: Sequence[float], under: Sequence[float]) -> str:
    """Median and quartiles of what `under` took over what `over` took: how many times faster `over` is."""
    ratios = [b / a for a, b in zip(over, under, strict=True)]
    low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def on_threads(count: int, items: Sequence[Any], work: Callable[[Any], object]) -> None:
    """Work through a list on so many threads."""
    left = iter(items)
    guard = threading.Lock()

    def run() -> None:
        while True:
            with guard:
                item = next(left, None)
            if item is None:
                return
            work(item)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def report(times: dict[str, Taken], count: int, unit: str, me: str, aims: dict[str, str]) -> None:
    """Speeds on the clock, and how many times as fast we are: on the clock, and by processor time."""
    print(f"  {'':30} {unit + '/s':>10}   {me} is so many times as fast, on the clock | of the processor")
    for name in sorted(times, key=lambda name: statistics.median(times[name].clock)):
        mine, other = times[me], times[name]
        speed = count / statistics.median(other.clock)
        told = f"{ratio(mine.clock, other.clock)} | {ratio(mine.processor, other.processor)}"
        print(f"  {name:30} {speed:10,.0f}   {'' if name == me else told}   {aims.get(name, '')}")


# -- aligned tiles ------------------------------------------------------------------------------------------


def tiles(path: Path) -> None:
    """256-px JPEG tiles on their own grid, as arrays, one thread; then ours on two."""
    import imagecodecs

    starts, counts, places, _ = busy_tiles(path)
    rng = np.random.default_rng(1)
    chosen = [rng.choice(len(starts), TILES, replace=False) for _ in range(ROUNDS + 1)]
    handle = os.open(path, os.O_RDONLY)

    def bare(number: int) -> None:
        for i in chosen[number]:
            imagecodecs.jpeg8_decode(os.pread(handle, int(counts[i]), int(starts[i])))

    def reading(read: Read) -> Callable[[int], None]:
        def run(number: int) -> None:
            for i in chosen[number]:
                read(int(places[i, 0]) * 256, int(places[i, 1]) * 256, 256, 256)

        return run

    contenders: dict[str, Callable[[int], object]] = {"Parfocal": reading(ours(path))}
    contenders["pread + libjpeg-turbo"] = bare
    turbo = turbo_alone(handle, starts, counts, chosen)
    if turbo is not None:
        contenders["pread + libjpeg-turbo (ctypes)"] = turbo
    contenders |= {name: reading(read) for name, read in installed(path).items()}
    aims = {"pread + libjpeg-turbo": "aim >= 0.90", "OpenSlide-python": "aim >= 8"}
    report(in_turn(contenders), TILES, "tiles", "Parfocal", aims)
    mine = ours(path)

    def threads(count: int, decode: Callable[[Any], object]) -> Callable[[int], object]:
        return lambda number: on_threads(count, [int(i) for i in chosen[number]] * 2, decode)

    def tile(i: int) -> None:
        mine(int(places[i, 0]) * 256, int(places[i, 1]) * 256, 256, 256)

    def alone(i: int) -> None:
        imagecodecs.jpeg8_decode(os.pread(handle, int(counts[i]), int(starts[i])))

    times = in_turn(
        {
            "1": threads(1, tile),
            "2": threads(2, tile),
            "bare 1": threads(1, alone),
            "bare 2": threads(2, alone),
        }
    )
    print(f"  Parfocal, two threads over one: {ratio(times['2'].clock, times['1'].clock)}   aim >= 1.8")
    bare_ratio = ratio(times["bare 2"].clock, times["bare 1"].clock)
    print(f"  libjpeg-turbo alone, two threads over one (what the machine gives now): {bare_ratio}")
    os.close(handle)


def turbo_alone(handle: int, starts: Any, counts: Any, chosen: Any) -> Callable[[int], None] | None:
    try:
        from turbojpeg import TJPF_RGB, TurboJPEG

        decoder = TurboJPEG()
    except Exception:
        return None

    def run(number: int) -> None:
        for i in chosen[number]:
            decoder.decode(os.pread(handle, int(counts[i]), int(starts[i])), pixel_format=TJPF_RGB)

    return run


# -- patches ------------------------------------------------------------------------------------------------


def normalised(patches: Any, out: Any) -> None:
    """(n, edge, edge, 3) uint8 → float32 of the same shape: NCHW with channels last, as networks like it."""
    import torch

    scale = torch.from_numpy(np.tile(1 / (255 * STD), PATCH))
    shift = torch.from_numpy(np.tile(-MEAN / STD, PATCH))
    for patch, values in zip(patches, out, strict=False):
        rows = torch.from_numpy(patch).view(-1, PATCH * 3).to(torch.float32)
        torch.addcmul(shift, rows, scale, out=torch.from_numpy(values).view(-1, PATCH * 3))


def one_by_one(read: Read, places: Sequence[tuple[int, int]], edge: int, out: Any) -> None:
    """What everybody does: read a patch, resize it with PIL, collect batches."""
    from PIL import Image

    for first in range(0, len(places), len(out)):
        batch = []
        for x, y in places[first : first + len(out)]:
            patch = read(x, y, edge, edge)
            if edge != PATCH:
                image = Image.fromarray(np.ascontiguousarray(patch))
                patch = np.asarray(image.resize((PATCH, PATCH), Image.Resampling.BILINEAR))
            batch.append(patch)
        normalised(np.stack(batch), out)


def grid(path: Path, spacing: float) -> None:
    """A grid of patches at 0.5 µm/px, not on the tiles' grid, as normalised batches; ours on one and two."""
    from ml.geometry import Point, Rect, Size
    from ml.infer.loader import blocks_of
    from ml.infer.patch_reading import read_patches_block
    from ml.patches import PatchGrid
    from ml.slide.tiff_reader import TiffReader

    edge = round(PATCH * WANTED / spacing)
    _, _, places, size = busy_tiles(path)
    rng = np.random.default_rng(2)
    origins = []
    while len(origins) < ROUNDS + 1:
        column, row = places[rng.integers(len(places))]
        x, y = int(column) * 256 + int(rng.integers(1, 255)), int(row) * 256 + int(rng.integers(1, 255))
        if x + GRID * edge < size[0] and y + GRID * edge < size[1]:
            origins.append((x, y))
    wanted = np.ones((GRID, GRID), dtype=np.bool_)
    out = np.empty((16, PATCH, PATCH, 3), dtype=np.float32)
    slide = TiffReader(path)
    blocks = blocks_of(wanted, PATCH)
    own = threading.local()

    def buffer() -> Any:
        """Room for a batch, the same one for all batches of a thread, as everybody else has it."""
        if not hasattr(own, "batch"):
            own.batch = np.empty_like(out)
        return own.batch

    def mine(count: int) -> Callable[[int], None]:
        def run(number: int) -> None:
            laid = PatchGrid(Point(*origins[number]), Size(edge, edge), PATCH, wanted, wanted)

            def block(one: Any) -> None:
                rows, columns = one.cells.shape
                first = laid.rect(one.row, one.column)
                rect = Rect(first.x, first.y, columns * edge, rows * edge)
                pixels = read_patches_block(slide, rect, Size(columns * PATCH, rows * PATCH))
                cut = pixels.reshape(rows, PATCH, columns, PATCH, 3).swapaxes(1, 2)
                normalised(cut.reshape(-1, PATCH, PATCH, 3), buffer())

            on_threads(count, blocks, block)

        return run

    def theirs(read: Read) -> Callable[[int], None]:
        def run(number: int) -> None:
            x, y = origins[number]
            grid_places = [(x + c * edge, y + r * edge) for r in range(GRID) for c in range(GRID)]
            one_by_one(read, grid_places, edge, out)

        return run

    contenders: dict[str, Callable[[int], object]] = {"Parfocal": mine(1), "Parfocal, two threads": mine(2)}
    contenders |= {name: theirs(read) for name, read in installed(path).items()}
    times = in_turn(contenders)
    aims = {"OpenSlide-python": "aim >= 6", "Parfocal, two threads": ""}
    report(times, GRID * GRID, "patches", "Parfocal", aims)
    two = ratio(times["Parfocal, two threads"].clock, times["Parfocal"].clock)
    print(f"  two threads over one: {two}   aim >= 1.7")
    peers = [name for name in times if not name.startswith("Parfocal")]
    best = min(peers, key=lambda name: statistics.median(times[name].clock))
    told = ratio(times["Parfocal"].clock, times[best].clock)
    print(f"  over the best peer ({best}): {told}   aim >= 2.5")


def scattered(path: Path, spacing: float) -> None:
    """Patches at random places, each read by itself, as normalised batches."""
    from ml.geometry import Rect, Size
    from ml.infer.patch_reading import read_patches_block
    from ml.slide.tiff_reader import TiffReader

    edge, count = round(PATCH * WANTED / spacing), 96
    _, _, places, size = busy_tiles(path)
    rng = np.random.default_rng(3)
    rounds = []
    for _ in range(ROUNDS + 1):
        chosen = places[rng.choice(len(places), count)] * 256 + rng.integers(1, 255, (count, 2))
        chosen = np.minimum(chosen, np.array(size) - edge)
        rounds.append([(int(x), int(y)) for x, y in chosen])
    out = np.empty((16, PATCH, PATCH, 3), dtype=np.float32)
    slide = TiffReader(path)

    def mine(number: int) -> None:
        for first in range(0, count, len(out)):
            some = rounds[number][first : first + len(out)]
            batch = [read_patches_block(slide, Rect(x, y, edge, edge), Size(PATCH, PATCH)) for x, y in some]
            normalised(np.stack(batch), out)

    def theirs(read: Read) -> Callable[[int], None]:
        return lambda number: one_by_one(read, rounds[number], edge, out)

    contenders: dict[str, Callable[[int], object]] = {"Parfocal": mine}
    contenders |= {name: theirs(read) for name, read in installed(path).items()}
    times = in_turn(contenders)
    report(times, count, "patches", "Parfocal", {name: "aim >= 1" for name in times if name != "Parfocal"})


def main() -> int:
    """All of it, on the real slide and on the large one."""
    data = os.environ.get("PARFOCAL_DATA")
    if not data:
        print("PARFOCAL_DATA is not set: the real slides are not here")
        return 0
    import torch

    torch.set_num_threads(1)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {ROUNDS} rounds")
    source = Path(data) / "slides" / "carotid_thrombus_he.svs"
    parts = {"tiles": lambda path, _: tiles(path), "grid": grid, "scattered": scattered}
    with tempfile.TemporaryDirectory() as name:
        for path, spacing in ((source, 0.729), (large_slide(source, Path(name)), 0.25)):
            for part, measure in parts.items():
                if not sys.argv[1:] or part in sys.argv[1:]:
                    print(f"\n{path.name} ({spacing} µm/px), {part}")
                    measure(path, spacing)
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.exit(main())
