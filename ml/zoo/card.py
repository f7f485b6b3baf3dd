"""The card of a model: what travels with the weights, and the only place where preprocessing is written down.

`model.json` holds the keys of the WSInfer zoo (schema 1.0) at the top and Parfocal's own facts under
"parfocal", so that a WSInfer program can read it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ml.geometry import Size, Spacing, to_pixel
from ml.preparation import Preparation
from ml.zoo.familiarity import Familiarity
from ml.zoo.grouping import Grouping
from ml.zoo.lineage import Lineage


@dataclass(frozen=True)
class ModelCard:
    """Everything about a model except its weights. Checked when it is read: see `ml.zoo.bundle`."""

    name: str  # identifies it on the command line: "cellularity"
    title: str  # for a person: "Cellularity"
    version: str
    architecture: str  # a timm model name; of TorchScript only what it is called
    class_names: tuple[str, ...]
    patch_pixels: int  # edge of the square patch that the network sees
    spacing: float  # µm/px of that patch
    mean: tuple[float, ...]  # of each channel in 0..1: RGB, unless `preparation` says otherwise
    std: tuple[float, ...]
    weights_sha256: str
    weights: Literal["safetensors", "torchscript"] = "safetensors"  # the second: network and numbers in one
    architecture_options: Mapping[str, object] = field(
        default_factory=dict
    )  # keyword arguments of create_model
    output: Literal["softmax", "sigmoid"] = "softmax"
    architectures: tuple[str, ...] = ()  # of each member, where they differ; empty: all are `architecture`
    members: int = 1  # networks whose probabilities are averaged; their weights lie in one file
    temperature: float = 1.0  # logits are divided by it (Guo et al. 2017); fitted on data to choose on
    reading: Literal["blocks", "wsinfer"] = "blocks"  # of patches: see `ml.infer.patch_reading`
    preparation: Preparation | None = None  # of whole pictures; None: patches of slides at `spacing`
    familiarity: Familiarity | None = None  # how it knows what is unlike its training data; None: it does not
    cam_layer: str = ""  # dotted name of the layer that Grad-CAM looks at
    shown_class: int = 0  # the class shown first in the heatmap
    stride_pixels: int = 0  # from one patch to the next, where they overlap: a whole part of `patch_pixels`
    threshold: float = 0.5  # operating threshold for that class
    thresholds: tuple[float, ...] = ()  # of each class that stands on its own; empty: 0.5
    grouping: tuple[Grouping, ...] = ()  # of each class, where boxes were learned; empty: none is chosen
    colors: tuple[tuple[int, int, int], ...] = ()  # one a class, colour-blind safe
    summary: str = ""  # one sentence for a pathologist
    intended_use: str = ""
    stain: str = ""
    training_data: str = ""
    labels: str = ""  # how the labels were made
    limits: str = ""
    licence: str = ""
    metrics: Mapping[str, object] = field(default_factory=dict)  # held-out figures, by name
    command: str = ""  # the exact command that trained it
    lineage: Lineage = field(
        default_factory=Lineage
    )  # the models, the data and the recipe that it comes from

    @property
    def looks_at_ct(self) -> bool:
        """Whether it wants slices in Hounsfield units."""
        return self.preparation is not None and bool(self.preparation.windows)

    @property
    def read_as(self) -> Preparation | Literal["blocks", "wsinfer"]:
        """How what it looks at is read: a whole picture as it was prepared, or patches of slides."""
        return self.preparation or self.reading

    @property
    def reach(self) -> int:
        """Cells along the edge of a patch, where results are told by cells of `stride_pixels`; else 1."""
        return self.patch_pixels // self.stride_pixels if self.stride_pixels else 1

    def cell_on(self, spacing: Spacing) -> Size:
        """Size in level-0 px of what one result is told of: a patch, or the cells that patches overlap on."""
        edge_um = (self.stride_pixels or self.patch_pixels) * self.spacing
        return Size(max(1, to_pixel(edge_um / spacing.x)), max(1, to_pixel(edge_um / spacing.y)))

    def size_on(self, spacing: Spacing) -> Size:
        """Size of one patch in level-0 px of a slide with this spacing (WSInfer's rounding, per axis)."""
        edge_um = self.patch_pixels * self.spacing
        return Size(max(1, to_pixel(edge_um / spacing.x)), max(1, to_pixel(edge_um / spacing.y)))
