"""`parfocal-ml info` and `samples`: what a slide's file says, and the slides that anybody has."""

from __future__ import annotations

from pathlib import Path

Facts = dict[str, object]


def facts(path: Path) -> Facts:
    """What the file says about itself, in a person's words; without folders. Raises `SlideProblem`."""
    from ml.slide.opening import open_slide

    with open_slide(path) as slide:
        info = slide.info
    spacing = info.spacing
    known = f"{spacing.spacing.x:g} × {spacing.spacing.y:g} µm/px, from {spacing.source}" if spacing else ""
    return {
        "file": path.name,
        "kind": info.vendor,
        "size": f"{info.size.width} × {info.size.height} px",
        "spacing": known or f"unknown. {info.spacing_doubt}".strip(),
        "objective": f"×{info.objective:g}" if info.objective else "unknown",
        "levels": ", ".join(f"{level.size.width} × {level.size.height}" for level in info.levels),
        "pictures": ", ".join(info.associated) or "none",
    }


def samples() -> Facts:
    """The sample slides by name, with the files they lie in; made where they are not there yet."""
    from ml.slide.samples import samples

    return {path.name: path for path in samples()}
