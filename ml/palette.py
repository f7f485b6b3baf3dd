"""Colours of classes that came without one: the same in the window, in reports and in exports."""

from __future__ import annotations

from collections.abc import Sequence

Rgb = tuple[int, int, int]

CLASS_COLORS: tuple[Rgb, ...] = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (213, 94, 0),
    (86, 180, 233),
    (240, 228, 66),
)
"""Okabe and Ito's without black, which is seen on no dark panel: told apart by colour-blind people too."""


def class_color(class_index: int, own: Sequence[Rgb] = ()) -> Rgb:
    """The class's own colour where it has one, else one of `CLASS_COLORS`, again from the first after all."""
    return own[class_index] if class_index < len(own) else CLASS_COLORS[class_index % len(CLASS_COLORS)]
