"""What a card says about tissue that the model has not seen, in words that window and report share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_KEY_FIGURES = {
    "weighted_kappa": "weighted kappa",
    "kappa": "kappa",
    "rank_correlation": "rank correlation",
    "auroc": "AUROC",
    "balanced_accuracy": "balanced accuracy",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
}
_MOST = 2  # figures of each set; the card has them all


def held_out_in_words(metrics: Mapping[str, object]) -> str:
    """ "carotid: weighted kappa 0.70 (0.65 to 0.73), rank correlation 0.92 …", a sentence for each set.

    Takes what stands under "held_out" (set → figure → value, intervals as `…_interval`), else the figures at
    the top. What stands under "checked" in words follows. Empty where the card has none.
    """
    sets = metrics.get("held_out")
    if not isinstance(sets, Mapping):
        return ", ".join(_figures(metrics))
    sentences = []
    for name, figures in sets.items():
        if isinstance(figures, Mapping) and (parts := _figures(figures)):
            sentences.append(f"{str(name).replace('_', ' ')}: {', '.join(parts)}")
    if isinstance(metrics.get("checked"), str):
        sentences.append(str(metrics["checked"]))
    return "; ".join(sentences)


def _figures(figures: Mapping[str, object]) -> list[str]:
    known = [name for name in _KEY_FIGURES if isinstance(figures.get(name), int | float)]
    return [_figure(name, figures) for name in known[:_MOST]]


def _figure(name: str, figures: Mapping[str, object]) -> str:
    text = f"{_KEY_FIGURES[name]} {figures[name]:.2f}"
    interval = figures.get(f"{name}_interval")
    if isinstance(interval, Sequence) and len(interval) == 2:
        text += f" ({interval[0]:.2f} to {interval[1]:.2f})"
    return text
