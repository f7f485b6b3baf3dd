"""What a cohort costs beside its single runs, whether that grows, and what a Ray cluster adds.

All in one process and in turn, so that the mood of the machine is shared: the plain run against the same
tasks done one after the other; cohorts of 10, 30 and 60; a cluster of two nodes with half the cores each
against the plain run on as many. PARFOCAL_DATA adds regions of the real slides to the composed ones.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import torch

from ml.batch.finding import find_items
from ml.batch.item import Task, Wanted
from ml.progress import Progress
from ml.verbs.batch import BatchRequest, batch
from ml.verbs.batch_work import do
from tests.ml.verbs.small_cohort import write_cohort

SIZES = (10, 30, 60)
REAL = {  # a region each, so that a run does not take the whole day
    "carotid_thrombus_he.svs": ("30000,12000,6000,6000", ""),
    "cmu1_small_region.svs": ("", ""),
    "tcga_head_neck_jp2k_no_mpp.svs": ("0,0,1024,1024", "0.5"),
}


def cohort(folder: Path, count: int) -> Path:
    """A table of so many slides: the real ones first, composed ones for the rest."""
    data = os.environ.get("PARFOCAL_DATA")
    lines = []
    for name, (region, spacing) in (REAL if data else {}).items():
        lines.append(f'{Path(str(data)) / "slides" / name},"{region}",{spacing}')
    slides = write_cohort(folder / f"slides {count}", count - len(lines))
    lines += [f"{path},," for path in sorted(slides.glob("*.tif"))]
    table = folder / f"{count}.csv"
    table.write_text("slide,region,spacing\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return table


def seconds(request: BatchRequest) -> float:
    """Of a whole run. All items must be done: a figure of half a cohort would flatter."""
    began = time.perf_counter()
    facts = batch(request, Progress())
    assert facts["sound"], facts
    return time.perf_counter() - began


def alone(table: Path, wanted: Wanted, folder: Path) -> float:
    """The same tasks one after the other, nothing overlapping."""
    began = time.perf_counter()
    for item in find_items([table], "slide", Progress()).items:
        outcome = do(Task(item, wanted, folder / item.id), Progress())
        assert outcome.state == "done", outcome.reason
    return time.perf_counter() - began


def main() -> None:
    """Print seconds a slide, and ratios."""
    wanted = Wanted("cellularity", device="cpu")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = {count: cohort(folder, count) for count in SIZES}
        warm = BatchRequest((tables[SIZES[0]],), wanted, folder / "warm")
        seconds(warm)
        single = alone(tables[SIZES[-1]], wanted, folder / "single")
        print(f"{SIZES[-1]} slides, one after the other: {single / SIZES[-1]:.2f} s a slide")
        here = {}
        for count in SIZES:
            here[count] = seconds(BatchRequest((tables[count],), wanted, folder / f"here {count}"))
            print(f"{count} slides, this computer: {here[count] / count:.2f} s a slide")
        print(f"cohort / sum of single runs: {here[SIZES[-1]] / single:.3f}")
        flat = (here[SIZES[-1]] / SIZES[-1]) / (here[SIZES[0]] / SIZES[0])
        print(f"cost of a slide, {SIZES[-1]} over {SIZES[0]}: {flat:.3f} (flat is 1)")
        again = seconds(BatchRequest((tables[SIZES[-1]],), wanted, folder / f"here {SIZES[-1]}"))
        print(f"the same again, all done: {again:.2f} s")
        on_cluster(tables[SIZES[-1]], wanted, folder, here[SIZES[-1]])


def on_cluster(table: Path, wanted: Wanted, folder: Path, plain: float) -> None:
    """Two raylets on loopback with half of the cores each."""
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
    try:
        seconds(BatchRequest((table,), wanted, folder / "cluster warm", cluster=made.address))
        there = seconds(BatchRequest((table,), wanted, folder / "cluster", cluster=made.address))
    finally:
        made.shutdown()
    print(f"two nodes of {cores} cores / plain run on {2 * cores}: {there / plain:.3f} (aim 1.05)")


if __name__ == "__main__":
    main()
