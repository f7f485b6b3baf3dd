"""A report, its record, and what is said of them when something is not as it was."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml import paths
from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Rect
from ml.progress import Progress
from ml.record import key, places
from ml.record.signed import read_record, write_record
from ml.record.verify import Verification, verify
from ml.report.ct_material import CtMaterial
from ml.report.material import LayerSettings, Material
from ml.results.analysis import Analysis
from ml.results.boxes import BoxRule, find_boxes
from ml.slide.opening import open_slide
from ml.verbs.analyze import AnalyzeRequest, analyze
from ml.verbs.analyze_ct import AnalyzeCtRequest, analyze_ct
from ml.verbs.export import ExportRequest, export
from ml.verbs.export_ct import export_ct
from ml.verbs.rerun import RerunRequest, rerun
from ml.volume.series import find_series
from ml.zoo.store import find
from tests.ml.train.test_scan_study import write_heads
from tests.ml.verbs.ct_bundle import write_ct_bundle

Program = Callable[..., tuple[int, list[dict[str, object]], str]]


@pytest.fixture(scope="module")
def analysis(tissue_slide: Path, tiny_model: Path) -> Analysis:
    region = Shape.outline(Shape.rectangle(Rect(150.25, 60, 900, 800)).rings[0])
    return analyze(AnalyzeRequest(tissue_slide, str(tiny_model), region, device="cpu", batch=5), Progress())


@pytest.fixture
def report(analysis: Analysis, tissue_slide: Path, tiny_model: Path, tmp_path: Path) -> Path:
    """The folder of a report that was just written; the home that signed it is the test's own."""
    rule = BoxRule(2, 0.4)
    boxes = find_boxes(analysis.scores, rule, analysis.provenance.spacing.spacing)
    places.remember(find(tiny_model).card.weights_sha256, tiny_model)
    with open_slide(tissue_slide) as slide:
        material = Material(slide, analysis, find(tiny_model).card, LayerSettings(2, 0.4), boxes)
        export(ExportRequest(material, tmp_path / "report"), Progress())
    return tmp_path / "report"


def checked(folder: Path, subject: Path | None = None) -> Verification:
    return verify(folder, Progress(), subject)


def is_broken(folder: Path) -> bool:
    """Whether the record is no record any more, or its signature does not hold."""
    try:
        return checked(folder).signature.signer == "broken"
    except Problem as problem:
        return "damaged" in problem.what


def states(found: Verification) -> dict[str, str]:
    return {item.name: item.state for item in found.items}


def test_everything_holds(report: Path) -> None:
    found = checked(report)
    assert found.whole
    assert found.headline == "Everything holds."
    assert found.signature.signer == "own"
    files = {path.name for path in report.iterdir()}
    assert files - {"record.json"} <= states(found).keys()
    assert set(states(found).values()) == {"holds"}
    assert key.fingerprint(key.own_key().public_key()) in json.dumps(
        read_record(report / "record.json").said
    ) + (report / "report.json").read_text(encoding="utf-8")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_byte_that_was_changed_anywhere_is_named(report: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(report.iterdir())))
    content = path.read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    flip = data.draw(st.integers(1, 255))
    path.write_bytes(content[:at] + bytes([content[at] ^ flip]) + content[at + 1 :])
    try:
        if path.name == "record.json":
            assert is_broken(report)
        else:
            found = checked(report)
            assert [i.name for i in found.items if i.state == "changed"] == [path.name]
            assert path.name in found.headline
            assert not found.sound
    finally:
        path.write_bytes(content)


def test_what_is_gone_longer_or_new_is_named(report: Path) -> None:
    (report / "boxes.csv").unlink()
    with (report / "results.csv").open("a", encoding="utf-8") as file:
        file.write("1,2,3\n")
    (report / "letter.txt").write_text("of somebody", encoding="utf-8")
    found = checked(report)
    assert states(found) | {
        "boxes.csv": "missing",
        "results.csv": "changed",
        "letter.txt": "added",
    } == states(found)
    assert "boxes.csv" in found.headline
    assert "results.csv" in found.headline


def test_blanks_and_other_numbers_break_the_signature(report: Path) -> None:
    path = report / "record.json"
    content = path.read_text(encoding="utf-8")
    for other in (
        content + "\n",
        content.replace("  ", "   ", 1),
        content.replace('"complete": true', '"complete": 1'),
    ):
        path.write_text(other, encoding="utf-8")
        assert checked(report).signature.signer == "broken"


def test_the_signature_of_another_key(report: Path) -> None:
    """Unknown until the key is imported; taken over by whoever signs anew, never by changing a name."""
    other = Ed25519PrivateKey.generate()
    write_record(read_record(report / "record.json").said, report / "record.json", other)
    found = checked(report)
    assert found.signature.signer == "unknown"
    assert not found.sound
    assert "not known here" in found.headline
    key.trust(other.public_key(), "South")
    found = checked(report)
    assert (found.signature.signer, found.signature.name) == ("known", "South")
    assert found.whole


def test_a_record_cannot_have_us_look_at_other_files(report: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    said = json.loads(json.dumps(read_record(report / "record.json").said))
    said["files"][0]["name"] = "../secret"
    write_record(said, report / "record.json", key.own_key())
    item = next(i for i in checked(report).items if i.name == "../secret")
    assert (item.state, item.words) == ("missing", "does not lie in this folder")
    write_record({"schema": "parfocal-record", "schema_version": 1}, report / "record.json", key.own_key())
    with pytest.raises(Problem, match="does not say what a record says"):
        checked(report)


def test_the_slide_is_looked_for_and_may_be_pointed_to(
    report: Path, tissue_slide: Path, tmp_path: Path
) -> None:
    (paths.data() / "places.json").unlink()
    found = checked(report)
    assert found.sound
    assert not found.whole
    assert found.headline.startswith("Everything that could be checked holds")
    moved = tmp_path / "elsewhere" / "other name.tif"
    moved.parent.mkdir()
    shutil.copy(tissue_slide, moved)
    assert checked(report, moved).subject == moved
    assert checked(report).subject == moved  # and is remembered
    moved.write_bytes(moved.read_bytes()[:-4] + b"\0\0\0\1")
    found = checked(report)
    assert "was changed since it was analyzed" in str([i.words for i in found.items if i.kind == "slide"])
    assert not found.sound


def test_a_model_that_is_not_here_is_said(report: Path, tiny_model: Path) -> None:
    (paths.data() / "places.json").unlink()
    kinds = {item.kind: item.state for item in checked(report).items}
    assert kinds["model"] == "not checked"
    with pytest.raises(Problem):
        rerun(RerunRequest(report), Progress())


def test_another_card_beside_the_same_weights_is_a_change(
    report: Path, tiny_model: Path, tmp_path: Path
) -> None:
    from ml.zoo.bundle import write_bundle

    bundle = find(tiny_model)
    card = dataclasses.replace(bundle.card, limits="None at all.")
    other = write_bundle(card, tiny_model / "model.safetensors", tmp_path / "other")
    places.remember(bundle.card.weights_sha256, other.path)
    assert [i.state for i in checked(report).items if i.kind == "card"] == ["changed"]


def test_no_record_is_said(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no record"):
        checked(tmp_path)
    (tmp_path / "record.json").write_text("[1, 2", encoding="utf-8")
    with pytest.raises(Problem, match="damaged"):
        checked(tmp_path)


def test_run_again_gives_the_same_bits(report: Path) -> None:
    done = rerun(RerunRequest(report), Progress())
    assert done.same
    assert done.found == ()
    assert done.circumstances == ()
    assert [(one.what, one.different) for one in done.numbers] == [("Probabilities", 0), ("Grad-CAM", 0)]
    assert all(one.compared > 30 for one in done.numbers)


def test_differences_are_counted(report: Path, analysis: Analysis) -> None:
    """The stored numbers are made other ones, and signed anew: as if another device had made them."""
    lines = (report / "results.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[4] = str(np.float32(cells[4]) + np.float32(0.5))
    (report / "results.csv").write_text(
        "\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n", encoding="utf-8"
    )
    _sign_anew(report, lambda said: said["results"].update(scores_sha256="0" * 64))
    done = rerun(RerunRequest(report), Progress())
    assert not done.same
    assert not done.agrees
    assert done.numbers[0].different == 1
    assert done.numbers[0].largest == pytest.approx(0.5)
    assert done.numbers[1].same


def test_other_threads_stay_within_the_tolerance(report: Path) -> None:
    _sign_anew(report, lambda said: said["analysis"]["parameters"].update(threads=1, batch=3))
    done = rerun(RerunRequest(report), Progress())
    assert done.agrees


def _sign_anew(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    from ml.record.statement import file_facts

    said = json.loads(json.dumps(read_record(folder / "record.json").said))
    change(said)
    said["files"] = [file_facts(folder / one["name"], folder) for one in said["files"]]
    write_record(said, folder / "record.json", key.own_key())


def test_the_commands(report: Path, as_program: Program, tmp_path: Path) -> None:
    code, said, _ = as_program("verify", report)
    assert code == 0
    assert said[-1]["whole"] is True
    code, said, _ = as_program("rerun", report)
    assert (code, said[-1]["same"]) == (0, True)
    (report / "boxes.csv").unlink()
    code, said, _ = as_program("verify", report)
    assert code == 1
    assert "boxes.csv" in str(said[-1]["headline"])
    assert as_program("verify", tmp_path)[0] == 2
    assert as_program("keys", "export", tmp_path / "me.pem")[0] == 0
    assert as_program("keys", "import", tmp_path / "me.pem", "--name", "Me")[0] == 0
    code, said, _ = as_program("keys", "list")
    assert set(said[-1]) == {"event", "this installation", "Me"}


def test_a_series_is_verified_and_run_again(tmp_path: Path) -> None:
    """The report of CT names neither patient nor identifiers; its series is found by what is in its files."""
    folder = tmp_path / "Doe_Jane"
    write_heads(folder, patients=1, slices=5)
    series = find_series(folder).series[0]
    bundle = write_ct_bundle(tmp_path)
    analysis = analyze_ct(AnalyzeCtRequest(series, str(bundle.path), device="cpu"), Progress())
    assert analysis.cams
    export_ct(CtMaterial(series, analysis, bundle.card), tmp_path / "report", Progress())
    found = checked(tmp_path / "report")
    assert found.whole
    assert series.uid not in (tmp_path / "report" / "record.json").read_text(encoding="utf-8")
    done = rerun(RerunRequest(tmp_path / "report"), Progress())
    assert done.same
    assert [one.what for one in done.numbers] == ["Probabilities", "Grad-CAM"]
    assert done.circumstances == ()
    slice_ = series.slices[2].path
    slice_.write_bytes(slice_.read_bytes()[:-1] + b"\x7f")
    assert {i.kind: i.state for i in checked(tmp_path / "report").items}["series"] == "changed"
