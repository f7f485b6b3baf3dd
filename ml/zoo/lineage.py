"""Where a model comes from: which models before it, which pictures, which recipe, which training."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ml.zoo.json_list import Contradiction

_LONGEST = 200_000  # characters of a recipe
_HASH = re.compile("[0-9a-f]{64}|")


@dataclass(frozen=True)
class Ancestor:
    """A model that this one was made from: learned again with mended labels, or begun with its weights."""

    name: str
    title: str = ""
    weights_sha256: str = ""  # empty: nobody knows


@dataclass(frozen=True)
class Lineage:
    """What stands in the card about a model's origin. Empty: nobody has told."""

    parents: tuple[Ancestor, ...] = ()
    data_sha256: str = ""  # of the table of the pictures that were learned from
    changed_labels: int = 0  # labels that a person has mended while looking at answers
    recipe: str = ""  # the text that repeats the training
    training: str = ""  # its folder among the person's trainings, where its report lies
    added_labels: int = 0  # that people gave while looking at what the models before it found
    made_up_labels: int = 0  # that nobody gave: handed on from patches that look alike


def lineage_to_json(lineage: Lineage) -> dict[str, object]:
    """Ready for `model.json`."""
    return asdict(lineage) | {"parents": [asdict(one) for one in lineage.parents]}


def lineage_from_json(value: object) -> Lineage:
    """Read it back. Raises `Contradiction`."""
    if value is None:
        return Lineage()
    told = _object(value, "lineage")
    parents = told.get("parents", [])
    if not isinstance(parents, list) or len(parents) > 16:
        raise Contradiction("the parents are not a list of at most 16")
    training = _text(told, "training", 200)
    if re.search(r"[/\\]|^\.", training):
        raise Contradiction(f"the training {training!r} is not the name of a folder")
    return Lineage(
        tuple(map(_ancestor, parents)),
        _hash(told, "data_sha256"),
        _count(told, "changed_labels"),
        _text(told, "recipe", _LONGEST),
        training,
        _count(told, "added_labels"),
        _count(told, "made_up_labels"),
    )


def _ancestor(value: object) -> Ancestor:
    told = _object(value, "a parent")
    return Ancestor(_text(told, "name", 64), _text(told, "title", 200), _hash(told, "weights_sha256"))


def _object(value: object, key: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise Contradiction(f"{key} is not a JSON object")
    return value


def _text(told: Mapping[str, object], key: str, longest: int) -> str:
    text = told.get(key, "")
    if not isinstance(text, str) or len(text) > longest:
        raise Contradiction(f"{key} is not a text of at most {longest:,} characters")
    return text


def _count(told: Mapping[str, object], key: str) -> int:
    value = told.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Contradiction(f"{key} is not a whole number of at least 0")
    return value


def _hash(told: Mapping[str, object], key: str) -> str:
    text = _text(told, key, 64)
    if _HASH.fullmatch(text) is None:
        raise Contradiction(f"{key} is no sha256")
    return text
