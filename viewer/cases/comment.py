"""One text of two people: what is kept when both wrote at once, so that nothing of either is lost."""

from __future__ import annotations


def both(base: str, theirs: str, mine: str) -> str:
    """What each of them made of `base`, in one text, theirs first; who deleted all of it counts as silent."""
    if theirs == base or (theirs in mine and mine != base):
        return mine
    if mine == base or mine in theirs:
        return theirs
    if theirs.startswith(base) and mine.startswith(base):
        return _beside(theirs, mine[len(base) :])
    if base and theirs.count(base) == 1:
        return theirs.replace(base, mine)
    if base and mine.count(base) == 1:
        return mine.replace(base, theirs)
    return _beside(theirs, mine)


def _beside(first: str, second: str) -> str:
    return "\n\n".join(part for part in (first.rstrip(), second.strip()) if part)
