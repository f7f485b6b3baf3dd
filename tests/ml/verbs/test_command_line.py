"""The command line as a person and a program use it: words, exit codes, no traces."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ml import __main__ as command_line
from ml import __version__
from ml.annotation.shapes import Shape
from ml.geometry import Rect, Spacing
from ml.progress import Progress
from ml.results.analysis import Analysis
from ml.results.scores import ScorePart
from ml.slide.slide import KnownSpacing
from ml.verbs.analyze import AnalyzeRequest, analyze
from ml.verbs.console import JsonTeller


@pytest.fixture
def parfocal_ml(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs the command in this process: exit code, stdout, stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["parfocal-ml", *map(str, words)])
        with pytest.raises(SystemExit) as caught:
            command_line.main()
        code = caught.value.code
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return int(code or 0), said.out, said.err

    return run


def test_models_come_and_are_shown(parfocal_ml, tiny_model: Path) -> None:
    code, out, _ = parfocal_ml("models", "check", tiny_model)
    assert (code, "sound" in out) == (0, True)
    code, out, _ = parfocal_ml("models", "install", tiny_model)
    assert (code, out.strip()) == (0, "Installed: ask for it with --model tiny.")
    code, out, _ = parfocal_ml("models", "list", "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["title"] for line in lines if line["name"] == "tiny"] == ["Tiny"]
    code, out, _ = parfocal_ml("models", "show", "tiny", "--json")
    shown = json.loads(out)
    assert (shown["name"], shown["class_names"]) == ("tiny", ["none", "some", "much"])
    code, out, _ = parfocal_ml("models", "list")
    assert "tiny  Tiny 1.0 (installed)" in out


def test_a_threshold_is_chosen_by_what_it_misses(parfocal_ml, tiny_model: Path, tmp_path: Path) -> None:
    """20 pictures with “much”, 0.05 to 1.00, and 10 without: of 20 one may be missed."""
    parfocal_ml("models", "install", tiny_model)
    lines = ["file,x,y,width,height,label,patient,none,some,much"]
    lines += [f"{n}.png,,,,,much,p{n},0,0,{(n + 1) / 20}" for n in range(20)]
    lines += [f"n{n}.png,,,,,none,q{n},0,0,{0.09 * n}" for n in range(10)]
    (tmp_path / "answers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    words = ("models", "threshold", "tiny", "--class", "much", "--answers", tmp_path / "answers.csv")
    code, out, _ = parfocal_ml(*words, "--missing", "5")
    assert (code, "misses 1 of 20, and falsely calls 8 of 10" in out) == (0, True)
    card = json.loads(parfocal_ml("models", "show", "tiny", "--json")[1])
    assert card["threshold"] == pytest.approx(0.1)
    assert card["shown_class"] == 2
    assert "is called from 0.3000 on." in parfocal_ml(*words[:5], "--at", "0.3")[1]
    code, _, err = parfocal_ml(*words[:5])
    assert (code, "either --at or --missing" in err) == (2, True)
    code, _, err = parfocal_ml(*words[:4], "fat", "--at", "0.3")
    assert (code, "knows no class" in err) == (2, True)


def test_a_model_is_deleted_when_somebody_says_so(parfocal_ml, tiny_model: Path) -> None:
    parfocal_ml("models", "install", tiny_model)
    code, out, _ = parfocal_ml("models", "delete", "tiny", "--yes")
    assert (code, "Deleted: tiny" in out) == (0, True)
    assert "tiny" not in parfocal_ml("models", "list")[1]
    code, _, err = parfocal_ml("models", "delete", "tiny", "--yes")
    assert (code, "no model named" in err) == (2, True)
    code, _, err = parfocal_ml("models", "delete", "cellularity", "--yes")
    assert (code, "comes with Parfocal" in err) == (2, True)


def test_a_model_goes_to_wsinfer_and_comes_back(parfocal_ml, tiny_model: Path, tmp_path: Path) -> None:
    code, out, _ = parfocal_ml("models", "export", tiny_model, "--as", "wsinfer", "--out", tmp_path / "zoo")
    assert (code, "same probabilities" in out) == (0, True)
    code, _, err = parfocal_ml("models", "export", tiny_model, "--as", "wsinfer", "--out", tmp_path / "zoo")
    assert (code, "is there already" in err) == (2, True)
    code, _, err = parfocal_ml("models", "export", tiny_model, "--as", "onnx", "--out", tmp_path / "x")
    assert (code, "--as wsinfer" in err) == (2, True)
    code, out, _ = parfocal_ml("models", "import", tmp_path / "zoo", "--name", "back", "--shown", "some")
    assert (code, "--model back" in out, "“some”" in out) == (0, True, True)
    code, out, _ = parfocal_ml("models", "list")
    assert "back  Tiny 1.0 (installed)" in out


def test_a_refused_model_is_two_lines_and_code_2(parfocal_ml, tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(b"x")
    code, out, err = parfocal_ml("models", "install", tmp_path / "net.pt")
    assert (code, out) == (2, "")
    what, remedy = err.splitlines()
    assert "may run code" in what
    assert remedy


def test_a_slide_says_what_it_is(parfocal_ml, tissue_slide: Path) -> None:
    code, out, _ = parfocal_ml("info", tissue_slide)
    assert code == 0
    assert "size: 1536 × 1280 px" in out
    assert "0.5 × 0.5 µm/px" in out
    assert str(tissue_slide.parent) not in out
    code, _, err = parfocal_ml("info", tissue_slide.parent / "none.svs")
    assert code == 2
    assert "none.svs" in err


def test_version(parfocal_ml) -> None:
    assert parfocal_ml("version")[1].strip() == f"parfocal: {__version__}"
    assert json.loads(parfocal_ml("version", "--json")[1]).keys() >= {"parfocal", "torch", "openslide"}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--region", "1,2,3"], "is not x,y,width,height"),
        (["--region", "1,2,3,-4"], "is not x,y,width,height"),
        (["--region", "1,2,nan,4"], "is not x,y,width,height"),
        (["--region", "1,2,3,4", "--outline", "a.geojson"], "Both --region and --outline"),
        (["--spacing", "0"], "not plausible"),
        (["--threshold", "2"], "not between 0 and 1"),
        (["--model", "unknown"], "no model named “unknown”"),
        (["--region", "90000,0,10,10"], "no part of the slide"),
    ],
)
def test_words_that_mean_nothing(
    parfocal_ml, tissue_slide: Path, tiny_model: Path, tmp_path: Path, words: list[str], reason: str
) -> None:
    out = tmp_path / "out"
    model = [] if "--model" in words else ["--model", tiny_model]
    code, said, err = parfocal_ml("analyze", tissue_slide, *model, "--out", out, *words)
    assert (code, said) == (2, "")
    assert reason in err
    assert not out.exists()


def test_results_that_are_there_are_not_replaced_unasked(
    parfocal_ml, tissue_slide: Path, tiny_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    code, _, err = parfocal_ml("analyze", tissue_slide, "--model", tiny_model, "--out", tmp_path)
    assert code == 2
    assert "is not empty" in err
    code, out, _ = parfocal_ml("analyze", tissue_slide, "--model", tiny_model, "--out", tmp_path, "--json")
    (failed,) = [json.loads(line) for line in out.splitlines()]
    assert (code, failed["event"]) == (2, "failed")
    assert "--overwrite" in failed["remedy"]


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    code = "import sys, ml.__main__; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "timm", "skimage", "scipy", "matplotlib", "reportlab"} & set(run.stdout.split())


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> list[Analysis]:
    """What is handed on to be written; nothing is written."""
    from ml.verbs import analyze_command

    handed_on: list[Analysis] = []

    def keep(_: object, __: object, analysis: Analysis) -> tuple[Path, ...]:
        handed_on.append(analysis)
        return (Path("scores.csv"),)

    monkeypatch.setattr(analyze_command, "_export", keep)
    return handed_on


def test_the_command_gives_the_numbers_of_the_verb(
    parfocal_ml, exported: list[Analysis], tissue_slide: Path, tiny_model: Path, tmp_path: Path
) -> None:
    words = ("--region", "150,60,900,800", "--device", "cpu", "--json")
    code, out, _ = parfocal_ml("analyze", tissue_slide, "--model", tiny_model, "--out", tmp_path, *words)
    assert code == 0
    region = Shape.rectangle(Rect(150, 60, 900, 800))
    wanted = analyze(AnalyzeRequest(tissue_slide, str(tiny_model), region, device="cpu"), Progress())
    np.testing.assert_array_equal(exported[0].scores.values, wanted.scores.values)
    events = [json.loads(line) for line in out.splitlines()]
    told = np.full_like(wanted.scores.values, np.nan)
    for event in events:
        if event["event"] == "scores":
            told[event["rows"], event["columns"]] = event["values"]
    np.testing.assert_allclose(told, wanted.scores.values, atol=1e-6)
    done = events[-1]
    assert (done["event"], done["patches"], done["files"]) == (
        "done",
        wanted.scores.grid.count,
        ["scores.csv"],
    )


def test_a_person_is_told_on_stderr(
    parfocal_ml, exported: list[Analysis], tissue_slide: Path, tiny_model: Path, tmp_path: Path
) -> None:
    words = ("--spacing", "0.25", "--cam", "none", "--batch", "5")
    code, out, err = parfocal_ml("analyze", tissue_slide, "--model", tiny_model, "--out", tmp_path, *words)
    assert (code, out) == (0, "")
    assert "background and skipped" in err
    assert "Done." in err
    made = exported[0].provenance
    assert made.spacing == KnownSpacing(Spacing.square(0.25), "given on the command line")
    assert made.parameters["batch"] == 5
    assert exported[0].cam is None


def test_ctrl_c_keeps_what_is_there(
    parfocal_ml,
    exported: list[Analysis],
    monkeypatch: pytest.MonkeyPatch,
    tissue_slide: Path,
    tiny_model: Path,
    tmp_path: Path,
) -> None:
    real = JsonTeller.part

    def press(self: JsonTeller, part: object) -> None:
        real(self, part)
        if isinstance(part, ScorePart):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(JsonTeller, "part", press)
    words = ("--batch", "4", "--json")
    code, out, _ = parfocal_ml("analyze", tissue_slide, "--model", tiny_model, "--out", tmp_path, *words)
    assert code == 130
    assert json.loads(out.splitlines()[-1])["event"] == "stopped"
    assert exported[0].scores.scored.sum() == 4
    assert not exported[0].complete
