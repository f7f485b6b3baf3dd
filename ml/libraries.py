"""The versions of the libraries that are installed; nothing is loaded for it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable


def versions_of(distributions: Iterable[str]) -> dict[str, str]:
    """By name, in their order. One that is not there (or whose metadata a bundle leaves out) is left out."""
    found = {}
    for name in distributions:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
