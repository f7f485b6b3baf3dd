"""A recipe: everything that decides what a training run does, read from a TOML file.

Every field is explained here, with its unit and why it is there. A key that is not known is an error: a
mistyped option must never be ignored in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ml.train.toml_values import read_toml

Side = Literal["fit", "choose", "report"]
SIDES: tuple[Side, ...] = ("fit", "choose", "report")


@dataclass(frozen=True)
class Classes:
    """What is told apart."""

    names: tuple[str, ...]  # in rising order
    bounds: tuple[float, ...]  # nuclei a mm²: where each class but the first begins
    colors: tuple[tuple[int, int, int], ...]  # RGB, one a class, colour-blind safe
    shown: int  # the class that the heatmap shows first
    counting_error: float = 0.15  # relative; a count near a bound gets both labels, in proportion


@dataclass(frozen=True)
class NetworkPlan:
    """The network, as the bundle's card will name it."""

    architecture: str  # a timm name
    patch: int  # px, edge of what it sees
    spacing: float  # µm/px of that
    options: Mapping[str, Any] = field(default_factory=dict)  # keyword arguments of timm's create_model
    mean: tuple[float, float, float] = (0.7, 0.6, 0.7)  # of RGB in 0..1; stained tissue is bright
    std: tuple[float, float, float] = (0.2, 0.2, 0.2)
    cam_layer: str = ""  # the layer that Grad-CAM looks at
    place_layer: str = ""  # the layer that is also taught where the nuclei are


@dataclass(frozen=True)
class Source:
    """Pictures or a slide. `path` is relative to the folder given with --data.

    `side` "split" divides a folder of pictures by group; the others put all of it on one side.
    """

    name: str
    path: str
    kind: Literal["pictures", "slide", "package"]  # "package": a picture that scikit-image brings
    side: Literal["fit", "choose", "report", "split"]
    spacing: float = 0.0  # µm/px; 0: what the file says
    group: str = ""  # column of labels.csv that must not be torn apart
    most: int = 0  # pictures of a slide at most, spread evenly; 0: all
    step: float = 1.0  # from one picture of a slide to the next, in edges; below 1 they overlap
    weight: float = 1.0  # how often its pictures are drawn, over their share of all pictures
    licence: str = ""


@dataclass(frozen=True)
class Stage:
    """Some epochs with pictures of one size. Small ones first cost a third of the time."""

    epochs: int
    edge: int  # px of the squares that are shown to the network
    zoom: tuple[float, float]  # squares are cut this many times as large, then resized: other nuclear sizes
    rate: float  # highest learning rate of AdamW; it falls to a hundredth by a half cosine over the stage


@dataclass(frozen=True)
class Fit:
    """How the network learns."""

    stages: tuple[Stage, ...]
    batch: int = 32  # squares at a time
    pictures: int = 0  # drawn an epoch, by the weights of their sources; 0: as many as there are
    decay: float = 0.02  # weight decay of AdamW
    places: float = 1.0  # weight of the second task, to say where the nuclei are; 0: only the class is taught
    stain: float = 0.25  # spread of the random factors on hematoxylin and eosin: other laboratories
    brown: float = 0.2  # share of squares whose eosin is shown as DAB: immunohistochemistry
    blur: float = 0.3  # share of squares that are blurred a little: other scanners
    share: tuple[float, float] = (0.7, 0.15)  # of groups, to fit and to choose on; the rest is reported on


@dataclass(frozen=True)
class Recipe:
    """The whole of it."""

    name: str
    title: str
    version: str
    seed: int
    classes: Classes
    network: NetworkPlan
    fit: Fit
    sources: tuple[Source, ...]
    card: Mapping[str, str] = field(default_factory=dict)  # summary, intended_use, stain, limits, licence, …


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises `Problem` that names the file, the key and what is wrong with it."""
    return read_toml(path, Recipe, _contradiction)


def _contradiction(recipe: Recipe) -> str:
    """What in the recipe cannot be true at once; empty when nothing."""
    classes, sides = recipe.classes, {source.side for source in recipe.sources}
    missing = [side for side in SIDES if side not in sides and "split" not in sides]
    faults = (
        (len(classes.bounds) != len(classes.names) - 1, "classes.bounds has not one bound less than names"),
        (list(classes.bounds) != sorted(set(classes.bounds)), "classes.bounds do not rise"),
        (len(classes.colors) != len(classes.names), "classes.colors has not one colour a class"),
        (not 0 <= classes.shown < len(classes.names), "classes.shown is no class"),
        (not recipe.fit.stages, "fit.stages is empty"),
        (recipe.fit.places > 0 and not recipe.network.place_layer, "fit.places needs network.place_layer"),
        (not 0 < sum(recipe.fit.share) < 1, "fit.share leaves nothing to report on"),
        (bool(missing), f"no source is there to {missing[0] if missing else ''} on"),
    )
    return next((words for wrong, words in faults if wrong), "")
