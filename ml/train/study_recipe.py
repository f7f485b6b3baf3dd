"""A recipe for pictures with labels: everything that decides a run, read from a TOML file.

Every field is explained here, with its unit and why it is there. A key that is not known is an error. Five
studies and whatever a person trains are such files; what they share are the parts of this folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ml.preparation import COUNT, Channels, Crop, Fitting
from ml.train.lora_plan import Lora, faults_of
from ml.train.scan_plan import Scans
from ml.train.search_plan import Search
from ml.train.slide_plan import Aggregation, Contrast, LabelledSlides, TileRule
from ml.train.toml_values import read_toml

AS_PUBLISHED = "-as-published"
"""How the name of a recipe ends that repeats a study with its errors; only there may they be switched on."""


@dataclass(frozen=True)
class Task:
    """What is told apart."""

    classes: tuple[str, ...]
    output: Literal["softmax", "sigmoid"] = "softmax"  # sigmoid: classes stand on their own, several may hold
    negative: str = ""  # with sigmoid: the label that stands for "none of them"
    separator: str = ";"  # with sigmoid: between several labels of one picture
    shown: int = 0  # the class that is shown first
    colors: tuple[tuple[int, int, int], ...] = ()  # RGB, one a class, colour-blind safe
    weights: tuple[float, ...] = ()  # with sigmoid: of each class in a challenge's log loss; empty: not told


@dataclass(frozen=True)
class Source:
    """Pictures and the table that labels them. `path` is relative to the folder given with --data."""

    name: str
    path: str
    # empty: every folder in `path` is a class, named by its folder; "manifest.json": `path` is a store
    table: str = "labels.csv"
    file: str = "file"  # column: the picture, relative to the table
    label: str = "label"  # column
    rename: Mapping[str, str] = field(default_factory=dict)  # labels of the table: our classes
    group: str = ""  # column of the patient, or whatever must not be torn apart; empty: each picture alone
    group_pattern: str = ""  # regular expression on the file's name whose first group is the patient
    site: str = ""  # column of hospital or scanner: its confounding with the label is measured
    cohort: str = ""  # sources of one cohort name the same patients the same; empty: the source's own name
    only_fit: bool = False  # its rows are learned from, but never choose and are never reported on
    origin: str = ""  # column: whence a label comes; rows not "given" by people are only learned from
    fold: str = ""  # column: the number of the only fold that may learn from a row; empty cells: all
    most: int = 0  # pictures at most, evenly taken; 0: all
    licence: str = ""


@dataclass(frozen=True)
class Slides:
    """Slides with boxes around what is sought; they are cut into patches (`network.size`).

    Where patches overlap (`network.stride`), scores are averaged on cells of that size; boxes follow those.
    """

    name: str
    path: str  # a folder of slides
    boxes: str = "boxes.csv"  # columns file, x1, y1, x2, y2 in level-0 px; label, where there are kinds
    files: str = ""  # in place of both: a table (file, patient, outlines as GeoJSON), see ml.train.outlined
    label: str = "lesion"  # of a box without a label
    group_pattern: str = r"^(.*)_[^_]+$"  # on the file's name without its ending: the patient
    spacing: float = 0.0  # µm/px; 0: what the file says
    cover: float = 0.1  # a patch is positive when a box covers so much of it; a training rule, not a box rule
    tissue: float = 0.25  # share of tissue below which a patch is left out
    licence: str = ""


@dataclass(frozen=True)
class Finding:
    """How scores become boxes; what is best is chosen on the sides to choose on, never on those reported."""

    thresholds: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
    smoothing: tuple[float, ...] = (0.0, 0.7, 1.0)  # patches
    gaps: tuple[int, ...] = (0, 1)
    least_patches: tuple[int, ...] = (1, 2, 4)
    overlap: float = 0.5  # IoU from which on a box counts as found


@dataclass(frozen=True)
class NetworkPlan:
    """The network, and what it sees. All of it stands in the card of the model afterwards."""

    architecture: str  # a name of timm's, or one of our own
    options: Mapping[str, Any] = field(default_factory=dict)
    pretrained: bool = False  # begin with weights that are on this computer; nothing is fetched
    begin: str = ""  # begin with this file of weights (safetensors), as pre-training saves them; under --data
    zero_head: bool = False  # the last layer begins at zero, every class equally likely: timm's begins wild
    learns: Literal["all", "head", "lora"] = "all"  # head: frozen features; lora: low-rank changes
    statistics: Literal["learn", "keep"] = "learn"  # of batch normalisation; keep those of pretrained layers
    keep_features: bool = True  # where the head learns and nothing varies: each picture is looked at once
    lora: Lora | None = None  # with learns = "lora"; without the table its defaults hold
    size: tuple[int, int] = (224, 224)  # height and width, px; (0, 0): the mean of the pictures learned from
    channels: Channels = "rgb"
    crop: Crop = "none"
    fitting: Fitting = "pad"
    fill: int = 0
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)  # of each channel in 0..1
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    spacing: float = 0.0  # µm/px: above 0 the model is one for patches of slides
    stride: int = 0  # px from one patch of a slide to the next, a whole part of `size`; 0: edge to edge
    cam_layer: str = ""
    windows: tuple[tuple[float, float], ...] = ()  # of CT: level and width in HU, a channel each
    neighbours: int = 0  # of CT: slices on either side, each in all windows: windows × (1 + 2 n) channels
    also: tuple[str, ...] = ()  # architectures that learn by themselves; their probabilities are averaged
    familiar_layer: str = ""  # its features tell what is unlike the training data; empty: familiarity.py


@dataclass(frozen=True)
class Vary:
    """How pictures are varied while learning. Every field is off by default."""

    flip: bool = False  # left to right
    quarter_turns: bool = False  # and upside down: for tissue, which has no up
    rotate: float = 0.0  # degrees to either side at most
    scale: float = 0.0  # share larger or smaller at most
    shift: float = 0.0  # share of the edge at most
    light: float = 0.0  # share of brightness and contrast at most
    stain: float = 0.0  # spread of random factors on hematoxylin and eosin: other laboratories
    blur: float = 0.0  # share of pictures a little out of focus


@dataclass(frozen=True)
class Fit:
    """How the network learns."""

    epochs: int
    batch: int = 32
    rate: float = 1e-3  # highest learning rate; falls by a half cosine to a hundredth, unless `constant`
    backbone_rate: float = 0.0  # of pretrained layers, where it is another one; 0: the same
    constant: bool = False
    warm: float = 0.1  # share of the run in which the rate rises
    decay: float = 0.01  # weight decay of AdamW; "adam" has none
    optimizer: Literal["adamw", "adam", "sgd"] = "adamw"
    momentum: float = 0.9  # of sgd
    loss: Literal["cross_entropy", "bce", "focal"] = "cross_entropy"
    gamma: float = 2.0  # of the focal loss (Lin et al. 2017)
    smoothing: float = 0.0  # of the labels, cross entropy only
    balance: Literal["none", "sampler", "pos_weight", "undersample"] = "none"  # one remedy at a time
    ratio: float = 2.0  # undersample: negatives a positive
    pos_weight: tuple[float, ...] = ()  # as published: a weight a class in place of the computed one
    drawn: int = 0  # pictures an epoch; 0: as many as there are
    watch: Literal["auroc", "loss", "balanced_accuracy", "macro_f1"] = "auroc"  # decides the best epoch
    patience: int = 0  # epochs without a better one before it ends; 0: never


@dataclass(frozen=True)
class Division:
    """Who is learned from, who decides, who is reported on. Always whole patients."""

    folds: int = 5  # each is reported on once, by a network that learned from the others
    run: int = 0  # only so many of the folds; 0: all
    # site: whole hospitals. As published only: row and slide (that one by chance, without regard to classes);
    # neighbours, or slides of one patient, stand on both sides.
    by: Literal["group", "site", "row", "slide"] = "group"
    # Near-duplicate pictures on two sides; join: pictures that look the same count as of one patient.
    duplicates: Literal["stop", "warn", "join"] = "stop"
    seed: int = 17


@dataclass(frozen=True)
class StudyRecipe:
    """The whole of it."""

    name: str
    title: str
    version: str
    task: Task
    network: NetworkPlan
    fit: Fit
    sources: tuple[Source, ...] = ()  # beside slides: patches that are only_fit, as people corrected them
    slides: tuple[Slides, ...] = ()
    scans: tuple[Scans, ...] = ()
    labelled_slides: tuple[LabelledSlides, ...] = ()  # one label a slide
    tiles: TileRule = field(default_factory=TileRule)
    aggregation: Aggregation = field(default_factory=Aggregation)
    pretrain: Contrast | None = None  # on the side that each fold learns from, before it does
    finding: Finding = field(default_factory=Finding)
    search: Search | None = None  # for better settings, before the folds are learned with the best of them
    vary: Vary = field(default_factory=Vary)
    division: Division = field(default_factory=Division)
    seed: int = 17
    published: str = ""  # what the study itself reports, in words
    card: Mapping[str, str] = field(default_factory=dict)  # summary, intended_use, stain, labels, limits, …;
    # `checked`: what all folds came to, for the card of a run of some of them

    @property
    def is_as_published(self) -> bool:
        """Whether it repeats a study with its errors."""
        return self.name.endswith(AS_PUBLISHED)


def read_study_recipe(path: Path) -> StudyRecipe:
    """Read and check. Raises `Problem` that names the file, the key and what is wrong with it."""
    return read_toml(path, StudyRecipe, contradiction)


def contradiction(recipe: StudyRecipe) -> str:
    """What in the recipe cannot be true at once; empty when nothing."""
    task, network, fit = recipe.task, recipe.network, recipe.fit
    sigmoid = task.output == "sigmoid"
    alone = len(task.classes) < (1 if sigmoid else 2)
    faults = (
        *_source_faults(recipe),
        *_slide_faults(recipe),
        *_scan_faults(recipe),
        (bool(recipe.slides) and not network.spacing, "patches of slides need network.spacing"),
        (bool(recipe.slides) and not sigmoid, "what is sought in slides stands on its own: output = sigmoid"),
        (alone, "task.classes has too few names"),
        (len(set(task.classes)) != len(task.classes), "a class occurs twice"),
        (len(task.colors) not in {0, len(task.classes)}, "task.colors has not one colour a class"),
        (not 0 <= task.shown < len(task.classes), "task.shown is no class"),
        *_network_faults(network),
        (fit.loss == "cross_entropy" and sigmoid, "cross_entropy goes with softmax, not with sigmoid"),
        (fit.loss != "cross_entropy" and not sigmoid, f"{fit.loss} goes with sigmoid, not with softmax"),
        *_balance_faults(recipe),
        (
            recipe.division.by in {"row", "slide"} and not recipe.is_as_published,
            _only_as_published(f"division.by = {recipe.division.by}"),
        ),
        (recipe.division.folds < 3, "division.folds is below 3: to fit, to choose and to report"),
        (fit.epochs < 1 or fit.batch < 2, "fit.epochs or fit.batch is too small"),
        (
            recipe.search is not None and not (recipe.search.ranges or recipe.search.grid),
            "search varies nothing: write ranges into it",
        ),
    )
    return next((words for wrong, words in faults if wrong), "")


def _balance_faults(recipe: StudyRecipe) -> tuple[tuple[bool, str], ...]:
    fit, task = recipe.fit, recipe.task
    return (
        (fit.balance == "pos_weight" and task.output != "sigmoid", "pos_weight goes with sigmoid"),
        (
            bool(fit.pos_weight) and fit.balance != "pos_weight" and not recipe.is_as_published,
            "fit.pos_weight is given but not used: write balance = 'pos_weight'",
        ),
        (len(fit.pos_weight) not in {0, len(task.classes)}, "fit.pos_weight has not one weight a class"),
    )


def _source_faults(recipe: StudyRecipe) -> tuple[tuple[bool, str], ...]:
    sources = recipe.sources
    added = bool(recipe.slides) and all(source.only_fit for source in sources)  # places of slides
    pictures = bool(sources) and not added
    kinds = sum(map(bool, (pictures, recipe.slides, recipe.labelled_slides, recipe.scans)))
    return (
        (kinds > 1, "pictures, slides and scans do not go together"),
        (
            not (sources or recipe.slides or recipe.labelled_slides or recipe.scans),
            "there are no sources",
        ),
        (
            bool(sources) and not recipe.slides and all(source.only_fit for source in sources),
            "all sources are only_fit: nothing is left to report on",
        ),
    )


def _network_faults(network: NetworkPlan) -> tuple[tuple[bool, str], ...]:
    channels = len(network.windows) * (1 + 2 * network.neighbours) or COUNT[network.channels]
    return (
        (len(network.mean) != channels, f"network.mean has not {channels} numbers"),
        (len(network.std) != channels, f"network.std has not {channels} numbers"),
        (
            network.spacing > 0 and network.size[0] != network.size[1],
            "patches of slides (network.spacing) are square",
        ),
        (
            network.stride > 0 and (not network.spacing or network.size[0] % network.stride > 0),
            "network.stride is no whole part of the patches of slides",
        ),
        (
            bool(network.begin) and network.pretrained,
            "network.begin and network.pretrained are both given",
        ),
        (
            network.lora is not None and network.learns != "lora",
            "network.lora is given but not used: write learns = 'lora'",
        ),
        *faults_of(network.lora or Lora()),
    )


def _slide_faults(recipe: StudyRecipe) -> tuple[tuple[bool, str], ...]:
    """What cannot be true at once of slides with one label each."""
    network, labelled = recipe.network, bool(recipe.labelled_slides)
    return (
        (
            labelled and not (recipe.tiles.edge or network.spacing),
            "tiles need network.spacing (µm/px) or tiles.edge (level-0 px)",
        ),
        (
            labelled and bool(recipe.tiles.edge) and bool(network.spacing),
            "tiles.edge and network.spacing both say how large a tile is",
        ),
        (labelled and recipe.task.output != "softmax", "a slide with one label goes with softmax"),
        (labelled and not recipe.aggregation.ways, "aggregation.ways is empty"),
        (not 0 < recipe.aggregation.top <= 1, "aggregation.top is a share above 0, at most 1"),
        (recipe.division.by == "slide" and not labelled, "division.by = slide needs labelled_slides"),
        (
            network.learns != "all"
            and not (network.pretrained or network.begin or recipe.pretrain)
            and not recipe.is_as_published,
            _only_as_published("learning a part of a network whose weights are by chance"),
        ),
    )


def _scan_faults(recipe: StudyRecipe) -> tuple[tuple[bool, str], ...]:
    """The same of CT."""
    task, network = recipe.task, recipe.network
    names = [scan.any_class for scan in recipe.scans if scan.any_class]
    return (
        (bool(recipe.scans) != bool(network.windows), "scans and network.windows go together"),
        (any(width <= 0 for _, width in network.windows), "a window has no width"),
        (
            network.neighbours < 0 or (network.neighbours > 0 and not network.windows),
            "neighbours are of scans",
        ),
        (network.crop == "head" and not network.windows, "crop = head is for scans"),
        (
            bool(recipe.scans) and task.output != "sigmoid",
            "kinds in a slice stand on their own: output = sigmoid",
        ),
        (any(name not in task.classes for name in names), "scans.any_class is no class"),
        (bool(network.also) and task.output != "sigmoid", "network.also goes with sigmoid"),
        (len(task.weights) not in {0, len(task.classes)}, "task.weights has not one weight a class"),
    )


def _only_as_published(key: str) -> str:
    return f"{key} is an error of the published study; only a recipe named …{AS_PUBLISHED} may repeat it"
