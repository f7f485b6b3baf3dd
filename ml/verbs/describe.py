"""Give a trained model its name and its card's texts: weights and figures stay as they are."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from ml.errors import Problem
from ml.zoo.bundle import Bundle, open_bundle, write_bundle
from ml.zoo.lineage import Lineage

REQUIRED = {
    "title": "a name",
    "intended_use": "what it is meant for",
    "limits": "what it must not be relied on for",
    "licence": "who may use it",
}
"""Without these nobody can know what a model is for."""


@dataclass(frozen=True)
class CardTexts:
    """What a person says of a model."""

    title: str
    intended_use: str
    limits: str
    licence: str
    summary: str = ""
    version: str = "1.0"

    @property
    def name(self) -> str:
        """What it is asked for by: lower case, digits and hyphens."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    def missing(self) -> tuple[str, ...]:
        """What nobody has said yet, in words."""
        return tuple(words for key, words in REQUIRED.items() if not getattr(self, key).strip())


def describe(path: Path, texts: CardTexts, folder: Path, lineage: Lineage | None = None) -> Bundle:
    """Write the bundle at `path` into a new folder, with these texts and where it comes from.

    `lineage` None: what its card says stays. Raises `Problem`, `ModelProblem`.
    """
    missing = texts.missing()
    if missing or not texts.name:
        raise Problem(f"The card says nothing about {', '.join(missing) or 'a name'}.", "Fill it in.")
    bundle = open_bundle(path)
    told = {key: getattr(texts, key).strip() for key in ("title", "intended_use", "limits", "licence")}
    card = replace(bundle.card, name=texts.name, version=texts.version, **told)
    if texts.summary.strip():
        card = replace(card, summary=texts.summary.strip())
    if lineage is not None:
        card = replace(card, lineage=lineage)
    with tempfile.TemporaryDirectory() as scratch:
        weights = Path(scratch) / "weights"
        weights.write_bytes(bundle.weights())
        return write_bundle(card, weights, folder, bundle.familiarity())
