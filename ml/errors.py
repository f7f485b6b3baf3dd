"""Problems a person can act on. Anything else that is raised is a bug."""

from __future__ import annotations


class Problem(Exception):  # noqa: N818 - it is a problem of the person's, not an error of the program
    """Something that a person can mend: what happened, what to try, and the facts behind it.

    `what` and `remedy` are whole sentences in plain words; `facts` go to the log and to *Copy details*.
    """

    def __init__(self, what: str, remedy: str = "", **facts: object) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".strip()

    def details(self) -> str:
        """The text for the log and the clipboard: the sentence, then one fact a line."""
        lines = [str(self), *(f"{name}: {value}" for name, value in self.facts.items())]
        return "\n".join(lines)


class SlideProblem(Problem):
    """A slide file cannot be opened, or a part of it cannot be read."""


class SlideGone(SlideProblem):
    """The system does not hand over the file any more: a share that went away. It may come back."""


class SpacingUnknown(Problem):
    """The slide does not say (or does not say plausibly) how large a pixel is, and somebody must."""


class ModelProblem(Problem):
    """A model bundle is refused, or cannot run on this computer."""
