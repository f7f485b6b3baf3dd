"""How pictures are varied while learning: not mirrored where a class names a side that is seen in them."""

from __future__ import annotations

import re
from dataclasses import replace

from ml.train.study_recipe import Vary
from viewer.wizard.plan import Kind, Plan

_SIDE = re.compile(r"(?<![a-z])(left|right)(?![a-z])", re.IGNORECASE)
_SEEN = {"scans", "pictures"}
"""Kinds in which a side lies where one sees it; tissue lies on the glass as it was laid there."""


def varied(kind: Kind) -> Vary:
    """How pictures of this kind are usually varied: tissue has no up and other laboratories, heads have."""
    if kind == "scans":
        return Vary(flip=True, rotate=12.0, scale=0.1, shift=0.05, light=0.05)
    if kind == "pictures":
        return Vary(flip=True, rotate=10.0, scale=0.1, light=0.1)
    return Vary(flip=True, quarter_turns=True, light=0.1, stain=0.15)


def sided(plan: Plan) -> str:
    """The first class whose name says left or right, as the model calls it; empty where none does."""
    data = plan.data
    titles = (data.title_of(label) for label in data.classes if label != plan.negative)
    return next((title for title in titles if _SIDE.search(title)), "")


def usual(plan: Plan) -> Vary:
    """How the pictures of this plan are usually varied."""
    found = varied(plan.kind)
    return replace(found, flip=False) if plan.kind in _SEEN and sided(plan) else found


def suited(plan: Plan, before: Plan) -> Plan:
    """The plan, mirrored no more where its classes have come to name a side.

    Where they name none any more it is varied as is usual again. What somebody chooses after that stays.
    """
    if plan.kind not in _SEEN or bool(sided(plan)) == bool(sided(before)):
        return plan
    if sided(plan):
        return replace(plan, vary=replace(plan.vary, flip=False))
    return replace(plan, vary=varied(plan.kind)) if plan.vary == usual(before) else plan


def mirrors(plan: Plan) -> bool:
    """Whether pictures are mirrored where they are varied."""
    vary = usual(plan) if plan.vary == Vary() else plan.vary
    return vary.flip or vary.quarter_turns


def mirror_in_words(plan: Plan) -> str:
    """Why they are not mirrored, or that they are although a class names a side; empty where none does."""
    name = sided(plan)
    if not name or plan.vary == Vary():
        return ""
    if plan.kind not in _SEEN:
        return f"“{name}” names a side. They are mirrored all the same: tissue lies on the glass either way."
    if mirrors(plan):
        return f"They are mirrored, though “{name}” names a side: in a mirror left becomes right."
    return f"They are not mirrored: “{name}” names a side, and in a mirror left becomes right."
