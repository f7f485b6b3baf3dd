"""Held-out figures in words: those of each set with their intervals, nothing invented."""

from __future__ import annotations

from ml import paths
from ml.report.held_out import held_out_in_words
from ml.zoo.bundle import load_card


def test_each_set_has_its_figures_and_intervals() -> None:
    metrics = {
        "held_out": {
            "unseen_slide": {
                "patches": 100,
                "weighted_kappa": 0.695,
                "weighted_kappa_interval": [0.653, 0.731],
                "rank_correlation": 0.92,
                "balanced_accuracy": 0.5,
            },
            "other": {"rank_correlation": 0.7},
            "nothing": {"patches": 3},
        },
        "chosen_on": {"elsewhere": {"weighted_kappa": 0.99}},
    }
    assert held_out_in_words(metrics).split("; ") == [
        "unseen slide: weighted kappa 0.69 (0.65 to 0.73), rank correlation 0.92",
        "other: rank correlation 0.70",
    ]


def test_plain_figures_and_none() -> None:
    assert held_out_in_words({"auroc": 0.91, "note": "by patient"}) == "AUROC 0.91"
    assert held_out_in_words({}) == ""


def test_the_builtin_card_says_how_well_it_does_on_the_unseen_slide() -> None:
    card = load_card(paths.resources() / "models" / "cellularity")
    words = held_out_in_words(card.metrics)
    stated = card.metrics["held_out"]["carotid_thrombus"]["weighted_kappa"]  # type: ignore[index]
    assert f"carotid thrombus: weighted kappa {stated:.2f} (" in words
