"""A model's card in a pathologist's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ml.report.held_out import held_out_in_words
from ml.report.words import percent
from ml.zoo.card import ModelCard
from viewer.panels.quantities import with_unit

_FIGURES = {
    "weighted_kappa": "agreement beyond chance (weighted kappa)",
    "quadratic_kappa": "agreement beyond chance (weighted kappa)",
    "kappa": "agreement beyond chance (kappa)",
    "accuracy": "patches classified right",
    "balanced_accuracy": "patches classified right, each class counted equally",
    "rank_correlation": "order from little to much agrees (rank correlation)",
    "spearman": "order from little to much agrees (rank correlation)",
    "auroc": "tells the classes apart (AUROC; 0.5 is guessing, 1 is perfect)",
    "auprc": "precision over all sensitivities (AUPRC)",
    "f1": "balance of sensitivity and precision (F1)",
    "macro_f1": "balance of sensitivity and precision (F1, mean of classes)",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "patches": "patches checked",
    "slides": "slides checked",
}
_IN_PERCENT = {"accuracy", "balanced_accuracy", "sensitivity", "specificity"}


def in_short(card: ModelCard) -> tuple[tuple[str, str], ...]:
    """What to know before using it: heading and text, without what the card does not say."""
    lines = (
        ("What it does", card.summary),
        ("Stain", card.stain),
        ("Trained on", card.training_data),
        ("Made from", _parents(card)),
        ("Held-out check", held_out_in_words(card.metrics)),
        ("Limits", card.limits),
        ("Licence", card.licence),
    )
    return tuple((name, text) for name, text in lines if text)


def _parents(card: ModelCard) -> str:
    """The models that it comes from, and what a person has changed since."""
    lineage = card.lineage
    changed = lineage.changed_labels
    mended = f"{changed:,} label{'s' if changed > 1 else ''} changed by a person" if changed else ""
    names = ", ".join(f"“{one.title or one.name}”" for one in lineage.parents)
    return ", ".join(part for part in (names, mended) if part)


def in_full(card: ModelCard) -> tuple[tuple[str, str], ...]:
    """The rest of the card."""
    edge = with_unit(f"{card.patch_pixels * card.spacing:.0f}", "µm")
    lines = (
        ("Intended use", card.intended_use),
        ("Looks at", f"squares of {edge}, at {with_unit(f'{card.spacing:g}', 'µm/px')}"),
        ("Tells apart", ", ".join(card.class_names)),
        ("How labels were made", card.labels),
        ("Unlike its training data", _familiarity(card)),
        ("Checked", "\n".join(f"{name}: {value}" for name, value in figures(card.metrics))),
        ("Network", f"{card.architecture}, version {card.version}"),
        ("Weights (sha256)", f"{card.weights_sha256[:16]}…" if card.weights_sha256 else ""),
        ("Trained by", card.command),
    )
    return tuple((name, text) for name, text in lines if text)


def _familiarity(card: ModelCard) -> str:
    """Whether the model notices it, and how often it errs on pictures of the right kind."""
    check = card.familiarity
    if check is None:
        return ""
    if not check.held_out_pictures:
        return "Parfocal says so."
    share, pictures = percent(check.held_out_share), f"{check.held_out_pictures:,}"
    return f"Parfocal says so; wrongly for {share} of {pictures} held-out pictures of the right kind."


def figures(metrics: Mapping[str, object]) -> list[tuple[str, str]]:
    """Every figure of the card, one a line; those of a group carry its name."""
    return list(_walk(metrics))


def _walk(metrics: Mapping[str, object], group: str = "") -> Iterator[tuple[str, str]]:
    for key, value in metrics.items():
        if isinstance(value, Mapping):
            yield from _walk(value, f"{group}{_plain(key)}, ")
        else:
            yield f"{group}{_FIGURES.get(key.lower(), _plain(key))}", _written(key, value)


def _plain(key: str) -> str:
    return key.replace("_", " ").strip()


def _written(key: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and key.lower() in _IN_PERCENT and 0 <= value <= 1:
        return with_unit(f"{value * 100:.0f}", "%")
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        inner = ", " if not any(isinstance(part, Sequence) for part in value) else "; "
        return inner.join(_written(key, part) for part in value)
    return str(value)
