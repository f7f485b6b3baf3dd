"""A cohort on this computer: what is done, skipped, tried again, resumed; what it comes to."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from ml.batch.item import Wanted
from ml.batch.ledger import Ledger
from ml.errors import Problem
from ml.progress import Progress
from ml.verbs.batch import LEDGER, BatchRequest, batch
from tests.ml.verbs.ct_bundle import write_ct_bundle
from tests.ml.verbs.small_cohort import write_cohort, write_slide

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def slides(tmp_path: Path) -> Path:
    return write_cohort(tmp_path / "slides", 2)


@pytest.fixture(scope="module")
def done(
    tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, dict[str, object], list[Any]]:
    """A cohort that was run once: slides, results, the facts of the end, what was told. Only to be read."""
    folder = tmp_path_factory.mktemp("cohort")
    slides, told = write_cohort(folder / "slides", 2), []
    facts = batch(
        request_for(slides, tiny_model, folder / "out", parquet=True), Progress(on_part=told.append)
    )
    return slides, folder / "out", facts, told


Done = tuple[Path, Path, dict[str, object], list[Any]]


def request_for(slides: Path, model: Path, out: Path, **more: Any) -> BatchRequest:
    wanted = Wanted(str(model), device="cpu", **more.pop("wanted", {}))
    return BatchRequest((slides,), wanted, out, **more)


def table(out: Path) -> dict[str, dict[str, str]]:
    with (out / "cohort.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def ended(request: BatchRequest) -> tuple[dict[str, object], list[Any]]:
    told: list[Any] = []
    return batch(request, Progress(on_part=told.append)), told


def test_a_bad_slide_stops_nothing_and_is_named(done: Done) -> None:
    _, out, facts, told = done
    assert facts["done"] == 2
    assert facts["not_done"] == ["damaged"]
    assert facts["complete"]
    assert not facts["sound"]
    assert [item.name for item in told if item.state == "failed"] == ["damaged"] * 2, "tried once more"
    rows = table(out)
    assert rows["damaged"]["state"] == "failed"
    assert "holds text" in rows["damaged"]["reason"]
    assert not (out / "damaged").exists()


def test_the_figures_are_those_of_a_single_analysis(
    done: Done, tiny_model: Path, tmp_path: Path, as_program: Callable[..., Any]
) -> None:
    slides, out, *_ = done
    alone = tmp_path / "alone"
    words = ("--model", tiny_model, "--out", alone, "--cam", "found", "--device", "cpu")
    assert as_program("analyze", slides / "case 01.tif", *words)[0] == 0
    for name in ("results.csv", "boxes.csv", "annotations.geojson", "heatmap.tif", "gradcam.tif"):
        assert (out / "case 01" / name).read_bytes() == (alone / name).read_bytes(), name
    row = table(out)["case 01"]
    with (alone / "results.csv").open(encoding="utf-8") as file:
        scores = [float(line["prob_much"]) for line in csv.DictReader(file)]
    assert float(row["mean_much"]) == pytest.approx(np.mean(scores), rel=1e-5)
    assert int(row["patches"]) == len(scores)


def test_a_second_run_skips_what_is_done(slides: Path, tiny_model: Path, tmp_path: Path) -> None:
    request = request_for(slides, tiny_model, tmp_path / "out")
    ended(request)
    made = (tmp_path / "out" / "case 00" / "report.pdf").stat().st_mtime_ns
    facts, told = ended(request)
    assert told == []
    assert facts["done"] == 2
    os.utime(slides / "case 00.tif")  # another date, the same pixels
    assert ended(request)[1] == []
    assert (tmp_path / "out" / "case 00" / "report.pdf").stat().st_mtime_ns == made


@pytest.mark.parametrize("what", ["pixels", "threshold", "lost results", "retry"])
def test_what_changed_is_done_again(what: str, slides: Path, tiny_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (slides / "case 01.tif").unlink()
    ended(request_for(slides, tiny_model, out))
    more: dict[str, Any] = {}
    again = ["case 00"]
    if what == "pixels":
        write_slide(slides / "case 00.tif", 100, 90)
    elif what == "lost results":
        shutil.rmtree(out / "case 00")
    elif what == "threshold":
        more, again = {"wanted": {"threshold": 0.9}}, ["case 00", "damaged", "damaged"]
    else:
        more, again = {"retry": True}, ["damaged", "damaged"]
    _, told = ended(request_for(slides, tiny_model, out, **more))
    assert sorted(item.name for item in told) == again


def test_two_slides_of_one_name_have_two_folders(slides: Path, tiny_model: Path, tmp_path: Path) -> None:
    (slides / "damaged.svs").unlink()
    (slides / "older").mkdir()
    write_slide(slides / "older" / "Case 00.tif", 60, 60)
    facts, _ = ended(request_for(slides, tiny_model, tmp_path / "out"))
    assert facts["sound"]
    assert {"case 00", "Case 00 (2)"} <= set(table(tmp_path / "out"))
    assert ended(request_for(slides / "older", tiny_model, tmp_path / "out"))[1] == [], "the names stay"


def test_a_table_says_spacing_region_and_name(slides: Path, tiny_model: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text('slide,name,spacing,region\nslides/case 00.tif,first,0.25,"40,40,256,256"\n', "utf-8")
    facts, _ = ended(request_for(listed, tiny_model, tmp_path / "out"))
    assert facts["sound"]
    told = json.loads((tmp_path / "out" / "first" / "report.json").read_text(encoding="utf-8"))
    assert told["slide"]["spacing_x_um"] == 0.25
    assert told["region"]["width_px"] == 256


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("name\nfirst\n", "no column “slide”"),
        ("slide,spacing\na.tif,tiny\n", "line 2"),
        ("slide,region\na.tif,everywhere\n", "not x,y,width,height"),
        ("slide,outline\na.tif,gone.geojson\n", "line 2"),
        ("slide\n\n \n", "line 2"),
        ("", "no rows"),
    ],
)
def test_a_table_that_means_nothing_is_refused_before_the_work(
    lines: str, said: str, tiny_model: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text(lines.replace("\n \n", "\n,\n"), encoding="utf-8")
    with pytest.raises(Problem, match=said):
        ended(request_for(listed, tiny_model, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_table_sheet_and_parquet_say_the_same(done: Done, tmp_path: Path) -> None:
    import pypdfium2

    out = done[1]
    rows, typed = table(out), pyarrow.parquet.read_table(out / "cohort.parquet").to_pylist()
    assert [line["name"] for line in typed] == list(rows)
    assert typed[-1]["mean_much"] is None, "of what was not done"
    for line in typed[:-1]:
        assert line["mean_much"] == pytest.approx(float(rows[line["name"]]["mean_much"]), rel=1e-5)
    page = (out / "cohort.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == 2
    assert page.count("/report.pdf") == 2
    assert "case%2001/report.pdf" in page
    assert str(out.parent) not in page
    pdf = pypdfium2.PdfDocument(out / "cohort.pdf")
    text = " ".join(pdf[0].get_textpage().get_text_range().split())
    pdf.close()
    assert "2 items done, 1 could not be analyzed." in text
    assert "case 01" in text


def test_a_stop_keeps_what_is_whole(slides: Path, tiny_model: Path, tmp_path: Path) -> None:
    write_cohort(slides, 5)
    request = request_for(slides, tiny_model, tmp_path / "out")
    told: list[Any] = []
    progress = Progress()
    progress.part = lambda part: (told.append(part), progress.stop())
    facts = batch(request, progress)
    assert not facts["complete"]
    assert 1 <= len(told) <= 3, "one is being written, one waits, one was looked at"
    assert not list((tmp_path / "out").glob(".*.part"))
    facts, rest = ended(request)
    assert facts["done"] == 5
    assert len({item.name for item in told} | {item.name for item in rest}) == 6


def test_a_cohort_of_ct(real_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    bundle = write_ct_bundle(folder)
    series = tmp_path / "head"
    series.mkdir()
    for path in sorted((real_data / "ct" / "cranium_series").rglob("*.dcm"))[40:46]:
        shutil.copy(path, series)
    facts, _ = ended(request_for(series, bundle.path, tmp_path / "out"))
    assert facts["sound"], facts
    (row,) = table(tmp_path / "out").values()
    assert row["slices"] == "6"
    assert float(row["highest_any"]) > 0
    assert (tmp_path / "out" / row["name"] / "thumbnail.jpg").is_file()


def test_a_damaged_book_is_refused_in_words(slides: Path, tiny_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / LEDGER).write_bytes(b"no database" * 1000)
    with pytest.raises(Problem, match="cannot be read"):
        ended(request_for(slides, tiny_model, out))


def run_and_kill(words: list[str], wait_for: Callable[[str], bool]) -> bool:
    """Start the command, kill it when a line says so; whether it was killed before it ended."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "ml", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if wait_for(line):
                process.send_signal(signal.SIGKILL)
                return True
    return False


def what_there_is(out: Path) -> dict[str, tuple[str, bytes]]:
    """State and results of each item, without times."""
    with Ledger(out / LEDGER) as book:
        rows = book.rows()
    return {
        row.name: (row.state, (out / row.name / "results.csv").read_bytes() if row.state == "done" else b"")
        for row in rows
    }


@pytest.mark.slow
def test_killed_and_started_again_it_ends_as_if_nothing_had_been(
    slides: Path, tiny_model: Path, tmp_path: Path
) -> None:
    ended(request_for(slides, tiny_model, tmp_path / "quiet"))
    _kill_often(slides, tiny_model, tmp_path, times=2, seed=3)


@pytest.mark.slow
def test_twenty_kills(tiny_model: Path, tmp_path: Path) -> None:
    slides = write_cohort(tmp_path / "slides", 12)
    ended(request_for(slides, tiny_model, tmp_path / "quiet"))
    _kill_often(slides, tiny_model, tmp_path, times=20, seed=8)


def _kill_often(slides: Path, model: Path, tmp_path: Path, times: int, seed: int) -> None:
    out, chance = tmp_path / "killed", random.Random(seed)
    words = ["batch", str(slides), "--model", str(model), "--out", str(out), "--device", "cpu", "--json"]
    for _ in range(times):
        left = chance.randint(2, 5)  # lines

        def now(_: str) -> bool:
            nonlocal left
            left -= 1
            return left <= 0

        run_and_kill(words, now)
        with Ledger(out / LEDGER) as book:
            whole = {row.name for row in book.rows() if row.state == "done"}
        for name in whole:
            assert (out / name / "report.pdf").is_file()
    run_and_kill(words, lambda _: False)
    assert what_there_is(out) == what_there_is(tmp_path / "quiet")
    assert not list(out.glob(".*.part"))
