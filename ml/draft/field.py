"""One line of a synoptic report: what is asked, in which unit, from which answers, and if it must be told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["text", "number", "choice", "multi", "date", "bool"]
KINDS: tuple[Kind, ...] = ("text", "number", "choice", "multi", "date", "bool")

Value = str | float | bool | tuple[str, ...] | None
"""An answer: dates as "2026-03-01", several choices as a tuple; None, "" and () are no answer."""

Values = tuple[tuple[str, Value], ...]
"""Answers by the name of their field. A tuple, so that a draft stays frozen."""


@dataclass(frozen=True)
class Field:
    """One thing that is asked. `least` and `most` bound a number; `other` lets a choice be typed as well."""

    name: str
    title: str
    kind: Kind = "text"
    unit: str = ""
    required: bool = False
    options: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    other: bool = False
    help: str = ""


def answered(value: Value) -> bool:
    """Whether somebody said anything; "no" and 0 are answers."""
    return value is not None and (not isinstance(value, str) or bool(value.strip())) and value != ()


def fault_of(field: Field, value: Value) -> str:
    """What is wrong with an answer, in a sentence; empty where nothing is. No answer is not wrong."""
    if not answered(value):
        return ""
    match field.kind:
        case "number":
            fault = _number_fault(field, value)
        case "date":
            fault = _date_fault(value)
        case "bool":
            fault = "" if isinstance(value, bool) else "Say yes or no."
        case "choice" | "multi":
            fault = _choice_fault(field, value)
        case "text":
            fault = "" if isinstance(value, str) else "Say it in words."
    return fault


def in_words(field: Field, value: Value) -> str:
    """The answer as it stands in a report: "12.5 mm", "yes", "a; b", "1 March 2026"."""
    if not answered(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(value)
    if field.kind == "number" and isinstance(value, float | int):
        return f"{value:,.10g}\u202f{field.unit}" if field.unit else f"{value:,.10g}"
    if field.kind == "date" and not _date_fault(value):
        day = date.fromisoformat(str(value))
        return f"{day.day} {day:%B %Y}"
    return str(value).strip()


def value_of(raw: object) -> Value:
    """An answer out of JSON or TOML. Raises `TypeError` for what can be none."""
    if raw is None or isinstance(raw, bool | str):
        return raw
    if isinstance(raw, int | float) and math.isfinite(raw):
        return float(raw)
    if isinstance(raw, list | tuple) and all(isinstance(word, str) for word in raw):
        return tuple(raw)
    raise TypeError(f"{raw!r} is no answer")


def answers(values: Values) -> Mapping[str, Value]:
    """By name."""
    return dict(values)


def with_answer(values: Values, name: str, value: Value) -> Values:
    """The same with one answer given anew; one that says nothing is taken out."""
    rest = tuple(pair for pair in values if pair[0] != name)
    return (*rest, (name, value)) if answered(value) else rest


def _choice_fault(field: Field, value: Value) -> str:
    chosen = value if isinstance(value, tuple) else (str(value),)
    strange = [word for word in chosen if word not in field.options]
    return f"“{strange[0]}” is not among the answers." if strange and not field.other else ""


def _number_fault(field: Field, value: Value) -> str:
    if isinstance(value, bool) or not isinstance(value, float | int) or not math.isfinite(value):
        return "Type a number."
    unit = f" {field.unit}" if field.unit else ""
    low, high = field.least, field.most
    if (low is None or value >= low) and (high is None or value <= high):
        return ""
    if low is not None and high is not None:
        return f"From {low:g} to {high:g}{unit}."
    return f"At least {low:g}{unit}." if low is not None else f"At most {high:g}{unit}."


def _date_fault(value: Value) -> str:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return "Type a date as year-month-day: 2026-03-01."
    return ""
