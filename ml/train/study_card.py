"""The card of a model that a study has trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ml.report.model_units import of_slides
from ml.train.pictures import Pictures
from ml.train.scan_plan import Scans
from ml.train.slide_plan import LabelledSlides
from ml.train.study_recipe import Division, NetworkPlan, Slides, Source, StudyRecipe
from ml.zoo.card import ModelCard
from ml.zoo.grouping import Grouping
from ml.zoo.held_out import flat_figures

_KEPT = (
    "figures",
    "folds",
    "figures_are_of",
    "at_thresholds",
    "slide_level",
    "leakage",
    "balance",
    "temperature",
    "published",
)


def network_options(plan: NetworkPlan, size: tuple[int, int]) -> dict[str, Any]:
    """Keyword arguments of a network that sees `size` (height and width, px): some are told it."""
    options = dict(plan.options)
    if plan.architecture == "glomerulus_net":
        options |= {"size": list(size), "in_chans": len(plan.mean)}
    elif plan.windows and len(plan.mean) != 3:
        options |= {"in_chans": len(plan.mean)}
    return options


def study_card(
    recipe: StudyRecipe, pictures: Pictures, members: int, facts: Mapping[str, object]
) -> ModelCard:
    """Preprocessing, figures, leakage report and texts; the weights' hash is filled in on writing."""
    task, plan, text = recipe.task, recipe.network, recipe.card
    _, width = pictures.how.size
    names, thresholds = (plan.architecture, *plan.also), _thresholds(facts)
    card = ModelCard(
        name=recipe.name,
        title=recipe.title,
        version=recipe.version,
        architecture=plan.architecture,
        class_names=task.classes,
        patch_pixels=width,
        spacing=plan.spacing or 1.0,
        mean=plan.mean,
        std=plan.std,
        weights_sha256="",
        architecture_options=network_options(plan, pictures.how.size),
        architectures=names * (members // len(names)) if plan.also else (),
        output=task.output,
        members=members,
        temperature=float(str(facts["temperature"])),
        preparation=None if plan.spacing else pictures.how,
        stride_pixels=plan.stride,
        cam_layer=plan.cam_layer,
        shown_class=task.shown,
        threshold=thresholds[task.shown] if thresholds else 0.5,
        thresholds=thresholds,
        grouping=tuple(Grouping(**one) for one in _rows_of(facts, "grouping")),
        colors=task.colors,
        training_data=_data_in_words(recipe, pictures) + _note(facts),
        metrics=held_out_of(recipe, facts) | {key: facts[key] for key in _KEPT if key in facts},
        command=f'parfocal-ml train resources/recipes/{recipe.name}.toml --data "$PARFOCAL_DATA" '
        f"--out out/{recipe.name}" + (f" --folds {recipe.division.run}" if recipe.division.run else ""),
    )
    texts = ("summary", "intended_use", "stain", "labels", "limits", "licence")
    told: dict[str, str] = {key: text[key] for key in texts if key in text}
    return replace(card, **told)  # type: ignore[arg-type]  # all of them are texts


def _thresholds(facts: Mapping[str, object]) -> tuple[float, ...]:
    """Operating thresholds of the classes, where the run has tuned them."""
    found = facts.get("thresholds")
    return tuple(found) if isinstance(found, list | tuple) else ()


def held_out_of(recipe: StudyRecipe, facts: Mapping[str, object]) -> dict[str, object]:
    """The few figures that a person reads before they choose a model.

    Of a run of some folds only, also what the recipe says of a run of all of them.
    """
    folds = facts.get("folds")
    alone = isinstance(folds, list) and len(folds) == 1
    whose = "this network" if alone else "each of its networks"
    held_out = _of_patients(whose, facts) | flat_figures(whose, facts.get("figures"))
    whole = recipe.card.get("checked", "") if recipe.division.run else ""
    return ({"held_out": held_out} if held_out else {}) | ({"checked": whole} if whole else {})


def _rows_of(facts: Mapping[str, object], name: str) -> list[dict[str, Any]]:
    found = facts.get(name)
    return found if isinstance(found, list) else []


def _of_patients(whose: str, facts: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """What slides with one label are asked for, before the figures of their patches."""
    made = of_slides(facts).get("patients")
    if made is None:
        return {}
    figures: dict[str, object] = {}
    for name in ("auroc", "balanced_accuracy"):
        figures |= {name: made[name]["value"], f"{name}_interval": [made[name]["low"], made[name]["high"]]}
    return {f"{whose}, on {made['units']:,} patients new to it, by their slides as a whole": figures}


def _data_in_words(recipe: StudyRecipe, pictures: Pictures) -> str:
    parts, licences = [], []
    sources: list[Source | Slides | LabelledSlides | Scans] = [
        *recipe.sources,
        *recipe.slides,
        *recipe.labelled_slides,
        *recipe.scans,
    ]
    for source in sources:
        rows = [row for row in pictures.rows if row.source == source.name]
        groups = len({row.group for row in rows})
        what = "pictures" if isinstance(source, Source) else "patches of slides"
        aside = sum(row.only_fit for row in rows)
        only = f", {aside:,} of them only learned from" if aside else ""
        parts.append(f"{source.name} ({len(rows):,} {what} of {groups:,} patients or groups{only})")
        if source.licence:
            licences.append(f"{source.name}: {source.licence}")
    said = f" Licences: {'; '.join(licences)}." if licences else ""
    return f"{', '.join(parts)}. {_division_in_words(recipe.division)}{said}"


def _note(facts: Mapping[str, object]) -> str:
    """What the data say of themselves: that they are composed, for one."""
    told = facts.get("slide_level")
    note = told.get("note") if isinstance(told, Mapping) else ""
    return f" {note}" if note else ""


def _division_in_words(division: Division) -> str:
    run = f"{division.run or division.folds} of {division.folds} parts (folds) by"
    if division.by in {"group", "site"}:
        what = "patient or group" if division.by == "group" else "hospital"
        return f"{run} {what}: each was tested by a model new to it; others chose when to stop."
    what = "slide" if division.by == "slide" else "picture"
    return f"{run} {what}, as published: neighbours stand on both sides, figures are too good."
