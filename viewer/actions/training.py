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
)
