"""Everything that a report is made from, without a network: real tissue, made-up scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.data import immunohistochemistry

from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect, Size, Spacing
from ml.patches import PatchGrid
from ml.report.material import LayerSettings, Material
from ml.results.analysis import Analysis, Provenance
from ml.results.boxes import BoxRule, find_boxes
from ml.results.cam import CamMap
from ml.results.scores import Scores
from ml.slide.slide import KnownSpacing, Slide
from ml.zoo.card import ModelCard

SIZE = Size(1024, 768)
SPACING = Spacing(0.5, 0.5)
NAMES = ("none", "some, “few”", "much & more")

CARD = ModelCard(
    name="tiny",
    title="Tiny <model>",
    version="1.2",
    architecture="test_resnet",
    class_names=NAMES,
    patch_pixels=64,
    spacing=0.5,
    mean=(0.5, 0.5, 0.5),
    std=(0.25, 0.25, 0.25),
    weights_sha256="ab" * 32,
    shown_class=2,
    colors=((220, 220, 220), (230, 159, 0), (0, 114, 178)),
    summary="Says how much there is.",
    limits="Only a test.",
    metrics={"kappa": 0.8123, "confusion": [[1, 2], [3, 4]]},
)

PROVENANCE = Provenance(
    slide_name="/home/Doe, Jane (1950)/Straße 見.svs",
    slide_sha256="cd" * 32,
    slide_size=SIZE,
    spacing=KnownSpacing(SPACING, "the file"),
    model_name="tiny",
    model_version="1.2",
    model_sha256="ab" * 32,
    device="CPU (no CUDA device found)",
    started="2026-03-01T10:00:00+01:00",
    seconds=12.5,
    parameters={"batch": 8, "weights": "/home/Doe, Jane (1950)/m.safetensors", "shares": np.float32([0.5])},
    versions={"torch": "2.6.0"},
)


def field(grid: PatchGrid) -> NDArray[np.float32]:
    """Smooth probabilities of three classes that add up to one; NaN where no patch is kept."""
    row, column = np.mgrid[: grid.rows, : grid.columns]
    much = 0.5 + 0.5 * np.sin(row / 1.7) * np.cos(column / 2.3)
    some = (1 - much) * 0.7
    values = np.stack([1 - much - some, some, much], axis=-1).astype(np.float32)
    values[~grid.kept] = np.nan
    return values


@pytest.fixture
def make_material(array_slide: Callable[..., Slide]) -> Callable[..., Material]:
    """Makes a `Material`: a region by default, the whole slide for `region=None`; patches of `patch` px."""
    tissue = np.tile(immunohistochemistry(), (2, 2, 1))[: SIZE.height, : SIZE.width]
    ring = tuple(Point(x, y) for x, y in [(90, 80), (800, 60), (900, 600), (500, 700), (100, 500)])

    def make(
        region: Shape | None = Shape((ring,)),  # noqa: B008 - it is frozen
        patch: int = 64,
        rule: BoxRule = BoxRule(2, 0.7),  # noqa: B008
        verdicts: tuple[str, ...] = ("accepted", "rejected", "open"),
        scored: float = 1.0,
        values: NDArray[np.float32] | None = None,
        with_cam: bool = True,
        **analysis: object,
    ) -> Material:
        outline = region or Shape.rectangle(Rect.of_size(SIZE))
        grid = PatchGrid.over(outline, SIZE, Size(patch, patch), 64, lambda rects: rects[:, 0] % 3 / 2, 0.1)
        made = field(grid) if values is None else values
        made[round(grid.rows * scored) :] = np.nan
        scores = Scores(grid, NAMES, made)
        cam = CamMap.empty(grid, 2, 4)
        cam.values[:] = np.kron(made[..., 2] * 3, np.ones((4, 4)))
        boxes = find_boxes(scores, rule, SPACING)
        return Material(
            slide=array_slide(tissue),
            analysis=Analysis(region, scores, cam if with_cam else None, PROVENANCE, **analysis),
            card=CARD,
            layers=LayerSettings(rule.class_index, rule.threshold),
            boxes=boxes,
            verdicts={box.key: verdicts[n % len(verdicts)] for n, box in enumerate(boxes)},
            annotations=(Annotation(Shape.rectangle(Rect(5, 5, 50, 40)), "Mine", "Necrosis"),),
            comment="Dense <b>here</b> & there.",
        )

    return make


@pytest.fixture
def material(make_material: Callable[..., Material]) -> Material:
    """A region with boxes of every verdict."""
    made = make_material()
    assert {made.verdict(box) for box in made.boxes} == {"accepted", "open", "rejected"}
    return made
