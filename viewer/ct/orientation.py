"""Which side of the patient a direction points to, in letters."""

from __future__ import annotations

from ml.ct_measure import Place
from viewer.canvas.camera import Camera
from viewer.ct.plane import Shown

_WORTH = 0.26  # of a unit vector: 15 degrees off an axis earn a second letter


def letters(direction: Place) -> str:
    """ "L" to the patient's left, "P" to the back, "H" to the head; two or three of an oblique direction."""
    named = zip(direction, (("L", "R"), ("P", "A"), ("H", "F")), strict=True)
    found = [(abs(value), above if value > 0 else below) for value, (above, below) in named]
    return "".join(letter for size, letter in sorted(found, reverse=True) if size > _WORTH)


def edges(shown: Shown, camera: Camera) -> tuple[str, str, str, str]:
    """Letters at the left, right, upper and lower edge of a widget, however the picture is turned."""
    middle = camera.to_slide(camera.width / 2, camera.height / 2)
    found = []
    for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        there = camera.to_slide(camera.width / 2 + x, camera.height / 2 + y)
        across, below = (there.x - middle.x) * camera.scale, (there.y - middle.y) * camera.scale
        r, d = shown.right, shown.down
        found.append(
            letters(
                (
                    across * r[0] + below * d[0],
                    across * r[1] + below * d[1],
                    across * r[2] + below * d[2],
                )
            )
        )
    return found[0], found[1], found[2], found[3]
