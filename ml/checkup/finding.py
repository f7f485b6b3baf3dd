"""One thing that was looked at on this computer. Its words name no person, file, folder or computer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "look", "bad"]
SIGNS: dict[State, str] = {"good": "✓", "look": "!", "bad": "✗"}


@dataclass(frozen=True)
class Finding:
    """`look`: it works, with less than it could; `bad`: something will not work, or may be lost."""

    what: str
    state: State
    words: str  # what was found
    means: str = ""  # for the person's work; one sentence, empty where nothing follows from it
    do: str = ""  # one sentence; empty where nothing needs doing

    @property
    def good(self) -> bool:
        """Whether nothing needs doing."""
        return self.state == "good"

    def as_facts(self) -> dict[str, object]:
        """For JSON."""
        return {
            "what": self.what,
            "state": self.state,
            "good": self.good,
            "words": self.words,
            "means": self.means,
            "do": self.do,
        }

    def in_words(self) -> str:
        """For a person: a line, and under it what it means and what to do where that is said."""
        more = [f"    {sentence}" for sentence in (self.means, self.do) if sentence]
        return "\n".join((f"{SIGNS[self.state]} {self.what}: {self.words}", *more))
