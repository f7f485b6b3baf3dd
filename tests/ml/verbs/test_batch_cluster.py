"""The same cohort on a real Ray cluster of two nodes on loopback: the same results, also where one dies."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.batch.item import Item, Task, Wanted
from ml.errors import Problem
from ml.infer import loader
from ml.progress import Progress
from ml.results.analysis import Analysis
from ml.results.joined import joined
from ml.verbs import batch_cluster, batch_remote
from ml.verbs.analyze import AnalyzeRequest, analyze
from ml.verbs.batch import BatchRequest, batch
from tests.ml.verbs.small_cohort import write_cohort, write_slide

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes of one core each; Ray tells nobody about it."""
    cluster_utils = pytest.importorskip("ray.cluster_utils", reason="ray is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        memory = {"object_store_memory": 150 * 2**20, "include_dashboard": False}
        made = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1, **memory})
        made.second = made.add_node(num_cpus=1, object_store_memory=150 * 2**20)
        yield made
        made.shutdown()


@pytest.fixture
def request_(tiny_model: Path, tmp_path: Path) -> BatchRequest:
    slides = write_cohort(tmp_path / "slides", 3)
    return BatchRequest((slides,), Wanted(str(tiny_model), device="cpu"), tmp_path / "here")


def results(out: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in sorted(out.glob("*/results.csv"))}


@pytest.mark.slow
@pytest.mark.parametrize("ship", [False, True])
def test_two_nodes_give_what_one_computer_gives(
    ship: bool, cluster: Any, request_: BatchRequest, tmp_path: Path
) -> None:
    here = batch(request_, Progress())
    told: list[Any] = []
    there = replace(request_, folder=tmp_path / "there", cluster=cluster.address, ship=ship)
    facts = batch(there, Progress(on_part=told.append))
    assert {key: facts[key] for key in ("items", "done", "not_done")} == {
        key: here[key] for key in ("items", "done", "not_done")
    }
    assert results(there.folder) == results(request_.folder)
    assert [item.state for item in told].count("failed") == 2, "tried once more"
    assert batch(there, Progress())["done"] == 3


@pytest.mark.slow
def test_what_a_dead_node_did_is_done_again(cluster: Any, request_: BatchRequest, tmp_path: Path) -> None:
    write_cohort(request_.inputs[0], 8)
    batch(request_, Progress())
    killed = threading.Event()

    def kill(_: object) -> None:
        if not killed.is_set():
            killed.set()
            cluster.remove_node(cluster.second, allow_graceful=False)

    there = replace(request_, folder=tmp_path / "there", cluster=cluster.address)
    facts = batch(there, Progress(on_part=kill))
    assert killed.is_set()
    assert facts["done"] == 8
    assert results(there.folder) == results(request_.folder)


def test_no_cluster_is_said_in_words(request_: BatchRequest) -> None:
    pytest.importorskip("ray", reason="ray is not installed")
    with pytest.raises(Problem, match="No Ray cluster answers"):
        batch(replace(request_, cluster="127.0.0.1:1"), Progress())


def test_bands_end_where_blocks_do(tiny_model: Path, tmp_path: Path) -> None:
    slide = write_slide(tmp_path / "a.tif", 0, 0, size=5000)
    task = Task(Item("slide", slide, "a"), Wanted(str(tiny_model), device="cpu"), tmp_path / "out")
    rows, columns, edge = batch_remote.measured(task)
    assert edge == len(loader.blocks_of(np.ones((64, 1), dtype=bool), 128)[0].cells)
    bands = batch_cluster.bands_of(task, large=100, slots=2)
    assert len(bands) > 2
    assert bands[0][0] == 0
    assert bands[-1][1] == rows
    assert all(one[1] == other[0] for one, other in itertools.pairwise(bands))
    assert all(top % edge == 0 for top, _ in bands)
    assert batch_cluster.bands_of(task, large=rows * columns + 1, slots=2) == [(0, rows)]


def test_parts_of_a_slide_are_the_whole(tiny_model: Path, tmp_path: Path) -> None:
    slide = write_slide(tmp_path / "a.tif", 0, 0, size=1400)
    asked = AnalyzeRequest(slide, str(tiny_model), device="cpu")
    task = Task(Item("slide", slide, "a"), Wanted(str(tiny_model), device="cpu"), tmp_path / "out")
    whole = analyze(asked, Progress())
    parts = [_part(asked, band) for band in batch_cluster.bands_of(task, large=1, slots=2)]
    assert len(parts) > 1
    one = joined(parts)
    assert np.array_equal(one.scores.grid.kept, whole.scores.grid.kept)
    np.testing.assert_allclose(one.scores.values, whole.scores.values, atol=1e-6)
    assert one.cam is not None
    assert whole.cam is not None
    np.testing.assert_allclose(one.cam.values, whole.cam.values, rtol=1e-4, atol=1e-6)
    assert one.provenance.parameters == whole.provenance.parameters


def _part(asked: AnalyzeRequest, rows: tuple[int, int]) -> Analysis:
    return analyze(replace(asked, rows=rows), Progress())


def test_files_that_are_sent_stay_in_their_folder(tmp_path: Path) -> None:
    batch_remote.unpack({"a/b.txt": b"x"}, tmp_path / "in")
    assert (tmp_path / "in" / "a" / "b.txt").read_bytes() == b"x"
    with pytest.raises(Problem, match="elsewhere"):
        batch_remote.unpack({"../out.txt": b"x"}, tmp_path / "in")
    assert not (tmp_path / "out.txt").exists()
