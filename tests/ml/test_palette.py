"""Classes without colours of their own look the same wherever they are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ml.palette import CLASS_COLORS, class_color
from ml.report.ct_material import CtMaterial
from ml.report.ct_pdf import curves
from ml.results.ct_scores import CtPlanned
from ml.volume.series import read_series
from tests.ml.report.analyzed_ct import analyzed, ct_card
from viewer.panels import slice_curves
from viewer.state.ct_findings import CtFindings


def test_the_own_colour_comes_first_and_the_set_begins_anew_at_its_end() -> None:
    assert class_color(0, ((1, 2, 3),)) == (1, 2, 3)
    assert class_color(1, ((1, 2, 3),)) == CLASS_COLORS[1]
    assert class_color(len(CLASS_COLORS) + 2) == CLASS_COLORS[2]


def test_report_and_window_agree(real_data: Path) -> None:
    files = sorted((real_data / "ct" / "cranium_series").glob("*.dcm"))[:3]
    series, card = read_series(files).series[0], ct_card(colors=())
    analysis = analyzed(series, [[0.1, 0.6], [0.7, 0.1], [0.9, 0.3]], np.zeros((256, 256), np.float32))
    report = [line.color for line in curves(CtMaterial(series, analysis, card)).lines]
    planned = CtPlanned(np.arange(3), 3, card.class_names)
    window = CtFindings(planned, card, series)
    assert report == [slice_curves.class_color(window, n).name() for n in range(2)]
