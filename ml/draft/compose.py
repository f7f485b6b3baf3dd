"""From a draft and what there is to report to the paper that outputs are made from."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from PIL import Image, UnidentifiedImageError

from ml.draft.draft import (
    AUTO,
    PICTURE,
    AnySection,
    Draft,
    Figure,
    FigureSection,
    FormSection,
    TableSection,
    TextSection,
)
from ml.draft.evidence import Evidence
from ml.draft.field import Field, Values, answered, answers, in_words
from ml.draft.paper import Block, Heading, Pairs, Paper, Plate, Plates, Table, Words
from ml.draft.wording import worded
from ml.errors import Problem
from ml.report.figure import Picture

NOT_ANSWERED = "not answered"
Drawn = Mapping[str, tuple[Plate, ...]]
"""Automatic figures by their names, ready to be placed."""

_TALL = 0.7  # height over width from which on two pictures stand side by side


@dataclass
class _Told:
    """Collects what could not be put into the paper."""

    problems: list[Problem] = field(default_factory=list)


def compose(
    draft: Draft,
    evidence: Evidence,
    drawn: Drawn,
    kept: Callable[[str], bytes],
    made: datetime | None = None,
) -> Paper:
    """Everything in its place. `kept` gives a picture of the store by its SHA-256; it may raise `Problem`.

    What cannot be placed (a picture that is gone, words that cannot be filled in) is left out and told in
    `Paper.problems`: a report in the making must be seen all the same.
    """
    told = _Told()
    header = draft.header
    blocks: list[Block] = []
    facts = dict(evidence.facts) | {"answers": _said(draft)}
    for section in draft.sections:
        if section.shown:
            inside = list(_blocks(section, evidence, drawn, kept, facts, told))
            blocks += [Heading(section.title, section.key), *inside] if inside else []
    return Paper(
        title=header.title,
        subject=evidence.name,
        hospital=header.hospital.strip(),
        author=header.author.strip(),
        logo=_logo(header.logo, kept, told),
        head=tuple(_rows(header.fields, header.values)),
        blocks=tuple(blocks),
        made=made or datetime.now().astimezone(),
        missing=tuple(missing.words.rstrip(".") for missing in draft.missing),
        problems=tuple(told.problems),
    )


def text_of(section: TextSection, evidence: Evidence, draft: Draft) -> str:
    """What a text section says: the person's own words, or the template's. Raises `Problem`."""
    if section.text is not None:
        return section.text
    return worded(section.words, dict(evidence.facts) | {"answers": _said(draft)}, section.title)


def plates_of(pictures: tuple[Picture, ...]) -> tuple[Plate, ...]:
    """Drawn pictures, packed as they go into files."""
    return tuple(_plate_of(picture) for picture in pictures)


def _plate_of(picture: Picture) -> Plate:
    packed = io.BytesIO()
    picture.image.convert("RGB").save(packed, "JPEG", quality=90, subsampling=0, dpi=(240, 240))
    width, height = picture.image.size
    alt = f"{picture.title}. {picture.caption}".strip()
    small = picture.name.startswith("box ")
    title = "" if small else picture.title
    return Plate(packed.getvalue(), width, height, title, picture.caption, alt, picture.half, small)


def _said(draft: Draft) -> dict[str, str]:
    """All answers in words, by the names of their fields; empty where nothing was answered."""
    said: dict[str, str] = {}
    forms = [(draft.header.fields, draft.header.values)]
    forms += [(s.fields, s.values) for s in draft.sections if isinstance(s, FormSection)]
    for fields, values in forms:
        given = answers(values)
        said |= {one.name: in_words(one, given.get(one.name)) for one in fields}
    return said


def _blocks(
    section: AnySection,
    evidence: Evidence,
    drawn: Drawn,
    kept: Callable[[str], bytes],
    facts: Mapping[str, object],
    told: _Told,
) -> Iterator[Block]:
    if isinstance(section, TextSection):
        yield from _text(section, facts, told)
    elif isinstance(section, FormSection):
        rows = tuple(_rows(section.fields, section.values))
        yield from [Pairs(rows)] if rows else []
    elif isinstance(section, FigureSection):
        plates = tuple(_plates(section, drawn, kept, told))
        yield from [Plates(plates)] if plates else []
    elif isinstance(section, TableSection):
        yield from _table(section, evidence)
    else:
        yield from _provenance(evidence)


def _text(section: TextSection, facts: Mapping[str, object], told: _Told) -> Iterator[Block]:
    text = section.text
    if text is None:
        try:
            text = worded(section.words, facts, section.title)
        except Problem as problem:
            told.problems.append(problem)
            return
    if text.strip():
        yield Words(text.strip())


def _table(section: TableSection, evidence: Evidence) -> Iterator[Block]:
    grid = evidence.grids.get(section.table)
    if grid is None:
        return
    if not grid.rows:
        if grid.empty:
            yield Words(grid.empty)
        return
    yield Table(grid)


def _provenance(evidence: Evidence) -> Iterator[Block]:
    if evidence.remarks:
        yield Pairs(evidence.remarks)
    if evidence.about:
        yield Pairs(tuple(evidence.about.items()))
    yield Pairs(evidence.provenance)


def _rows(fields: tuple[Field, ...], values: Values) -> Iterator[tuple[str, str]]:
    """What was answered, and what should have been."""
    given = answers(values)
    for one in fields:
        value = given.get(one.name)
        if answered(value):
            yield one.title, in_words(one, value)
        elif one.required:
            yield one.title, NOT_ANSWERED


def _plates(
    section: FigureSection, drawn: Drawn, kept: Callable[[str], bytes], told: _Told
) -> Iterator[Plate]:
    for figure in section.figures:
        if not figure.shown:
            continue
        if figure.source.startswith(AUTO):
            for plate in drawn.get(figure.source.removeprefix(AUTO), ()):
                yield _in_own_words(plate, figure)
        else:
            plate_or_none = _kept_plate(figure, kept, told)
            if plate_or_none is not None:
                yield plate_or_none


def _in_own_words(plate: Plate, figure: Figure) -> Plate:
    if not figure.caption and not figure.title:
        return plate
    title, caption = figure.title or plate.title, figure.caption or plate.caption
    alt = f"{title}. {caption}".strip()
    return Plate(plate.data, plate.width, plate.height, title, caption, alt, plate.half, plate.small)


def _kept_plate(figure: Figure, kept: Callable[[str], bytes], told: _Told) -> Plate | None:
    try:
        data = kept(figure.source.removeprefix(PICTURE))
        width, height = size_of(data)
    except Problem as problem:
        told.problems.append(problem)
        return None
    title = figure.title or "Picture"
    alt = f"{title}. {figure.caption or 'Taken by the reader'}".strip()
    return Plate(data, width, height, title, figure.caption, alt, height >= _TALL * width)


def _logo(sha256: str, kept: Callable[[str], bytes], told: _Told) -> Plate | None:
    if not sha256:
        return None
    try:
        data = kept(sha256)
        width, height = size_of(data)
    except Problem as problem:
        told.problems.append(problem)
        return None
    return Plate(data, width, height, "", "", "Logo of the hospital")


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG, px. Raises `Problem` for anything else."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            return image.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise Problem("This is no picture that a report can hold.", "Choose a PNG or a JPEG file.") from error
