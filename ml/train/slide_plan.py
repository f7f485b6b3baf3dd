"""What a recipe says of slides with one label each: which tiles, how slides are answered, what comes before.

They belong to `ml.train.study_recipe.StudyRecipe`; every field is explained here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Pooling = Literal["mean", "top", "attention"]


@dataclass(frozen=True)
class TileRule:
    """Which tiles of a slide are looked at. Tiles lie edge to edge from the slide's corner, whole ones only.

    "dark" is the clot study's rule: little light and much contrast. Published it is mean < 200 and standard
    deviation > 50 over all four channels of RGBA. With opaque pixels that mean is (3 m + 255) / 4, so it asks
    for m < 181.7 on RGB. Alpha spreads the values too: at that mean the deviation asks for 44.6 on RGB, and
    of tiles with m < 139.5 for nothing, so that even black ones pass. `over = "rgb"` asks the pixels alone.
    """

    edge: int = 0  # level-0 px of a tile (512 as published); 0: network.size at network.spacing
    choose: Literal["dark", "tissue", "both"] = "dark"  # tissue: the mask of ml.tissue
    over: Literal["rgb", "rgba"] = "rgb"  # what mean and deviation are of; rgba: as published
    mean: float = 181.7  # 0..255; darker tiles are taken (200 over rgba, as published)
    deviation: float = 44.6  # 0..255; tiles with more are taken (50 over rgba, as published)
    tissue: float = 0.5  # share of tissue below which a tile is left out, with "tissue" and "both"
    most: int = 16  # tiles a slide at most, spread evenly over it; 0: all that pass
    least: int = 4  # where fewer pass, the darkest of the others fill up; 0: such a slide stops the run
    seed: int = 17


@dataclass(frozen=True)
class LabelledSlides:
    """Slides and the table that gives each one label; tiles take the label of their slide.

    The columns are by default those of the stroke-clot challenge (`train.csv`: image_id, center_id,
    patient_id, image_num, label). A table with file, label and group is read by naming those. A `note.txt`
    beside the table is told with every figure: that a cohort is composed, for one.
    """

    name: str
    path: str  # a folder of slides, relative to --data
    table: str = "train.csv"  # relative to `path`
    file: str = "image_id"  # column: the slide, relative to the table
    ending: str = ".tif"  # added to a name that has none
    label: str = "label"  # column
    group: str = "patient_id"  # column of the patient; empty: each slide alone
    site: str = "center_id"  # column of hospital or scanner, where there is one; empty: none
    rename: Mapping[str, str] = field(default_factory=dict)  # labels of the table: our classes
    leave_out: tuple[str, ...] = ()  # labels of the table whose slides are not used
    spacing: float = 0.0  # µm/px; 0: what the file says. Not needed where tiles.edge is given
    licence: str = ""


@dataclass(frozen=True)
class Aggregation:
    """How the tiles of a slide give one answer; the patient's is the mean over his slides."""

    ways: tuple[Pooling, ...] = ("mean", "top", "attention")  # all are reported; the first one is handed in
    top: float = 0.25  # share of a slide's tiles that count with "top": the likeliest of each class
    features: Literal["begun", "learned"] = "begun"  # what attention weighs: before or after fine-tuning
    hidden: int = 64  # width of the attention network
    epochs: int = 60  # of the attention network; the best is chosen on the side to choose on
    rate: float = 1e-3
    decay: float = 1e-2
    dropout: float = 0.25


@dataclass(frozen=True)
class Contrast:
    """How the backbone is taught before the task itself: supervised metric learning (Khosla et al. 2020)."""

    epochs: int = 10
    batch: int = 64  # friends and strangers of a picture are those of its batch
    rate: float = 1e-3
    decay: float = 1e-6
    temperature: float = 0.07
    width: int = 128  # of the projection that is thrown away afterwards; 0: none, as published
