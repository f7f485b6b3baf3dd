"""What was left out of an export and what stays in it, in sentences for whoever hands it on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ml.report.atomic import whole_file

NAME = "privacy.txt"
_LOOK = "Look through what stays before you hand it on: no program knows every name."


@dataclass(frozen=True)
class Privacy:
    """`identity_kept`: the person wished that names stay; then nothing was left out on purpose."""

    identity_kept: bool
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """One sentence for the window."""
        if self.identity_kept:
            return "Names were kept, as you wished: this may name a patient."
        if not self.removed:
            return "De-identified: nothing in it named a patient."
        return f"De-identified. Left out: {'; '.join(self.removed)}."

    def as_facts(self) -> dict[str, object]:
        """For the record."""
        return {
            "identity_kept": self.identity_kept,
            "removed": list(self.removed),
            "kept": list(self.kept),
        }

    def in_words(self) -> str:
        """The whole list."""
        if self.identity_kept:
            lines = [
                "NOT de-identified: names were kept, as the person wished.",
                "",
                "What may name a patient:",
            ]
            return "\n".join([*lines, *(f"- {line}" for line in self.kept), ""])
        removed = self.removed or ("nothing: there was nothing to leave out",)
        lines = ["De-identified.", "", "Left out:", *(f"- {line}" for line in removed)]
        kept = self.kept or ("nothing that could name a patient",)
        return "\n".join([*lines, "", "Kept:", *(f"- {line}" for line in kept), "", _LOOK, ""])


def write_privacy(privacy: Privacy, path: Path) -> None:
    """Write the list. Raises `Problem` when it cannot be written."""
    with whole_file(path) as part:
        part.write_text(privacy.in_words(), encoding="utf-8")
