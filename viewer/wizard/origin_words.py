"""Where a model comes from, and what goes with it, in words. No window."""

from __future__ import annotations

from collections.abc import Sequence

from ml.report.words import count
from ml.zoo.card import ModelCard
from ml.zoo.store import ModelEntry


def origin_in_words(card: ModelCard, entries: Sequence[ModelEntry] = ()) -> tuple[tuple[str, str], ...]:
    """Heading and text of each thing that is known. `entries`: the models that there are."""
    lineage = card.lineage
    here = {entry.name for entry in entries if entry.card is not None}
    gone = ", which is not here any more"
    parents = [
        f"“{one.title or one.name}”{'' if not entries or one.name in here else gone}"
        for one in lineage.parents
    ]
    changed = count(lineage.changed_labels, "label") if lineage.changed_labels else ""
    added = f"{count(lineage.added_labels, 'label')} given by people who looked at what models found"
    made_up = f"{count(lineage.made_up_labels, 'label')} that nobody gave; never in the verdict"
    lines = (
        ("Made from", ", ".join(parents)),
        ("Mended", f"{changed} changed by a person" if changed else ""),
        ("Added", added if lineage.added_labels else ""),
        ("Made up", made_up if lineage.made_up_labels else ""),
        ("Learned from", card.training_data),
        (
            "Table of its pictures",
            f"fingerprint {lineage.data_sha256[:16]}… (sha256): the same table has the same one"
            if lineage.data_sha256
            else "",
        ),
        ("Training", lineage.training),
        (
            "The same in a terminal, which repeats it",
            card.command if not lineage.recipe else "parfocal-ml train recipe.toml --data . --out out",
        ),
    )
    return tuple((title, text) for title, text in lines if text)


def loss_in_words(name: str, children: Sequence[str], uses: Sequence[str]) -> str:
    """What depends on a model, before it is deleted. `uses`: where the case library has analyses by it."""
    words = [f"“{name}” is deleted from this computer. The training that made it stays."]
    if children:
        listed = ", ".join(f"“{child}”" for child in children)
        words.append(f"Made from it: {listed}. They go on working, but name a model that is not here.")
    if uses:
        shown = ", ".join(uses[:5]) + (f" and {len(uses) - 5} more" if len(uses) > 5 else "")
        many = count(len(uses), "file")
        words.append(f"Analyses of {many} were made with it: {shown}. They stay, but cannot be repeated.")
    if not children and not uses:
        words.append("No other model and no analysis depends on it.")
    return "\n\n".join(words)
