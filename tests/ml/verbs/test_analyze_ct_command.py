"""`parfocal-ml analyze-ct` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ml.__main__ import app
from ml.volume.series import find_series
from ml.zoo.bundle import Bundle
from tests.ml.train.test_scan_study import write_heads
from tests.ml.verbs.ct_bundle import write_ct_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_ct_bundle(tmp_path_factory.mktemp("ct"))


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heads")
    write_heads(folder, patients=2, slices=6)
    return folder


def run(*words: object) -> tuple[int, list[dict[str, object]]]:
    result = CliRunner().invoke(app, ["analyze-ct", *map(str, words), "--json", "--device", "cpu"])
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_a_series_becomes_files(bundle: Bundle, heads: Path, tmp_path: Path) -> None:
    code, events = run(heads / "p1", "--model", bundle.path, "--out", tmp_path / "out", "--slices", "2-5")
    assert code == 0
    planned = next(event for event in events if event["event"] == "planned")
    assert (planned["slices"], planned["of"]) == (4, 6)
    told = [number for event in events if event["event"] == "scores" for number in event["slices"]]  # type: ignore[attr-defined]
    assert told == [2, 3, 4, 5]
    assert events[-1]["event"] == "done"
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(events[-1]["files"])  # type: ignore[call-overload]
    code, events = run(heads / "p1", "--model", bundle.path, "--out", tmp_path / "out")
    assert (code, events[-1]["what"]) == (2, "The folder out is not empty.")


def test_one_of_several_series_is_chosen(bundle: Bundle, heads: Path, tmp_path: Path) -> None:
    code, events = run(heads, "--model", bundle.path, "--out", tmp_path)
    assert code == 2
    uids = [series.uid for series in find_series(heads).series]
    assert all(uid in str(events[-1]["remedy"]) for uid in uids)
    code, events = run(heads, "--model", bundle.path, "--out", tmp_path, "--series", uids[1], "--no-cam")
    assert code == 0
    assert not [event for event in events if event["event"] == "cam"]


@pytest.mark.parametrize(
    ("slices", "what"),
    [("a", "“a” is no range of slices."), ("3-9", "Slices 3 to 9 are not all in this series of 6.")],
)
def test_words_that_mean_nothing(bundle: Bundle, heads: Path, tmp_path: Path, slices: str, what: str) -> None:
    code, events = run(heads / "p0", "--model", bundle.path, "--out", tmp_path, "--slices", slices)
    assert (code, events[-1]["what"]) == (2, what)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_ct_says_why(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "letter.dcm").write_text("Dear colleague")
    code, events = run(tmp_path / "in", "--model", bundle.path, "--out", tmp_path / "out")
    assert code == 2
    assert "letter.dcm" in str(events[-1]["what"])
