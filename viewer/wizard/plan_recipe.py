"""A plan as the recipe that repeats it: `parfocal-ml train recipe.toml --data .` gives the same model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ml.report.atomic import whole_file
from ml.train.scan_plan import Scans
from ml.train.search_plan import Range, Search
from ml.train.slide_plan import LabelledSlides
from ml.train.study_recipe import (
    Division,
    Fit,
    NetworkPlan,
    Slides,
    Source,
    StudyRecipe,
    Task,
    Vary,
    contradiction,
    read_study_recipe,
)
from ml.train.toml_text import toml_of
from viewer.wizard.cases import CASES_FILE
from viewer.wizard.plan import DataPlan, Plan, Texts

RECIPE_FILE = "recipe.toml"

LABELS, MADE_UP_FILE = "labels", "made_up.csv"
"""Where patches with labels given since lie in the folder of a training; the table of those nobody gave."""

UID = "uid"
"""The column that names a slice of CT in tables of labels given since: its SOPInstanceUID."""

_PASSES = 6  # of a try: enough to tell good settings from bad ones

_SOURCE = "cases"  # how patients are named in full: never by the model's name, which may change

# Okabe and Ito: told apart by colour-blind people too.
_COLORS = (
    *((86, 180, 233), (213, 94, 0), (0, 158, 115), (230, 159, 0)),
    *((204, 121, 167), (0, 114, 178), (240, 228, 66), (128, 128, 128)),
)


def recipe_of(plan: Plan) -> StudyRecipe:
    """The recipe. Its paths begin in the folder of the training."""
    task = _task(plan)
    recipe = StudyRecipe(
        name=plan.name,
        title=plan.texts.title or "My model",
        version="1.0",
        task=task,
        network=_network(plan),
        fit=_fit(plan.fit, task),
        vary=plan.vary,
        division=plan.division,
        tiles=plan.tiles,
        aggregation=plan.aggregation,
        finding=plan.finding,
        pretrain=plan.pretrain,
        search=search_of(plan) if plan.tuning else None,
        seed=plan.seed,
        card=_card(plan),
    )
    return _with_sources(recipe, plan)


def passes_of(plan: Plan) -> int:
    """Passes over the pictures in each try of a search."""
    return min(_PASSES, plan.fit.epochs)


def search_of(plan: Plan) -> Search:
    """What a search varies, about what was chosen."""
    fit = plan.fit
    ranges = [Range("fit.rate", fit.rate / 10, fit.rate * 10, log=True)]
    if fit.optimizer != "adam":  # which has no decay
        ranges.append(Range("fit.decay", 1e-4, 0.1, log=True))
    if fit.loss == "cross_entropy" and not plan.several:
        ranges.append(Range("fit.smoothing", 0.0, 0.15))
    return Search(tuple(ranges), trials=plan.trials, passes=passes_of(plan))


def write_recipe(plan: Plan, folder: Path) -> Path:
    """Write and check it. Raises `Problem` where choices contradict each other."""
    path = folder / RECIPE_FILE
    words = (
        "Made by “Train a model” of Parfocal. The same on the command line:\n"
        "  parfocal-ml train recipe.toml --data . --out out"
    )
    with whole_file(path) as part:
        part.write_text(toml_of(recipe_of(plan), words), encoding="utf-8")
    read_study_recipe(path)
    return path


def text_for_check(plan: Plan) -> str:
    """What of the recipe decides what the check finds: how it is learned and called plays no part.

    Whole pictures are compared as their files are; of slides the network decides which patches there are.
    """
    division = replace(plan.division, run=0)
    recipe = recipe_of(replace(plan, fit=Fit(1), vary=Vary(), division=division, texts=Texts(), tuning=False))
    pictures = plan.kind in {"patches", "pictures"}
    network = NetworkPlan("any") if pictures else recipe.network
    return toml_of(replace(recipe, fit=Fit(1), network=network))


def text_for_rehearsal(plan: Plan) -> str:
    """What of the recipe decides what the network sees and how fast it learns."""
    fit = replace(plan.fit, epochs=1, rate=1e-3, backbone_rate=0.0, patience=0, drawn=0)
    recipe = recipe_of(replace(plan, fit=fit, texts=Texts(), division=Division(), tuning=False))
    return toml_of(recipe)


def text_for_training(plan: Plan) -> str:
    """What of the recipe decides what is learned: with another text, what was learned is of no use."""
    division = replace(plan.division, run=0)  # more or fewer of the same parts
    return toml_of(recipe_of(replace(plan, texts=Texts(), division=division)))


def fault_of(plan: Plan) -> str:
    """What contradicts itself in the plan's recipe, in words; empty where nothing does."""
    reason = contradiction(recipe_of(plan))
    return f"The choices contradict each other: {reason}." if reason else ""


def _task(plan: Plan) -> Task:
    data = plan.data
    labels = [label for label in data.classes if label != plan.negative]
    titles = tuple(labels if plan.kind == "boxes" else map(data.title_of, labels))  # boxes keep their words
    colors = _COLORS[: len(titles)] if len(titles) <= len(_COLORS) else ()
    if plan.several:
        return Task(titles, "sigmoid", negative=plan.negative, colors=colors)
    return Task(titles, shown=min(1, len(titles) - 1) if titles else 0, colors=colors)


def _network(plan: Plan) -> NetworkPlan:
    """What it sees, in µm: patches of other sizes are scaled to the network's, their spacing with them."""
    network, data = plan.network, plan.data
    if plan.kind == "patches":
        scale = data.edge / network.size[0] if data.edge and network.size[0] else 1.0
        return replace(network, spacing=round(data.spacing * scale, 6))
    return network


def _fit(fit: Fit, task: Task) -> Fit:
    """The loss that goes with the answers; a remedy for rare classes that goes with them."""
    if task.output == "sigmoid" and fit.loss == "cross_entropy":
        fit = replace(fit, loss="bce", smoothing=0.0)
    if task.output == "softmax" and fit.loss != "cross_entropy":
        fit = replace(fit, loss="cross_entropy")
    if task.output == "softmax" and fit.balance == "pos_weight":
        fit = replace(fit, balance="sampler", pos_weight=())
    return fit


def _card(plan: Plan) -> dict[str, str]:
    texts = plan.texts
    told = {key: getattr(texts, key) for key in ("summary", "intended_use", "limits", "licence")}
    return {key: words for key, words in told.items() if words}


def _with_sources(recipe: StudyRecipe, plan: Plan) -> StudyRecipe:
    data, called = plan.data, _SOURCE
    if plan.kind in {"patches", "pictures"}:
        site = "site" if data.site else ""
        rename = _renamed(data)
        given = Source(called, ".", CASES_FILE, group="patient", site=site, rename=rename)
        return replace(recipe, sources=(given, *_made_up(data, rename)))
    if plan.kind == "labelled_slides":
        slides = LabelledSlides(
            called,
            data.folder,
            table=data.table,
            file=data.file,
            ending=data.ending,
            label=data.label,
            group=data.patient,
            site=data.site,
            rename=_renamed(data),
            leave_out=tuple(label for label in data.found if label not in data.classes),
            spacing=data.spacing,
        )
        return replace(recipe, labelled_slides=(slides,))
    if plan.kind == "boxes":
        boxes = Slides(
            called,
            data.folder,
            boxes="" if data.outlines else data.table or "boxes.csv",
            files=data.table if data.outlines else "",
            label=data.classes[0] if data.classes else "lesion",
            group_pattern=group_pattern(data),
            spacing=data.spacing,
            cover=plan.cover,
            tissue=plan.tissue,
        )
        return replace(recipe, slides=(boxes,), sources=_corrected(data))
    scans = Scans(called, data.folder, table=data.table or "labels.csv", file=data.file or "file")
    scans = replace(scans, rename=_renamed(data), broken="leave_out")
    return replace(recipe, scans=(scans, *_corrected_series(data)))


def _made_up(data: DataPlan, rename: Mapping[str, str]) -> tuple[Source, ...]:
    """Labels that nobody gave: learned from, but never chosen by and never in the verdict."""
    if not data.made_up:
        return ()
    own = Source("made up", LABELS, MADE_UP_FILE, group="patient", rename=rename, cohort=_SOURCE)
    return (replace(own, only_fit=True, origin="origin"),)


def _corrected(data: DataPlan) -> tuple[Source, ...]:
    """Places that people decided about: the rest of their slides is not known, so none is reported on."""
    if not data.added:
        return ()
    return (Source("corrected", LABELS, CASES_FILE, group="patient", cohort=_SOURCE, only_fit=True),)


def _corrected_series(data: DataPlan) -> tuple[Scans, ...]:
    """Series of which people said something since: slices that nobody labelled are left out."""
    return tuple(
        Scans(
            f"corrected {number}",
            folder,
            table=table,
            file=UID,
            broken="leave_out",
            unlabelled="leave_out",
            cohort=_SOURCE,
        )
        for number, (folder, table) in enumerate(data.series.items(), 1)
    )


def _renamed(data: DataPlan) -> dict[str, str]:
    titles = {label: data.title_of(label) for label in data.classes}
    return {label: title for label, title in titles.items() if title != label}


def group_pattern(data: DataPlan) -> str:
    """The rule about patients as a regular expression on a slide's name without its ending."""
    patterns = {"before_first": r"^([^-_ ]+)", "before_last": r"^(.+?)(?:[-_ ][^-_ ]+)?$"}
    if data.patients == "pattern":
        return data.pattern
    return patterns.get(data.patients, "^(.*)$")
