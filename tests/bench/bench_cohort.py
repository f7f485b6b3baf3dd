"""What a cohort costs beside its single runs, whether that grows, and what a Ray cluster adds.

Each figure is of runs in turn on the same machine, so that its mood is shared; a ratio is the median over
the rounds of what one round gave. All in one process, warm, but the cluster: two raylets on loopback with
half the cores each, whose workers are started anew by each run, as a person would have it; beside it stands a
plain run as a process of its own, which pays for its start as well. PARFOCAL_DATA adds regions of real slides
to the composed ones. COHORT_SLIDES, COHORT_ROUNDS: how many, where the machine is a small or a busy one.

Beside the time on the clock stands what the processors did, of all processes together: on a machine that
others use too, that is the figure to go by. Words of the command line: `here`, `cluster`; nothing for both.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
import torch

from ml.batch.finding import find_items
from ml.batch.item import Task, Wanted
from ml.progress import Progress
from ml.verbs.batch import BatchRequest, batch
from ml.verbs.batch_work import do
from tests.ml.verbs.small_cohort import write_cohort

MANY = int(os.environ.get("COHORT_SLIDES", "60"))
FEW = MANY // 6
ROUNDS = int(os.environ.get("COHORT_ROUNDS", "3"))
MODEL = "cellularity"
EDGE = 1536  # px of a composed slide
REAL = {  # a region each, so that a run does not take the whole day
    "carotid_thrombus_he.svs": ("4000,9000,2400,2400", ""),
    "cmu1_small_region.svs": ("", ""),
    "tcga_head_neck_jp2k_no_mpp.svs": ("0,0,1024,1024", "0.5"),
}


def cohort(folder: Path, count: int) -> Path:
    """A table of so many slides: of ten, three are real ones; so that a share of them costs the same."""
    data = os.environ.get("PARFOCAL_DATA")
    real = [
        f'{Path(str(data)) / "slides" / name},"{region}",{spacing},{name} {turn}'
        for turn in range(count // 10 if data else 0)
        for name, (region, spacing) in REAL.items()
    ]
    slides = write_cohort(folder / f"slides {count}", count - len(real), size=EDGE)
    lines = [f"{path},,,{path.stem}" for path in sorted(slides.glob("*.tif"))]
    table = folder / f"{count}.csv"
    table.write_text("slide,region,spacing,name\n" + "\n".join([*real, *lines]) + "\n", encoding="utf-8")
    return table


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, and of all processors."""

    clock: float
    work: float

    def of(self, count: int) -> str:
        """Of one slide of so many."""
        return f"{self.clock / count:.2f} s ({self.work / count:.2f} s of processors)"


def timed(work: Callable[[], object]) -> Cost:
    """What it took."""
    began, before = time.perf_counter(), worked()
    work()
    return Cost(time.perf_counter() - began, worked() - before)


def worked() -> float:
    """Seconds of processors that this process and all that it started have used, those that ended as well."""
    total, own = 0.0, psutil.Process()
    for process in (own, *own.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])
    return total


def ratios(name: str, pairs: list[tuple[Cost, Cost]], share: float = 1.0) -> None:
    """The median over the rounds, by the clock and by the processors."""
    clock = median(one.clock / other.clock for one, other in pairs) * share
    work = median(one.work / other.work for one, other in pairs) * share
    print(f"{name}: {clock:.3f} by the clock, {work:.3f} by the processors", flush=True)


class Folders:
    """A new one for each run."""

    def __init__(self, root: Path) -> None:
        self.root, self.count = root, 0

    def next(self) -> Path:
        """The next one."""
        self.count += 1
        return self.root / str(self.count)


def here(table: Path, out: Path) -> None:
    """A cohort, in this process. All must be done: a figure of half a cohort would flatter."""
    facts = batch(BatchRequest((table,), Wanted(MODEL, device="cpu"), out), Progress())
    assert facts["sound"], facts


def alone(table: Path, out: Path) -> None:
    """The same tasks one after the other, nothing overlapping."""
    for item in find_items([table], "slide", Progress()).items:
        outcome = do(Task(item, Wanted(MODEL, device="cpu"), out / item.id), Progress())
        assert outcome.state == "done", outcome.reason


def typed(table: Path, out: Path, *more: str) -> None:
    """The command as it is typed."""
    words = ["batch", str(table), "--model", MODEL, "--out", str(out), "--device", "cpu", *more]
    subprocess.run([sys.executable, "-m", "ml", *words], check=True, capture_output=True)


def on_cluster(table: Path, folders: Folders) -> None:
    """The typed command, plain and on two nodes, in turn."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        from ray.cluster_utils import Cluster
    except ImportError:
        print("cluster: ray is not installed")
        return
    cores = max(1, torch.get_num_threads() // 2)
    options = {"num_cpus": cores, "object_store_memory": 200 * 2**20}
    made = Cluster(initialize_head=True, head_node_args={**options, "include_dashboard": False})
    made.add_node(**options)
    pairs = []
    try:
        for _ in range(ROUNDS):
            plain = timed(lambda: typed(table, folders.next()))
            there = timed(lambda: typed(table, folders.next(), "--cluster", made.address))
            pairs.append((there, plain))
            print(f"as typed: plain {plain.of(MANY)}, two nodes {there.of(MANY)} a slide", flush=True)
    finally:
        made.shutdown()
    ratios(f"two nodes of {cores} / plain run on {2 * cores} cores (aim 1.05)", pairs)


def on_this_computer(many: Path, few: Path, folders: Folders) -> None:
    """Single runs, a short cohort and a long one, in turn."""
    here(few, folders.next())  # warm
    gains, growth = [], []
    for _ in range(ROUNDS):
        single = timed(lambda: alone(many, folders.next()))
        short = timed(lambda: here(few, folders.next()))
        long = timed(lambda: here(many, folders.next()))
        print(f"a slide: single {single.of(MANY)}", flush=True)
        print(f"  in a cohort of {FEW} {short.of(FEW)}, of {MANY} {long.of(MANY)}", flush=True)
        gains.append((long, single))
        growth.append((long, short))
    ratios(f"cohort of {MANY} / sum of single runs", gains)
    ratios(f"cost of a slide, {MANY} over {FEW} (flat is 1)", growth, FEW / MANY)
    last = folders.root / str(folders.count)
    print(f"the same again, all done: {timed(lambda: here(many, last)).clock:.2f} s", flush=True)


def main() -> None:
    """Print seconds a slide, and ratios."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["PARFOCAL_HOME"] = f"{name}/home"
        folders = Folders(Path(name))
        many, few = cohort(Path(name), MANY), cohort(Path(name), FEW)
        if "cluster" not in sys.argv:
            on_this_computer(many, few, folders)
        if "here" not in sys.argv:
            on_cluster(many, folders)


if __name__ == "__main__":
    main()
