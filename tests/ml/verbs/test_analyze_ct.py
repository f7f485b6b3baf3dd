"""A series from DICOM through a model of CT: answers, findings, maps on the slice's own pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ml.ct_picture import read_ct_picture
from ml.errors import ModelProblem, Problem
from ml.model.device import choose_device
from ml.model.network import load_network
from ml.progress import Progress, Step
from ml.results.ct_analysis import CtCam
from ml.results.ct_findings import find_ct
from ml.results.ct_scores import CtPart, CtPlanned, CtScores
from ml.verbs.analyze_ct import AnalyzeCtRequest, analyze_ct, explain_ct
from ml.volume.series import Series, find_series
from ml.zoo.bundle import Bundle
from tests.ml.train.test_scan_study import write_heads
from tests.ml.verbs.ct_bundle import write_ct_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_ct_bundle(tmp_path_factory.mktemp("ct"))


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Series:
    folder = tmp_path_factory.mktemp("heads")
    write_heads(folder, patients=1, slices=9)
    return find_series(folder).series[0]


def told(request: AnalyzeCtRequest) -> tuple[list[object], object]:
    parts: list[object] = []
    return parts, analyze_ct(request, Progress(on_part=parts.append))


def test_all_slices_are_answered_as_the_network_answers_one_alone(bundle: Bundle, series: Series) -> None:
    parts, analysis = told(AnalyzeCtRequest(series, str(bundle.path), device="cpu", batch=4))
    assert isinstance(parts[0], CtPlanned)
    assert parts[0].slices.tolist() == list(range(9))
    network = load_network(bundle, choose_device("cpu"))
    for number in range(9):
        stack = series.around(number, 1)
        alone = network.probabilities(read_ct_picture(stack, network.card.preparation)[0][None])[0]
        np.testing.assert_allclose(analysis.scores.values[number], alone, atol=1e-5)
    gathered = CtScores.empty(9, ("any", "left"))
    for part in parts:
        if isinstance(part, CtPart):
            gathered.put(part)
    np.testing.assert_array_equal(gathered.values, analysis.scores.values)
    assert analysis.complete
    assert analysis.provenance.slices == 9
    assert len(analysis.provenance.series_sha256) == 64


def test_the_spread_is_that_of_the_members(bundle: Bundle, series: Series) -> None:
    network = load_network(bundle, choose_device("cpu"))
    stack = series.around(3, 1)
    picture = read_ct_picture(stack, network.card.preparation)[0][None]
    values, spread = network.probabilities_and_spread(picture)
    with torch.inference_mode():
        members = [torch.sigmoid(m(network.prepared(picture))).numpy() for m in network.module.members]
    np.testing.assert_allclose(spread, np.abs(members[0] - members[1]), atol=1e-6)
    np.testing.assert_allclose(values, (members[0] + members[1]) / 2, atol=1e-6)
    assert spread.max() > 0


def test_every_finding_has_a_map_of_the_slices_size(bundle: Bundle, series: Series) -> None:
    parts, analysis = told(AnalyzeCtRequest(series, str(bundle.path), device="cpu"))
    findings = find_ct(analysis.scores, analysis.thresholds, series.uid)
    assert findings, "a threshold of 0.01 is passed"
    wanted = [(f.peak_slice, f.class_index) for f in findings]
    assert [(cam.slice_number, cam.class_index) for cam in analysis.cams] == wanted
    assert [part for part in parts if isinstance(part, CtCam)] == list(analysis.cams)
    for cam in analysis.cams:
        assert cam.values.shape == series.slices[0].size
        assert cam.values.min() >= 0
        assert cam.shown().max() <= 1
        request = AnalyzeCtRequest(series, str(bundle.path), device="cpu")
        again = explain_ct(request, cam.slice_number, cam.class_index)
        np.testing.assert_array_equal(again.values, cam.values)


def test_a_range_looks_at_its_slices_alone(bundle: Bundle, series: Series) -> None:
    whole = told(AnalyzeCtRequest(series, str(bundle.path), device="cpu"))[1]
    part = told(AnalyzeCtRequest(series, str(bundle.path), 2, 4, device="cpu", cam=False))[1]
    assert np.flatnonzero(part.scores.scored).tolist() == [2, 3, 4]
    np.testing.assert_allclose(part.scores.values[2:5], whole.scores.values[2:5], atol=1e-5)
    assert part.cams == ()
    with pytest.raises(Problem, match="Slices 3 to 20 are not all in this series of 9"):
        told(AnalyzeCtRequest(series, str(bundle.path), 2, 19, device="cpu"))


def test_a_stop_keeps_what_is_there(bundle: Bundle, series: Series) -> None:
    progress = Progress(on_part=lambda part: progress.stop() if isinstance(part, CtPart) else None)
    analysis = analyze_ct(AnalyzeCtRequest(series, str(bundle.path), device="cpu", batch=2), progress)
    assert np.flatnonzero(analysis.scores.scored).tolist() == [0, 1]
    assert not analysis.complete
    assert analysis.cams == ()


def test_a_slice_that_went_bad_is_named_and_the_rest_answered(bundle: Bundle, tmp_path: Path) -> None:
    write_heads(tmp_path, patients=1, slices=6)
    series = find_series(tmp_path).series[0]
    series.slices[2].path.write_bytes(b"nothing")
    analysis = told(AnalyzeCtRequest(series, str(bundle.path), device="cpu", batch=2))[1]
    assert np.flatnonzero(~analysis.scores.scored).tolist() == [1, 2, 3], "its neighbours need it"
    assert all(series.slices[2].path.name in note for note in analysis.notes[:3])
    assert analysis.complete


def test_files_that_went_before_the_maps_cost_the_maps_alone(bundle: Bundle, tmp_path: Path) -> None:
    write_heads(tmp_path, patients=1, slices=6)
    series = find_series(tmp_path).series[0]

    def take_away(step: Step) -> None:
        if step.phase == "Grad-CAM":
            for slice_ in series.slices:
                slice_.path.unlink(missing_ok=True)

    progress = Progress(on_step=take_away)
    analysis = analyze_ct(AnalyzeCtRequest(series, str(bundle.path), device="cpu"), progress)
    assert analysis.scores.scored.all()
    assert analysis.cams == ()
    found = find_ct(analysis.scores, analysis.thresholds, series.uid)
    assert len(analysis.notes) == len(found) > 0
    assert all(note.startswith("No Grad-CAM of slice") for note in analysis.notes)


def test_a_model_of_patches_is_refused(series: Series) -> None:
    with pytest.raises(ModelProblem, match="does not look at CT"):
        told(AnalyzeCtRequest(series, "cellularity", device="cpu"))
