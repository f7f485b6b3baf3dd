"""From a request to an analysis: what is told, what comes back, what is kept, what stops it."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from ml.annotation.shapes import Shape
from ml.errors import ModelProblem, Problem, SlideGone, SpacingUnknown
from ml.geometry import Point, Rect, Spacing
from ml.infer.loader import Batch, PatchLoader
from ml.progress import Progress, Step
from ml.results.analysis import BrokenOff
from ml.results.cam import CamMap, CamPart
from ml.results.scores import Planned, ScorePart, Scores
from ml.slide.slide import KnownSpacing
from ml.verbs import loaded
from ml.verbs.analyze import AnalyzeRequest, analyze, explain_patches, forget, warm_up

REGION = Shape.rectangle(Rect(150, 60, 900, 800))


@pytest.fixture
def request_(tissue_slide: Path, tiny_model: Path) -> AnalyzeRequest:
    return AnalyzeRequest(tissue_slide, str(tiny_model), REGION, device="cpu")


class Told:
    """Everything that a run tells."""

    def __init__(self) -> None:
        self.parts: list[object] = []
        self.steps: list[Step] = []
        self.progress = Progress(self.steps.append, self.parts.append)

    def of(self, kind: type) -> list:
        return [part for part in self.parts if isinstance(part, kind)]


def test_what_is_told_adds_up_to_what_comes_back(request_: AnalyzeRequest) -> None:
    told = Told()
    analysis = analyze(request_, told.progress)
    (planned,) = told.of(Planned)
    (cam,) = told.of(CamMap)
    assert told.parts[0] is planned
    kinds = [type(part) for part in told.parts[1:]]
    assert kinds == sorted(kinds, key=[ScorePart, CamMap, CamPart].index)
    scores = Scores.empty(planned.grid, planned.class_names)
    for part in told.of(ScorePart):
        scores.put(part)
    np.testing.assert_array_equal(scores.values, analysis.scores.values)
    assert np.isnan(cam.values).all()
    for part in told.of(CamPart):
        cam.put(part)
    assert analysis.cam is not None
    np.testing.assert_array_equal(cam.values, analysis.cam.values)
    np.testing.assert_array_equal(analysis.scores.scored, planned.grid.kept)
    assert analysis.complete
    last = [step for step in told.steps if step.total][-1]
    assert (last.phase, last.done, last.total) == ("Grad-CAM", planned.grid.count, planned.grid.count)
    assert {step.phase for step in told.steps} >= {"Loading the model", "Finding tissue", "Scoring patches"}


def test_a_slide_that_went_leaves_what_was_scored(
    request_: AnalyzeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = analyze(dataclasses.replace(request_, cam="none"), Progress())
    told: list[ScorePart] = []

    def broken(self: PatchLoader) -> Iterator[Batch]:
        for number, batch in enumerate(iterated(self)):
            if number == 2:
                raise SlideGone("slide.tif does not answer any more.", "Try again.")
            yield batch

    iterated = PatchLoader.__iter__
    monkeypatch.setattr(PatchLoader, "__iter__", broken)
    progress = Progress(on_part=lambda part: told.append(part) if isinstance(part, ScorePart) else None)
    with pytest.raises(BrokenOff, match="does not answer") as caught:
        analyze(dataclasses.replace(request_, cam="none", batch=2), progress)
    kept = caught.value.analysis
    assert not kept.complete
    assert "slide.tif does not answer any more. Try again." in kept.notes
    assert kept.scores.scored.sum() == sum(len(part.rows) for part in told) == 4
    scored = kept.scores.scored
    np.testing.assert_allclose(kept.scores.values[scored], whole.scores.values[scored], atol=1e-5)


def test_glass_is_skipped_and_tissue_is_not(request_: AnalyzeRequest) -> None:
    whole = analyze(dataclasses.replace(request_, region=None, cam="none"), Progress())
    grid = whole.scores.grid
    x, y = grid.centers()
    tissue = (x > 264) & (x < 1160) & (y > 164) & (y < 1060)
    glass = (x < 60) | (x > 1360) | (y > 1240)
    assert glass.any()
    assert not (grid.kept & glass).any()
    assert grid.kept[tissue].all()
    assert grid.skipped_share > 0.1
    assert analyze(
        dataclasses.replace(request_, region=None, cam="none", least_tissue=0), Progress()
    ).scores.scored.all()


def test_scores_are_those_of_the_patch_read_alone(request_: AnalyzeRequest) -> None:
    from ml.geometry import Size
    from ml.model.device import Device
    from ml.model.network import load_network
    from ml.slide.opening import open_slide
    from ml.slide.region import read_region
    from ml.zoo.bundle import open_bundle

    analysis = analyze(request_, Progress())
    network = load_network(open_bundle(Path(request_.model)), Device("cpu", "CPU"))
    grid = analysis.scores.grid
    with open_slide(request_.slide) as slide:
        for row, column in [(0, 1), (3, 3), (5, 6)]:
            patch = read_region(slide, grid.rect(row, column), Size(128, 128))
            np.testing.assert_allclose(
                network.probabilities(patch[None])[0], analysis.scores.values[row, column], atol=1e-5
            )
    assert np.nanstd(analysis.scores.values[..., 2]) > 0.02


@pytest.mark.parametrize("changes", [{"batch": 1}, {"batch": 7}, {"reader_threads": 3}, {"cam": "none"}])
def test_numbers_do_not_depend_on_how_it_was_computed(
    request_: AnalyzeRequest, changes: dict[str, object]
) -> None:
    one = analyze(request_, Progress())
    other = analyze(dataclasses.replace(request_, **changes), Progress())  # type: ignore[arg-type]
    np.testing.assert_allclose(other.scores.values, one.scores.values, atol=1e-5)
    if other.cam is not None and one.cam is not None:
        np.testing.assert_allclose(other.cam.values, one.cam.values, rtol=1e-3, atol=1e-5 * one.cam.scale)


def test_equal_requests_give_equal_numbers(request_: AnalyzeRequest) -> None:
    one, other = analyze(request_, Progress()), analyze(request_, Progress())
    np.testing.assert_array_equal(one.scores.values, other.scores.values)
    assert one.cam is not None
    assert other.cam is not None
    np.testing.assert_array_equal(one.cam.values, other.cam.values)


def test_grad_cam_of_found_patches_only(request_: AnalyzeRequest) -> None:
    analysis = analyze(dataclasses.replace(request_, cam="found", cam_class=1), Progress())
    everything = analyze(dataclasses.replace(request_, cam_class=1), Progress())
    assert analysis.cam is not None
    assert everything.cam is not None
    assert analysis.cam.class_index == 1
    found = analysis.scores.values[..., 1] >= 0.5
    assert found.any()
    assert (analysis.scores.scored & ~found).any()
    shown = ~np.isnan(analysis.cam.values[:: analysis.cam.cells, :: analysis.cam.cells])
    np.testing.assert_array_equal(shown, found)
    there = ~np.isnan(analysis.cam.values)
    np.testing.assert_array_equal(analysis.cam.values[there], everything.cam.values[there])


def test_clicked_patches_look_as_in_the_analysis(request_: AnalyzeRequest) -> None:
    analysis, told = analyze(request_, Progress()), Told()
    clicked = explain_patches(request_, ((2, 3), (4, 1)), told.progress)
    assert analysis.cam is not None
    there = ~np.isnan(clicked.values)
    k = clicked.cells
    assert there.sum() == 2 * k * k
    assert there[2 * k : 3 * k, 3 * k : 4 * k].all()
    np.testing.assert_allclose(
        clicked.values[there], analysis.cam.values[there], rtol=1e-3, atol=1e-5 * analysis.cam.scale
    )
    assert [type(part) for part in told.parts] == [CamMap, CamPart]
    with pytest.raises(IndexError):
        explain_patches(request_, ((0, 99),))


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_stop_takes_effect_within_one_batch_and_keeps_what_is_there(
    request_: AnalyzeRequest, after: int
) -> None:
    parts: list[ScorePart] = []

    def take(part: object) -> None:
        if isinstance(part, ScorePart):
            parts.append(part)
            if len(parts) == after:
                progress.stop()

    progress = Progress(on_part=take)
    analysis = analyze(dataclasses.replace(request_, batch=4), progress)
    assert not analysis.complete
    assert len(parts) == after
    assert analysis.scores.scored.sum() == 4 * after
    assert analysis.cam is not None
    assert (~np.isnan(analysis.cam.values)).sum() == 4 * after * analysis.cam.cells**2
    whole = analyze(dataclasses.replace(request_, batch=4), Progress()).scores.values
    scored = analysis.scores.scored
    np.testing.assert_array_equal(analysis.scores.values[scored], whole[scored])


def test_out_of_memory_halves_the_batch_and_says_so(
    request_: AnalyzeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ml.model.network import Network

    wanted = analyze(dataclasses.replace(request_, cam="none"), Progress())
    real = Network.prepared

    def small(self: Network, patches: np.ndarray) -> torch.Tensor:
        if len(patches) > 5:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(self, patches)

    monkeypatch.setattr(Network, "prepared", small)
    for cam in ("none", "all"):
        told = Told()
        analysis = analyze(dataclasses.replace(request_, cam=cam), told.progress)  # type: ignore[arg-type]
        np.testing.assert_allclose(analysis.scores.values, wanted.scores.values, atol=1e-5)
        assert analysis.notes == ("The batch was halved to 4: the memory of CPU did not suffice.",)
        assert [step.note for step in told.steps if step.note] == list(analysis.notes)
        assert analysis.provenance.parameters["batch"] == 4


def test_the_record(request_: AnalyzeRequest) -> None:
    analysis = analyze(request_, Progress())
    made = analysis.provenance
    weights = (Path(request_.model) / "model.safetensors").read_bytes()
    assert made.slide_name == "tissue.tif"
    assert made.slide_sha256 == hashlib.sha256(request_.slide.read_bytes()).hexdigest()
    assert made.model_sha256 == hashlib.sha256(weights).hexdigest()
    assert (made.model_name, made.model_version) == ("tiny", "1.0")
    assert made.device.startswith("CPU")
    assert made.versions.keys() >= {"parfocal", "torch", "timm", "grad-cam", "numpy", "openslide"}
    assert made.versions["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert made.parameters["patch_size_level0"] == [128, 128]
    assert "saturation" in str(made.parameters["tissue"])
    assert str(request_.slide.parent) not in repr(made)
    assert analysis.region == REGION


def test_the_spacing_is_asked_for_and_never_guessed(request_: AnalyzeRequest, tmp_path: Path) -> None:
    from PIL import Image
    from skimage.data import immunohistochemistry

    path = tmp_path / "plain.png"
    Image.fromarray(immunohistochemistry()).save(path)
    plain = dataclasses.replace(request_, slide=path, region=None)
    with pytest.raises(SpacingUnknown) as caught:
        analyze(plain, Progress())
    assert "µm" in caught.value.remedy
    typed = KnownSpacing(Spacing.square(0.25), "typed by the reader")
    analysis = analyze(dataclasses.replace(plain, spacing=typed), Progress())
    assert analysis.provenance.spacing == typed
    assert analysis.scores.grid.patch.width == 256  # 128 px of 0.5 µm
    assert analysis.scores.grid.columns == 2


def test_an_outline_chooses_patches_by_their_centre(request_: AnalyzeRequest) -> None:
    triangle = Shape.outline((Point(200, 100), Point(1200, 100), Point(200, 1100)))
    analysis = analyze(dataclasses.replace(request_, region=triangle, least_tissue=0, cam="none"), Progress())
    x, y = analysis.scores.grid.centers()
    np.testing.assert_array_equal(analysis.scores.scored, triangle.holds(x, y))
    assert 0 < analysis.scores.scored.mean() < 1


@pytest.mark.parametrize(
    ("changes", "kind", "what"),
    [
        ({"slide": Path("missing.svs")}, Problem, "missing.svs"),
        ({"model": "no-such-model"}, ModelProblem, "no-such-model"),
        ({"device": "abacus"}, ModelProblem, "abacus"),
        ({"cam_class": 3}, Problem, "no class number 3"),
        ({"region": Shape.rectangle(Rect(5000, 5000, 100, 100))}, Problem, "no part of the slide"),
    ],
)
def test_problems_say_what(
    request_: AnalyzeRequest, changes: dict[str, object], kind: type[Problem], what: str
) -> None:
    before = threading.active_count()
    with pytest.raises(kind) as caught:
        analyze(dataclasses.replace(request_, **changes), Progress())  # type: ignore[arg-type]
    assert what in caught.value.what
    assert caught.value.remedy
    assert threading.active_count() == before


def test_a_loaded_model_is_kept_until_it_is_forgotten(
    request_: AnalyzeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ml.infer import ready

    forget()
    made: list[object] = []
    real = ready.make_ready
    monkeypatch.setattr(ready, "make_ready", lambda *a: made.append(real(*a)) or made[-1])
    warm_up(request_.model, "cpu")
    analyze(request_, Progress())
    explain_patches(request_, ((1, 1),))
    assert len(made) == 1
    assert loaded.ready_model(request_.model, "cpu") is made[0]
    forget()
    assert loaded.ready_model(request_.model, "cpu") is not made[0]
    forget()
