"""What a model that learned from one label a slide says of a slide as a whole."""

from __future__ import annotations

from dataclasses import dataclass

_SPACE = "\u202f"  # narrow and unbreakable: between a number and its unit


@dataclass(frozen=True)
class SlideAnswer:
    """One answer for the slide, joined from tiles as it was done when the model was judged."""

    class_names: tuple[str, ...]
    probabilities: tuple[float, ...]  # of the classes, in their order; they sum to 1
    tiles: int  # that it was joined from

    @property
    def likeliest(self) -> str:
        """The class with the highest probability, of equal ones the first."""
        return self.class_names[max(range(len(self.probabilities)), key=self.probabilities.__getitem__)]

    def in_words(self) -> str:
        """ "The slide as a whole: LAA 71 %, CE 29 % (by 16 patches spread over it)." """
        order = sorted(range(len(self.probabilities)), key=lambda place: -self.probabilities[place])
        said = ", ".join(f"{self.class_names[n]} {100 * self.probabilities[n]:.0f}{_SPACE}%" for n in order)
        by = "1 patch" if self.tiles == 1 else f"{self.tiles:,} patches spread over it"
        return f"The slide as a whole: {said} (by {by})."
