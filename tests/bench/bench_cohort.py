"""What a cohort costs beside its single runs, whether that grows, and what a Ray cluster adds.

Each figure is of runs in turn on the same machine, so that its mood is shared; a ratio is the median over
the rounds of what one round gave. All in one process, warm, but the cluster: two raylets on loopback with
half the cores each, whose workers are started anew by each run, as a person would have it; beside it stands a
plain run as a process of its own, which pays for its start as well. PARFOCAL_DATA adds regions of real slides
to the composed ones. COHORT_SLIDES, COHORT_ROUNDS: how many, where the machine is a small or a busy one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

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


def timed(work: Callable[[], object]) -> float:
    """Seconds that it took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


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
    ratios = []
    try:
        for _ in range(ROUNDS):
            plain = timed(lambda: typed(table, folders.next()))
            there = timed(lambda: typed(table, folders.next(), "--cluster", made.address))
            ratios.append(there / plain)
            print(f"as typed: plain {plain / MANY:.2f}, two nodes {there / MANY:.2f} s a slide", flush=True)
    finally:
        made.shutdown()
    print(f"two nodes of {cores} / plain run on {2 * cores} cores: {median(ratios):.3f} (aim 1.05)")


def main() -> None:
    """Print seconds a slide, and ratios."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["PARFOCAL_HOME"] = f"{name}/home"
        folders = Folders(Path(name))
        many, few = cohort(Path(name), MANY), cohort(Path(name), FEW)
        here(few, folders.next())  # warm
        gains, growth = [], []
        for _ in range(ROUNDS):
            single, short, long = (
                timed(lambda: alone(many, folders.next())) / MANY,
                timed(lambda: here(few, folders.next())) / FEW,
                timed(lambda: here(many, folders.next())) / MANY,
            )
            print(f"single {single:.2f}, of {FEW} {short:.2f}, of {MANY} {long:.2f} s a slide", flush=True)
            gains.append(long / single)
            growth.append(long / short)
        print(f"cohort of {MANY} / sum of single runs: {median(gains):.3f}")
        print(f"cost of a slide, {MANY} over {FEW}: {median(growth):.3f} (flat is 1)")
        print(
            f"the same again, all done: {timed(lambda: here(many, folders.root / str(folders.count))):.2f} s"
        )
        on_cluster(many, folders)


if __name__ == "__main__":
    main()
