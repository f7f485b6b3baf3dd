"""What people drew because a model had missed it, as the training that goes on from the model tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ml.annotation.geojson import read_geojson
from ml.report.words import count
from ml.train.corrected import DRAWN
from viewer.wizard.added import ADDED_FILE, lines_in
from viewer.wizard.cases import slides_of
from viewer.wizard.plan import Plan
from viewer.wizard.plan_recipe import LABELS
from viewer.work.told import Told


def without_known(told: Sequence[Told], plan: Plan) -> tuple[Told, ...]:
    """The same but for outlines that the model learned from already, in the copy that its training took."""
    copies = {one.path: one.outlines for one in slides_of(plan)} if plan.data.outlines else {}
    return tuple(_without(one, copies.get(one.slide.path)) for one in told)


def _without(told: Told, copy: Path | None) -> Told:
    if copy is None or not any(one.drawn for one in told.slide.said):
        return told
    known = {one.id for one in read_geojson(copy).annotations}
    said = tuple(one for one in told.slide.said if one.drawn not in known)
    return replace(told, slide=replace(told.slide, said=said))


def drawn_among(pictures: Iterable[str]) -> tuple[int, str]:
    """How many of these patches lie in what people drew, and by whom and when: "Dr. A on 2026-11-26"."""
    by_folder: dict[Path, set[str]] = {}
    for path in map(Path, pictures):
        by_folder.setdefault(path.parent, set()).add(path.name)
    drawn = [
        line
        for folder, names in by_folder.items()
        if (folder / ADDED_FILE).is_file()
        for line in lines_in(folder / ADDED_FILE)
        if line["source"] == DRAWN and line["file"] in names
    ]
    return len(drawn), _by_whom(drawn)


def _by_whom(lines: Sequence[dict[str, str]]) -> str:
    people = sorted({line["by"] for line in lines if line["by"]})
    days = sorted({line["at"][:10] for line in lines if line["at"]})
    shown = people if len(people) < 4 else [*people[:2], f"{count(len(people) - 2, 'other')}"]
    who = " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))
    when = " to ".join(dict.fromkeys((*days[:1], *days[-1:])))
    return " on ".join(filter(None, (who, when)))


def added_in_words(plan: Plan) -> str:
    """How many labels people gave since, and how many of them by drawing; empty where none did."""
    data = plan.data
    apart = plan.kind in {"boxes", "scans"}
    if not data.added or not (apart or Path(data.folder).name == LABELS):  # other pictures were chosen since
        return ""
    beside = ", beside them" if apart else ", among them"
    words = f"{count(data.added, 'label')} that people gave since{beside}."
    if data.drawn:
        whose = f", by {data.drawn_by}" if data.drawn_by else ""
        words += f" {data.drawn:,} of these lie in what was drawn by hand{whose}."
    if data.left_out:
        slices = f"{count(data.left_out, 'slice')} with accepted or rejected findings"
        words += f" {slices} left out: of other classes nobody said whether they are to be seen."
    return words
