"""A model that knows its training data: before a run, in its result, on the command line, in its files."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import retina

from ml.annotation.shapes import Shape
from ml.errors import SpacingUnknown
from ml.geometry import Rect, Spacing
from ml.progress import Cancelled, Progress
from ml.slide.slide import KnownSpacing
from ml.verbs.analyze import AnalyzeRequest, analyze, foretaste
from ml.verbs.analyze_command import AnalyzeWords, run_command
from ml.verbs.console import JsonTeller

HALF = KnownSpacing(Spacing.square(0.5), "the test")
TISSUE = Shape.rectangle(Rect(200, 100, 1024, 1024))


@pytest.fixture
def familiar(tissue_slide: Path, familiar_model: Path) -> AnalyzeRequest:
    return AnalyzeRequest(tissue_slide, str(familiar_model), TISSUE, device="cpu", cam="none")


@pytest.fixture
def strange(tmp_path: Path, familiar_model: Path) -> AnalyzeRequest:
    """Another kind of picture: an eye's ground."""
    Image.fromarray(retina()[300:1100, 300:1100]).save(tmp_path / "eye.png")
    return AnalyzeRequest(tmp_path / "eye.png", str(familiar_model), None, HALF, device="cpu", cam="none")


def test_a_handful_tells_before_the_run(familiar: AnalyzeRequest, strange: AnalyzeRequest) -> None:
    like, unlike = foretaste(familiar), foretaste(strange)
    assert like is not None
    assert like.patches == 12
    assert not like.is_warning
    assert unlike is not None
    assert unlike.unlike == unlike.patches == 12
    assert unlike.is_warning
    assert foretaste(strange, most=5) == replace(unlike, unlike=5, patches=5)


def test_the_result_says_how_much_is_unlike(familiar: AnalyzeRequest, strange: AnalyzeRequest) -> None:
    like, unlike = analyze(familiar, Progress()).scores, analyze(strange, Progress()).scores
    assert like.strangeness is not None
    np.testing.assert_array_equal(~np.isnan(like.strangeness), like.scored)
    assert like.likeness is not None
    assert like.likeness.share < 0.1
    assert unlike.likeness is not None
    assert unlike.likeness.share > 0.9
    assert "of the patches are unlike what this model was trained on" in unlike.likeness.in_words()


def test_grad_cam_changes_nothing_of_it(strange: AnalyzeRequest) -> None:
    plain, with_cam = (analyze(replace(strange, cam=cam), Progress()).scores for cam in ("none", "all"))  # type: ignore[arg-type]
    assert plain.strangeness is not None
    np.testing.assert_allclose(with_cam.strangeness, plain.strangeness, rtol=1e-3)


def test_other_models_say_nothing(familiar: AnalyzeRequest, tiny_model: Path) -> None:
    plain = replace(familiar, model=str(tiny_model))
    assert foretaste(plain) is None
    assert analyze(plain, Progress()).scores.likeness is None


def test_glass_alone_is_no_warning(familiar: AnalyzeRequest) -> None:
    found = foretaste(replace(familiar, region=Shape.rectangle(Rect(1280, 1140, 200, 120))))
    assert found is not None
    assert found.patches == 0
    assert not found.is_warning


def test_it_can_be_stopped_and_asks_for_the_pixel_size(strange: AnalyzeRequest) -> None:
    progress = Progress()
    progress.stop()
    with pytest.raises(Cancelled):
        foretaste(strange, progress)
    with pytest.raises(SpacingUnknown):
        foretaste(replace(strange, spacing=None))


def test_the_command_line_says_it_and_the_files_hold_it(
    strange: AnalyzeRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = AnalyzeWords(strange.slide, strange.model, out, spacing=0.5, device="cpu", cam="none")
    assert run_command(words, JsonTeller()) == 0
    done = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert done["event"] == "done"
    assert done["unlike_training_data"] == 1.0
    assert done["unlike_warning"] is True
    assert "do not rely" in done["unlike_in_words"]
    told = json.loads((out / "report.json").read_text(encoding="utf-8"))["likeness"]
    assert told["warning"] is True
    assert told["in_words"] == done["unlike_in_words"]
    with (out / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert min(float(row["strangeness"]) for row in rows) > 1


def test_files_of_other_models_stay_as_they_were(
    strange: AnalyzeRequest, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = AnalyzeWords(strange.slide, str(tiny_model), out, spacing=0.5, device="cpu", cam="none")
    assert run_command(words, JsonTeller()) == 0
    assert "unlike" not in capsys.readouterr().out.splitlines()[-1]
    assert "likeness" not in json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert "strangeness" not in (out / "results.csv").read_text(encoding="utf-8").splitlines()[0]
