"""`parfocal-ml annotations …`: annotation files of one program for another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ml.errors import Problem
from ml.exchange import formats
from ml.exchange.contract import About, Document
from ml.geometry import Spacing


def convert(
    source: Path, target: Path, *, to: str = "", slide: Path | None = None, spacing: float | None = None,
    overwrite: bool = False, deidentify: bool = False,
) -> dict[str, object]:  # fmt: skip
    """Write the annotations of one file into another; how many, and what was left behind. Raises `Problem`.

    `to` names the format where the target's name does not tell it. `slide` gives size, spacing and, for
    DICOM, the frame of reference; `spacing` is in µm per px, where no slide is given or it does not say.
    `deidentify` leaves out names of annotations, notes beside them and the slide's name.
    """
    if target.exists() and not overwrite:
        raise Problem(
            f"{target.name} is there already.", "Give another name, or replace it with --overwrite."
        )
    about = about_slide(slide, spacing)
    found = formats.read(source, about)
    document, removed = Document(found.annotations, found.classes, about), list[str]()
    if deidentify:
        document, removed = _without_words(document, [path for path in (source, slide) if path is not None])
    written = formats.write(target, document, to)
    return {
        "annotations": len(found.annotations),
        "from": formats.format_named(found.format).title,
        "to": formats.format_named(written.format).title,
        "file": str(target),
        "left_out": list(found.left_out),
        "lost": list(written.lost),
        "removed": removed,
    }


def _without_words(document: Document, files: list[Path]) -> tuple[Document, list[str]]:
    """The same without free text and the names of these files, and in words what was left out."""
    from ml.deidentify.report import without_words
    from ml.deidentify.words import known_names

    drawn, removed = without_words(document.annotations, files)
    names = known_names(files)
    classes = {names.without(name): color for name, color in document.classes.items()}
    return Document(drawn, classes, replace(document.about, name="slide")), list(removed)


def in_words(facts: dict[str, object]) -> str:
    """The same for a person: every loss on a line of its own."""
    way = f"from {facts['from']}, written as {facts['to']}: {facts['file']}"
    count = facts["annotations"]
    lines = [f"{count:,} annotation{'' if count == 1 else 's'} {way}"]
    for key, title in (
        ("left_out", "Not taken from the first file:"),
        ("lost", "Not carried into the second:"),
        ("removed", "Left out, as you wished:"),
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
