"""Commands: models of one's own."""

from __future__ import annotations

from viewer.actions.command import Entry

TRAIN = "Train"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "train",
        "Train a model…",
        "From labelled pictures to a model of your own, step by step.",
        TRAIN,
        "",
        ("Ctrl+Shift+T",),
    ),
    Entry(
        "models",
        "Your models…",
        "Where each model comes from, its report; delete one.",
        TRAIN,
        "",
    ),
    Entry(
        "label_queue",
        "Label what is worth it…",
        "Be asked about the patches or slices of this analysis that a model would learn most from.",
        TRAIN,
        "",
        ("Ctrl+Shift+L",),
        1,
    ),
    Entry(
        "made_up",
        "Made-up labels…",
        "See the labels that nobody gave, and take back what is wrong.",
        TRAIN,
        "",
        (),
        1,
        "slide",
    ),
    Entry(
        "retrain",
        "Retrain from here…",
        "Train again as this model was, with what people said of its findings since.",
        TRAIN,
        "",
        ("Ctrl+Alt+T",),
        1,
    ),
)
