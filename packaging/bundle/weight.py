"""What a bundle weighs, and which part of it how much."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

_NAMED = 24  # parts that are told by name


def weigh(folder: Path) -> Counter[str]:
    """Bytes of each part: a package of `_internal`, its single files, the programs beside it.

    The programs hold all modules that are written in Python, compressed. Links count once.
    """
    parts: Counter[str] = Counter()
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        inside = path.relative_to(folder).parts
        part = "single files" if inside[0] == "_internal" else "programs"
        part = inside[1] if inside[0] == "_internal" and len(inside) > 2 else part
        parts[part.removesuffix(".libs")] += path.stat().st_size
    return parts


def told(folder: Path) -> list[str]:
    """The sum, and the largest parts, in MB of 10^6 bytes."""
    parts = weigh(folder)
    largest = parts.most_common(_NAMED)
    rest = sum(parts.values()) - sum(size for _, size in largest)
    lines = [f"{folder.name}: {sum(parts.values()) / 1e6:,.0f} MB"]
    lines += [f"  {size / 1e6:6,.0f}  {name}" for name, size in (*largest, ("everything else", rest))]
    return lines
