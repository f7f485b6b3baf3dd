"""All choices of one training: a value that is written down at every change and turns into a recipe.

The parts that a recipe has too are the recipe's own classes, so that the simple and the expert view, and the
command line, speak of the same things.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from ml.errors import Problem
from ml.train.slide_plan import Aggregation, Contrast, TileRule
from ml.train.study_recipe import Division, Finding, Fit, NetworkPlan, Vary
from ml.train.toml_text import toml_of
from ml.train.toml_values import read_toml

Kind = Literal["patches", "pictures", "labelled_slides", "boxes", "scans"]
PatientRule = Literal["column", "before_first", "before_last", "pattern", "each"]

PLAN_FILE = "plan.toml"

LEFT_OUT = ""
"""The mended label of a picture that is not to be learned from."""


@dataclass(frozen=True)
class DataPlan:
    """Where the labelled pictures lie, and how they are read."""

    folder: str = ""  # absolute
    table: str = ""  # a CSV file in it; empty: every folder is a class
    file: str = ""  # columns of the table; empty: none
    label: str = ""
    patient: str = ""
    site: str = ""
    ending: str = ""  # added to names of slides that have none
    patients: PatientRule = "each"  # how it is known whose a picture is
    pattern: str = ""  # a regular expression on the file's name; its first group is the patient
    found: tuple[str, ...] = ()  # all labels that were found, the most frequent first
    classes: tuple[str, ...] = ()  # those of them that are told apart
    titles: Mapping[str, str] = field(default_factory=dict)  # labels: how the model calls them
    spacing: float = 0.0  # µm/px of patches, as the person says; 0: not known
    edge: int = 0  # px of the short edge that most pictures have
    more: tuple[str, ...] = ()  # further folders, read as the first one is; pictures only
    cases: tuple[int, ...] = ()  # of the case library, which the folder was made of
    outlines: bool = False  # the table names slides and the files of what was drawn on them
    added: int = 0  # labels that people gave while they looked at what models found: see `retraining`
    drawn: int = 0  # of these, in what people drew because a model had missed it
    drawn_by: str = ""  # whose those are and when they were drawn, in words
    left_out: int = 0  # slices of CT with a verdict that does not say all that they show
    made_up: int = 0  # labels that nobody gave, in a table of their own
    series: Mapping[str, str] = field(default_factory=dict)  # of CT: folders, and tables of labels since
    relabelled: Mapping[str, str] = field(default_factory=dict)  # pictures (absolute path): label as mended

    def title_of(self, label: str) -> str:
        """How the model calls a label."""
        return self.titles.get(label, label.replace("_", " "))


@dataclass(frozen=True)
class Texts:
    """What stands in the card of the model."""

    title: str = ""
    summary: str = ""
    intended_use: str = ""
    limits: str = ""
    licence: str = ""


def _small_network() -> NetworkPlan:
    """Frozen layers halfway through the packaged network: learns from little, in minutes."""
    half = (0.5, 0.5, 0.5)
    return NetworkPlan(
        "lite0_stages",
        pretrained=True,
        learns="head",
        zero_head=True,
        fitting="cover",
        mean=half,
        std=half,
        cam_layer="blocks.4",
    )


def _short_fit() -> Fit:
    return Fit(epochs=40, rate=3e-3, smoothing=0.05, watch="loss")


@dataclass(frozen=True)
class Plan:
    """Everything that was chosen, and the step that was looked at last."""

    kind: Kind = "patches"
    start: str = ""  # the recipe that it began with; empty: what is usual for the kind
    step: int = 0
    several: bool = False  # several classes may hold of one picture
    negative: str = ""  # with `several`: the label that means none of them
    done: bool = False  # the model was put to use
    data: DataPlan = field(default_factory=DataPlan)
    network: NetworkPlan = field(default_factory=_small_network)
    fit: Fit = field(default_factory=_short_fit)
    vary: Vary = field(default_factory=Vary)
    division: Division = field(default_factory=Division)
    tiles: TileRule = field(default_factory=TileRule)
    aggregation: Aggregation = field(default_factory=Aggregation)
    finding: Finding = field(default_factory=Finding)
    pretrain: Contrast | None = None
    cover: float = 0.5  # boxes: a patch belongs to a class when a box covers so much of it
    tissue: float = 0.25  # boxes: share of tissue below which a patch is left out
    texts: Texts = field(default_factory=Texts)
    mended: Mapping[str, str] = field(default_factory=dict)  # by the verdict, for a training after this one
    parent: str = ""  # folder of the training that this one mends
    parent_model: str = ""  # name of the model that it goes on from, where that was not trained here
    seed: int = 17
    tuning: bool = False  # look for better settings before the training
    trials: int = 8  # settings that are tried
    tensorboard: bool = False  # curves for TensorBoard are written, and can be opened from step 6
    mlflow: bool = False  # the training is kept as an experiment of MLflow on this computer

    @property
    def name(self) -> str:
        """What the model is called in files: lower case, digits and hyphens."""
        words = re.sub(r"[^a-z0-9]+", "-", self.texts.title.lower()).strip("-")
        return words or "my-model"

    def with_data(self, **changes: object) -> Plan:
        """The same with other data choices."""
        return replace(self, data=replace(self.data, **changes))  # type: ignore[arg-type]


def write_plan(plan: Plan, folder: Path) -> None:
    """Write it down, whole or not at all. Raises `Problem`."""
    from ml.report.atomic import cannot_write, whole_file

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder.name, error) from error
    with whole_file(folder / PLAN_FILE) as part:
        part.write_text(toml_of(plan, "What was chosen in “Train a model”."), encoding="utf-8")


def read_plan(folder: Path) -> Plan | None:
    """What was written; None where nothing was, or by a version that this one does not understand."""
    try:
        return read_toml(folder / PLAN_FILE, Plan)
    except (Problem, OSError):
        return None
