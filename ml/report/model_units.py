"""What a model is worth on the units that people ask about: slides with one label, their patients, boxes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml.report.words import count, percent

Facts = Mapping[str, Any]
"""What a study leaves in `report.json`."""

_KINDS = (("patients", "patient"), ("slides", "slide"))


def units_in_words(facts: Facts) -> tuple[str, ...]:
    """A sentence for patients and for slides, or for the boxes of each class; empty for pictures.

    Where each patient has one slide, slides are not told again.
    """
    return (*_slides_in_words(facts), *_boxes_in_words(facts))


def of_slides(facts: Facts) -> Mapping[str, Facts]:
    """The figures of patients and of slides, by the way that is handed in; empty where there are none."""
    told = facts.get("slide_level")
    made: Mapping[str, Facts] = told[told["handed_in"]] if isinstance(told, Mapping) else {}
    return made


def _slides_in_words(facts: Facts) -> list[str]:
    made = of_slides(facts)
    shown = facts["slide_level"].get("shown", "") if made else ""
    told = f" Telling “{shown}” from the others:" if shown else ""
    return [
        f"{count(figures['units'], word).capitalize()} as a whole: right, each class counted alike, "
        f"{range_in_words(figures['balanced_accuracy'], figures['patients'])}.{told} {figures['in_words']}"
        for name, word in _KINDS
        if (figures := made.get(name)) is not None and (name == "patients" or figures != made["patients"])
    ]


def _boxes_in_words(facts: Facts) -> list[str]:
    return [
        f"“{name}”: {percent(box['recall'])} of {count(box['boxes'], 'box', 'boxes')} found, on "
        f"{count(box['slides'], 'slide')} of {count(box['patients'], 'patient')}; of what was found, "
        f"{percent(box['precision'])} is right."
        for name, box in facts.get("boxes", {}).items()
    ]


def range_in_words(made: Mapping[str, float], patients: int) -> str:
    """ "83 % (64 % to 95 %)"; of one patient no range is told."""
    value, low, high = (percent(float(made[key])) for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})" if patients > 1 else value
