"""How grey values come about: the window, whether it is inverted, and whether pixels are smoothed."""

from __future__ import annotations

from dataclasses import dataclass

from ml.ct_about import NamedWindow
from ml.volume.window import Window

PRESETS: tuple[tuple[str, str, Window], ...] = (
    ("brain", "Brain", Window(40, 80)),
    ("subdural", "Subdural", Window(75, 215)),
    ("stroke", "Stroke", Window(40, 40)),
    ("bone", "Bone", Window(600, 2800)),
    ("soft_tissue", "Soft tissue", Window(40, 350)),
    ("lung", "Lung", Window(-600, 1500)),
    ("angio", "Angio", Window(300, 600)),
)
"""Key, name and window. A window is said as width/level: brain is 80/40."""

BRAIN = NamedWindow(PRESETS[0][1], PRESETS[0][2])
LEAST_WIDTH = 1.0
MOST = 40_000.0  # HU: beyond it nothing is stored


@dataclass(frozen=True, slots=True)
class CtLook:
    """What is shown black and white, and how."""

    window: Window = BRAIN.window
    inverted: bool = False
    smooth: bool = True

    @property
    def name(self) -> str:
        """The preset's name where it is one, else empty."""
        return next((name for _, name, window in PRESETS if window == self.window), "")


def nudged(window: Window, level: float, width: float) -> Window:
    """A window moved and widened by so many HU, in whole numbers, within what makes sense."""
    new_width = min(max(round(window.width + width), LEAST_WIDTH), MOST)
    return Window(float(min(max(round(window.level + level), -MOST), MOST)), float(new_width))


def in_words(window: Window) -> str:
    """ "W 80 L 40"."""
    return f"W {window.width:,.0f}  L {window.level:,.0f}"
