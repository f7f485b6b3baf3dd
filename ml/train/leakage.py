"""Whether anything of the test stands among what was learned from, and whether labels go with something else.

A model that has seen its test is worth nothing, and nobody notices: so the run stops.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.train.pictures import Pictures

NEAR = 0.98
"""Correlation of two thumbnails from which on pictures count as the same one, taken or saved twice."""

_SHOWN = 20  # pairs that a report lists


@dataclass(frozen=True)
class Pair:
    """Two pictures on two sides."""

    one: str
    other: str
    why: str


@dataclass(frozen=True)
class Confounding:
    """How well something beside the picture's content tells the label: Cramér's V, 0 to 1 (Cramér 1946)."""

    what: str
    strength: float
    chance: float  # the 95th percentile of the same figure with labels shuffled

    @property
    def is_worrying(self) -> bool:
        """More than chance gives, and enough that a network could live on it."""
        return self.strength > self.chance and self.strength >= 0.3


@dataclass(frozen=True)
class LeakageReport:
    """What was looked for and what was found; it is stored with the model."""

    pictures: int
    groups: int
    groups_on_two_sides: tuple[str, ...]
    same_files: tuple[Pair, ...]
    near_duplicates: tuple[Pair, ...]
    confounding: tuple[Confounding, ...]
    notes: tuple[str, ...] = ()  # what was done to the groups before

    @property
    def is_clean(self) -> bool:
        """Whether no side knows another."""
        return not (self.groups_on_two_sides or self.same_files or self.near_duplicates)

    def as_facts(self) -> dict[str, object]:
        """For JSON; long lists are cut, their lengths are kept."""
        facts = asdict(self)
        for key in ("groups_on_two_sides", "same_files", "near_duplicates"):
            facts[f"{key}_count"] = len(facts[key])
            facts[key] = list(facts[key][:_SHOWN])
        return facts

    def in_words(self) -> tuple[str, ...]:
        """Sentences for a person."""
        words = [*self.notes, f"{self.pictures:,} pictures of {self.groups:,} patients or groups."]
        if self.is_clean:
            words.append("No patient or group, and no picture that looks the same, stands on two sides.")
        if self.groups_on_two_sides:
            words.append(f"{len(self.groups_on_two_sides)} groups stand on two sides.")
        if self.same_files:
            words.append(f"{len(self.same_files)} files are there twice, on two sides.")
        if self.near_duplicates:
            words.append(f"{len(self.near_duplicates)} pairs on two sides look the same.")
        words += [
            f"The label goes with the {c.what} (strength {c.strength:.2f} of 1, by chance {c.chance:.2f}): a "
            "network may learn that in place of the disease."
            for c in self.confounding
            if c.is_worrying
        ]
        return tuple(words)


def inspect(pictures: Pictures, sides: NDArray[np.intp]) -> LeakageReport:
    """Look at a division: `sides` is (n,), the fold (or side) of every picture."""
    crossing = [group for group, found in _sides_by(pictures.groups, sides).items() if len(found) > 1]
    return LeakageReport(
        pictures=len(pictures),
        groups=len(set(pictures.groups)),
        groups_on_two_sides=tuple(crossing),
        same_files=_same_files(pictures, sides),
        near_duplicates=_near(pictures, sides),
        confounding=tuple(_confounding(pictures)),
    )


def refuse(report: LeakageReport, *, duplicates_too: bool) -> None:
    """Raise `Problem` where a side knows another; near-duplicates only when they count."""
    found: Sequence[tuple[bool, str]] = (
        (bool(report.groups_on_two_sides), f"{len(report.groups_on_two_sides)} groups stand on two sides"),
        (bool(report.same_files), f"{len(report.same_files)} files stand on two sides under two names"),
        (
            bool(report.near_duplicates) and duplicates_too,
            f"{len(report.near_duplicates)} pairs of pictures on two sides look the same",
        ),
    )
    words = [text for holds, text in found if holds]
    if words:
        examples = [
            *report.groups_on_two_sides[:3],
            *(f"{p.one} and {p.other}" for p in (*report.same_files, *report.near_duplicates)[:3]),
        ]
        raise Problem(
            f"{'; '.join(words)}: {', '.join(examples)}.",
            "Figures from such a split would be too good to be true. Mend the groups, or drop one of a pair.",
        )


def cramers_v(one: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    """Association of two columns of categories, (n,) each, 0 to 1."""
    table = np.zeros((int(one.max()) + 1, int(other.max()) + 1))
    np.add.at(table, (one, other), 1)
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    least = min(table.shape) - 1
    if least < 1:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    chi2 = float(((table - expected) ** 2 / expected).sum())
    return float(np.sqrt(chi2 / table.sum() / least))


def _sides_by(names: Sequence[str], sides: NDArray[np.intp]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for name, side in zip(names, sides, strict=True):
        found.setdefault(name, set()).add(int(side))
    return found


def _same_files(pictures: Pictures, sides: NDArray[np.intp]) -> tuple[Pair, ...]:
    first: dict[str, int] = {}
    pairs = []
    for number, sha256 in enumerate(pictures.sha256):
        before = first.setdefault(sha256, number)
        if sides[before] != sides[number]:
            one, other = (pictures.rows[n].path.name for n in (before, number))
            pairs.append(Pair(one, other, "the same file"))
    return tuple(pairs)


def _near(pictures: Pictures, sides: NDArray[np.intp]) -> tuple[Pair, ...]:
    """Pairs on two sides whose thumbnails correlate, a block of rows at a time; same files are left out."""
    pairs = []
    for start in range(0, len(pictures), 512):
        likeness = pictures.thumbs[start : start + 512] @ pictures.thumbs.T
        rows, columns = np.nonzero(likeness >= NEAR)
        for row, column in zip(rows + start, columns, strict=True):
            apart = row < column and sides[row] != sides[column]
            if apart and pictures.sha256[row] != pictures.sha256[column]:
                one, other = (pictures.rows[n].path.name for n in (row, column))
                why = f"thumbnails correlate by {likeness[row - start, column]:.3f}"
                pairs.append(Pair(one, other, why))
    return tuple(pairs)


def _confounding(pictures: Pictures) -> list[Confounding]:
    """Whether site, source, kind of file or size of the picture tell the label.

    Chance deals labels out among whole patients where each has one label only: many pictures of few patients
    go with anything.
    """
    labels = _codes([str(row.label) for row in pictures.rows])
    owners = _codes(pictures.groups)
    first = np.unique(owners, return_index=True)[1]
    whole = bool((labels[first][owners] == labels).all())
    columns = {
        "site": [row.site for row in pictures.rows],
        "source": [row.source for row in pictures.rows],
        "kind of file": [row.path.suffix.lower() for row in pictures.rows],
        "size of the picture": [f"{width} × {height}" for width, height in pictures.sizes],
    }
    chance = np.random.default_rng(0)
    found = []
    for what, values in columns.items():
        codes = _codes(values)
        if codes.max() > 0 and labels.max() > 0:
            dealt = (
                chance.permutation(labels[first])[owners] if whole else chance.permutation(labels)
                for _ in range(100)
            )
            shuffled = [cramers_v(labels_by_chance, codes) for labels_by_chance in dealt]
            found.append(Confounding(what, cramers_v(labels, codes), float(np.percentile(shuffled, 95))))
    return found


def _codes(values: Sequence[str]) -> NDArray[np.intp]:
    codes: NDArray[np.intp] = np.unique(np.array(values), return_inverse=True)[1].astype(np.intp)
    return codes
