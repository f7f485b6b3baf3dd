"""The card of a model that a study has trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ml.train.pictures import Pictures
from ml.train.study_recipe import StudyRecipe
from ml.zoo.card import ModelCard

_KEPT = ("figures", "leakage", "balance", "temperature", "published")


def study_card(
    recipe: StudyRecipe, pictures: Pictures, members: int, facts: Mapping[str, object]
) -> ModelCard:
    """Preprocessing, figures, leakage report and texts; the weights' hash is filled in on writing."""
    task, plan, text = recipe.task, recipe.network, recipe.card
    height, width = pictures.how.size
    options = dict(plan.options)
    if plan.architecture == "glomerulus_net":
        options |= {"size": [height, width], "in_chans": len(plan.mean)}
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
        architecture_options=options,
        output=task.output,
        members=members,
        temperature=float(str(facts["temperature"])),
        preparation=None if plan.spacing else pictures.how,
        cam_layer=plan.cam_layer,
        shown_class=task.shown,
        colors=task.colors,
        training_data=_data_in_words(recipe, pictures),
        metrics={key: facts[key] for key in _KEPT if key in facts},
        command=f'parfocal-ml train resources/recipes/{recipe.name}.toml --data "$PARFOCAL_DATA" '
        f"--out out/{recipe.name}",
    )
    texts = ("summary", "intended_use", "stain", "labels", "limits", "licence")
    told: dict[str, str] = {key: text[key] for key in texts if key in text}
    return replace(card, **told)  # type: ignore[arg-type]  # all of them are texts


def _data_in_words(recipe: StudyRecipe, pictures: Pictures) -> str:
    parts, licences = [], []
    for source in recipe.sources:
        rows = [row for row in pictures.rows if row.source == source.name]
        groups = len({row.group for row in rows})
        parts.append(f"{source.name} ({len(rows):,} pictures of {groups:,} patients or groups)")
        if source.licence:
            licences.append(f"{source.name}: {source.licence}")
    division = recipe.division
    run = division.run or division.folds
    how = (
        f"{run} of {division.folds} folds by group: each network was reported on groups new to it, "
        "its epoch was chosen on others."
        if division.by == "group"
        else f"{run} folds by picture, as published: neighbours stand on both sides, figures are too good."
    )
    said = f" Licences: {'; '.join(licences)}." if licences else ""
    return f"{', '.join(parts)}. {how}{said}"
