"""300,000 nuclei in GeoJSON: read and written, beside what `json` and shapely need for the same file.

The plain way loads the whole document, makes a shapely polygon a feature and writes all at once: no classes,
no checks, no measurements looked at. Each runs in a process of its own, so that memory can be compared; times
are those of the processor, as they say the same on a busy machine, and ratios are within one run. `orjson` is
measured too where it is installed.
"""

from __future__ import annotations

import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OBJECTS = 300_000
PLACES = 12  # of a nucleus' outline
REPEATS = 3


def main() -> int:
    """Make the file, then everything in processes of its own, in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "nuclei.geojson"
        make(source)
        print(f"{OBJECTS:,} nuclei of {PLACES} places, {source.stat().st_size / 2**20:.0f} MiB")
        kinds = ["read", "stream", "write", "json_read", "json_write"]
        kinds += ["orjson_read", "orjson_write"] if _has_orjson() else []
        runs = [{kind: run(kind, source, folder) for kind in kinds} for _ in range(REPEATS)]
        for kind in kinds:
            seconds = sorted(one[kind][0] for one in runs)
            memory = max(one[kind][1] for one in runs)
            print(
                f"{kind:13} {seconds[REPEATS // 2]:6.2f} s ({seconds[0]:.2f} to {seconds[-1]:.2f}), "
                f"{OBJECTS / seconds[REPEATS // 2]:9,.0f} objects/s, {memory:6,.0f} MiB more"
            )
        for mine, theirs in [("read", "json_read"), ("stream", "json_read"), ("write", "json_write")]:
            ratios = sorted(one[mine][0] / one[theirs][0] for one in runs)
            print(f"{mine} / {theirs}: {ratios[REPEATS // 2]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    return 0


def make(path: Path) -> None:
    """Nuclei as a detector leaves them: a ring, a class, two measurements."""
    chance = random.Random(7)
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", "features": [\n')
        for number in range(OBJECTS):
            x, y, radius = chance.uniform(0, 90_000), chance.uniform(0, 90_000), chance.uniform(10, 20)
            turns = [2 * math.pi * n / PLACES for n in range(PLACES)]
            ring = [[round(x + radius * math.cos(t), 2), round(y + radius * math.sin(t), 2)] for t in turns]
            said = {
                "objectType": "detection",
                "classification": {"name": "Tumor" if number % 3 else "Stroma", "color": [200, 0, 0]},
                "measurements": {"Area": round(radius**2 * 3, 3), "Score": chance.random()},
            }
            key = f"{number:08x}-0000-4000-8000-000000000000"
            feature = {"type": "Feature", "id": key, "geometry": None, "properties": said}
            feature["geometry"] = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
            file.write((",\n" if number else "") + json.dumps(feature))
        file.write("\n]}\n")


def run(kind: str, source: Path, folder: Path) -> tuple[float, float]:
    """Seconds, and MiB of memory on top of what was there before."""
    command = [sys.executable, str(Path(__file__).resolve()), kind, str(source), str(folder / "out.geojson")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, memory = map(float, done.stdout.split())
    return seconds, memory


def one(kind: str, source: Path, out: Path) -> None:
    """One of them, in this process."""
    work = globals()[f"prepare_{kind}"](source, out)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    kept = work()
    seconds = time.process_time() - began
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    del kept
    print(seconds, memory)


def prepare_read(source: Path, out: Path) -> object:
    from ml.exchange.formats import read

    return lambda: read(source)


def prepare_stream(source: Path, out: Path) -> object:
    """Every object looked at, none kept: what a background loader needs."""
    from ml.annotation.geojson import GeojsonObjects
    from ml.annotation.packed import reading, text_of

    def work() -> int:
        with reading(source) as file:
            return sum(1 for _ in GeojsonObjects(source.name).annotations(text_of(file)))

    return work


def prepare_write(source: Path, out: Path) -> object:
    from ml.exchange.contract import Document
    from ml.exchange.formats import read, write

    found = read(source)
    return lambda: write(out, Document(found.annotations, found.classes))


def prepare_json_read(source: Path, out: Path) -> object:
    import shapely.geometry

    def work() -> list[object]:
        document = json.loads(source.read_text(encoding="utf-8"))
        return [(shapely.geometry.shape(f["geometry"]), f["properties"]) for f in document["features"]]

    return work


def prepare_json_write(source: Path, out: Path) -> object:
    import shapely.geometry

    found = prepare_json_read(source, out)()

    def work() -> None:
        features = [
            {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": said}
            for shape, said in found
        ]
        out.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")

    return work


def prepare_orjson_read(source: Path, out: Path) -> object:
    import orjson
    import shapely.geometry

    def work() -> list[object]:
        document = orjson.loads(source.read_bytes())
        return [(shapely.geometry.shape(f["geometry"]), f["properties"]) for f in document["features"]]

    return work


def prepare_orjson_write(source: Path, out: Path) -> object:
    import orjson
    import shapely.geometry

    found = prepare_orjson_read(source, out)()

    def work() -> None:
        features = [
            {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": said}
            for shape, said in found
        ]
        out.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features}))

    return work


def _has_orjson() -> bool:
    try:
        import orjson  # noqa: F401
    except ImportError:
        return False
    return True


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(main())
