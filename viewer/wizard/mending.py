"""Labels mended after the verdict, and the training that learns from them. No window."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from ml.zoo.bundle import load_card
from ml.zoo.lineage import Ancestor, Lineage
from ml.zoo.store import models
from viewer.wizard.answers import Answer
from viewer.wizard.cases import CASES_FILE
from viewer.wizard.plan import LEFT_OUT, Plan, read_plan
from viewer.wizard.plan_recipe import RECIPE_FILE


def can_mend(plan: Plan) -> bool:
    """Whether each picture has a label of its own, that stands in the table of pictures."""
    return plan.kind in {"patches", "pictures"}


def choices_of(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Labels that a picture may get: as the data have them, and in words. The last one leaves it out."""
    data = plan.data
    return (*((label, data.title_of(label)) for label in data.classes), (LEFT_OUT, "Leave it out"))


def mended(plan: Plan, answer: Answer, label: str | None) -> Plan:
    """The plan with another label for a picture in the next training; None takes that back."""
    now = {path: kept for path, kept in plan.mended.items() if path != str(answer.path)}
    titles = dict(choices_of(plan))
    if label is not None and (label == LEFT_OUT or titles.get(label) != answer.label):
        now[str(answer.path)] = label
    return replace(plan, mended=now)


def next_plan(plan: Plan, folder: Path) -> Plan:
    """The plan of a new training on the mended labels; `folder` is that of the training before."""
    data = replace(plan.data, relabelled={**plan.data.relabelled, **plan.mended})
    texts = replace(plan.texts, title=_next_title(plan.texts.title))
    return replace(plan, data=data, mended={}, parent=folder.name, texts=texts)


def _next_title(title: str) -> str:
    """A name that does not take the place of the model before."""
    found = re.fullmatch(r"(.*\S)\s+(\d+)", title)
    if found is not None:
        return f"{found.group(1)} {int(found.group(2)) + 1}"
    return f"{title} 2" if title else ""


def lineage_of(plan: Plan, folder: Path) -> Lineage:
    """Where the model of this training comes from, as its card tells it."""
    cases, recipe = folder / CASES_FILE, folder / RECIPE_FILE
    return Lineage(
        _parents(plan, folder),
        hashlib.sha256(cases.read_bytes()).hexdigest() if cases.is_file() else "",
        len(plan.data.relabelled),
        recipe.read_text(encoding="utf-8") if recipe.is_file() else "",
        folder.name,
        plan.data.added,
        plan.data.made_up,
    )


def _parents(plan: Plan, folder: Path) -> tuple[Ancestor, ...]:
    """The model of the training whose labels were mended: as it is used, or as it was left."""
    if plan.parent_model:
        found = [one.card for one in models() if one.name == plan.parent_model and one.card is not None]
        return tuple(Ancestor(card.name, card.title, card.weights_sha256) for card in found)
    if not plan.parent:
        return ()
    for entry in models():
        card = entry.card
        if card is not None and card.lineage.training == plan.parent:
            return (Ancestor(card.name, card.title, card.weights_sha256),)
    before = folder.parent / plan.parent
    old = read_plan(before)
    left = sorted(before.glob("out/*/model.json"))
    card = load_card(left[-1].parent) if left else None
    title = (old.texts.title if old else "") or (card.title if card else "")
    return (Ancestor(card.name if card else "", title, card.weights_sha256 if card else ""),)
