"""How much of what was looked at is unlike what a model was trained on."""

from __future__ import annotations

from dataclasses import dataclass

_SPACE = "\u202f"  # narrow and unbreakable: between a number and its unit
_FEW = 0.1  # share up to which nothing is said: held-out pictures of the same kind come to about 0.01
_LEAST = 2  # patches: one among several says nothing

REMEDY = "The model names a class for them all the same: do not rely on it."
"""What to think of such a result."""


@dataclass(frozen=True)
class Likeness:
    """Patches that were looked at, and how many of them are unlike the training data."""

    unlike: int
    patches: int

    @property
    def share(self) -> float:
        """Share that is unlike, 0..1; 0 where nothing was looked at."""
        return self.unlike / self.patches if self.patches else 0.0

    @property
    def is_warning(self) -> bool:
        """Whether a person should know before they believe the answers."""
        return self.unlike >= min(_LEAST, max(self.patches, 1)) and self.share > _FEW

    def as_facts(self) -> dict[str, object]:
        """For programs: the share, the number behind it, whether it is a warning, and the sentence."""
        return {
            "unlike_training_data": round(self.share, 4),
            "unlike_patches": self.unlike,
            "unlike_warning": self.is_warning,
            "unlike_in_words": f"{self.in_words()} {REMEDY}" if self.is_warning else self.in_words(),
        }

    def in_words(self) -> str:
        """ "84 % of the patches are unlike what this model was trained on."; one sentence in any case."""
        if self.patches == 1:
            return (
                f"What was looked at is {'unlike' if self.unlike else 'like'} what this model was trained on."
            )
        return f"{_percent(self.share)} of the patches are unlike what this model was trained on."

    def of_a_few_in_words(self) -> str:
        """The same of a handful that was tried: "11 of 12 patches looked at here are unlike …"."""
        if self.patches == 1:
            return self.in_words()
        what = f"{self.unlike} of {self.patches} patches looked at here are unlike"
        return f"{what} what this model was trained on."


def _percent(share: float) -> str:
    if 0 < share < 0.01:
        return f"<{_SPACE}1{_SPACE}%"
    if 0.99 < share < 1:
        return f">{_SPACE}99{_SPACE}%"
    return f"{share * 100:.0f}{_SPACE}%"
