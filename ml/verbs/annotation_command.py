"""`parfocal-ml annotations …`: annotation files of one program for another."""

from __future__ import annotations

from pathlib import Path

from ml.errors import Problem
from ml.exchange import formats
from ml.exchange.contract import About, Document
from ml.geometry import Spacing


def convert(
    source: Path, target: Path, *, to: str = "", slide: Path | None = None, spacing: float | None = None,
    overwrite: bool = False,
) -> dict[str, object]:  # fmt: skip
    """Write the annotations of one file into another; how many, and what was left behind. Raises `Problem`.

    `to` names the format where the target's name does not tell it. `slide` gives size, spacing and, for
    DICOM, the frame of reference; `spacing` is in µm per px, where no slide is given or it does not say.
    """
    if target.exists() and not overwrite:
        raise Problem(
            f"{target.name} is there already.", "Give another name, or replace it with --overwrite."
        )
    about = about_slide(slide, spacing)
    found = formats.read(source, about)
    written = formats.write(target, Document(found.annotations, found.classes, about), to)
    return {
        "annotations": len(found.annotations),
        "from": formats.format_named(found.format).title,
        "to": formats.format_named(written.format).title,
        "file": str(target),
        "left_out": list(found.left_out),
        "lost": list(written.lost),
    }


def in_words(facts: dict[str, object]) -> str:
    """The same for a person: every loss on a line of its own."""
    way = f"from {facts['from']}, written as {facts['to']}: {facts['file']}"
    count = facts["annotations"]
    lines = [f"{count:,} annotation{'' if count == 1 else 's'} {way}"]
    for key, title in (
        ("left_out", "Not taken from the first file:"),
        ("lost", "Not carried into the second:"),
    ):
        sentences = facts[key]
        assert isinstance(sentences, list)
        lines += [title, *(f"  {sentence}" for sentence in sentences)] if sentences else []
    return "\n".join(lines)


def about_slide(slide: Path | None, spacing: float | None) -> About:
    """What the formats may need to know of a slide. Raises `SlideProblem`."""
    stated = None if spacing is None else Spacing.square(spacing)
    if slide is None:
        return About(spacing=stated)
    from ml.slide.opening import open_slide

    with open_slide(slide) as opened:
        info = opened.info
        known = stated or (info.spacing.spacing if info.spacing else None)
        dicom = slide if info.vendor == "DICOM whole slide" else None
        return About(slide.name, info.size, known, dicom)
