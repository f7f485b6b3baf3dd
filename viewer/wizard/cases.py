"""Which of the pictures that were found are learned from, and whose they are: a table beside the recipe."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ml.errors import Problem
from ml.report.atomic import whole_file
from ml.slide.opening import supported_suffixes
from ml.train.outlined import ListedSlide
from ml.train.survey import Holding, Layout, Seen, Survey
from ml.train.table import lines_of
from viewer.wizard.plan import LEFT_OUT, DataPlan, Plan

CASES_FILE = "cases.csv"


@dataclass(frozen=True)
class Case:
    """One picture that is learned from."""

    path: Path
    label: str
    patient: str
    site: str


def layout_of(plan: Plan) -> Layout:
    """How the folder of a plan is read."""
    data = plan.data
    holds: Holding = "pictures" if plan.kind == "patches" else plan.kind
    return Layout(holds, data.table, data.file, data.label, data.patient, data.site, data.ending)


def patient_of(one: Seen, data: DataPlan) -> str:
    """Whose a picture is, by the rule of the plan; its own name where the rule finds nobody."""
    stem = one.path.stem
    if data.patients == "column":
        return one.patient or stem
    if data.patients == "before_first":
        return re.split(r"[-_ ]", stem, maxsplit=1)[0] or stem
    if data.patients == "before_last":
        found = re.match(r"^(.+)[-_ ][^-_ ]+$", stem)
        return found.group(1) if found else stem
    if data.patients == "pattern":
        return _by_pattern(one.path.name, data.pattern) or stem
    return f"{one.path.parent.name}/{one.path.name}"


def _by_pattern(name: str, pattern: str) -> str:
    try:
        found = re.search(pattern, name)
    except re.error:
        return ""
    if found is None:
        return ""
    return (found.group(1) if found.groups() else found.group(0)) or ""


def pattern_fault(pattern: str) -> str:
    """What is wrong with a pattern, in words; empty where nothing is."""
    try:
        compiled = re.compile(pattern)
    except re.error:
        return r"This pattern cannot be read. (S-\d+)_ finds S-1024 in S-1024_a.jpg: \d+ stands for digits."
    return "" if compiled.groups else "Put the part that names the patient in round brackets: ^(.*)_"


def cases_of(survey: Survey, data: DataPlan) -> tuple[Case, ...]:
    """What is learned from. Missing, broken and doubled pictures and labels left out are not among them."""
    classes = set(data.classes)
    usable = (one for one in survey.seen if not one.trouble and not one.same_as)
    labelled = ((one, data.relabelled.get(str(one.path), one.label)) for one in usable)
    return tuple(
        Case(one.path, label, patient_of(one, data), one.site)
        for one, label in labelled
        if label != LEFT_OUT and _is_taken(label, classes)
    )


def _is_taken(label: str, classes: set[str]) -> bool:
    return not classes or label in classes or bool(set(parts_of(label)) & classes)


def slides_of(plan: Plan) -> tuple[ListedSlide, ...]:
    """The slides of a plan that is about slides, those of the library with the files of their outlines."""
    data, folder = plan.data, Path(plan.data.folder)
    if not folder.is_dir():
        return ()
    if not data.cases:
        endings = supported_suffixes()
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in endings)
        return tuple(ListedSlide(path, "", None) for path in paths)
    try:
        lines = lines_of(folder / data.table, folder.name, ("file", "outlines"))
    except Problem:
        return ()  # said in step 2
    drawn = [folder / line["outlines"] if line["outlines"] else None for line in lines]
    return tuple(ListedSlide(Path(line["file"]), "", file) for line, file in zip(lines, drawn, strict=True))


def contradictory(survey: Survey) -> tuple[str, ...]:
    """Names of pictures that are there twice, byte for byte, with two labels."""
    first: dict[str, str] = {}
    for one in survey.seen:
        if not one.same_as:
            first.setdefault(one.path.name, one.label)
    return tuple(
        one.path.name for one in survey.seen if one.same_as and first.get(one.same_as, one.label) != one.label
    )


def parts_of(label: str) -> tuple[str, ...]:
    """The single labels of a picture that may have several."""
    return tuple(part.strip() for part in label.split(";") if part.strip())


def counted(survey: Survey | None, data: DataPlan) -> tuple[dict[str, int], dict[str, int]]:
    """Pictures and patients of each label; what is left out is not counted."""
    counts: dict[str, int] = {}
    owners: dict[str, set[str]] = {}
    for one in survey.seen if survey is not None else ():
        if one.trouble or one.same_as:
            continue
        for label in _labels_in(one.label, data.found):
            counts[label] = counts.get(label, 0) + 1
            owners.setdefault(label, set()).add(patient_of(one, data))
    return counts, {label: len(found) for label, found in owners.items()}


def _labels_in(label: str, found: Iterable[str]) -> tuple[str, ...]:
    return (label,) if label in set(found) else parts_of(label)


def write_cases(cases: Iterable[Case], folder: Path) -> Path:
    """As a table that a recipe names; file names are absolute. The same table is left as it is. `Problem`."""
    path = folder / CASES_FILE
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(["file", "label", "patient", "site"])
    table.writerows([str(case.path), case.label, case.patient, case.site] for case in cases)
    content = text.getvalue().encode()
    if not path.is_file() or path.read_bytes() != content:
        with whole_file(path) as part:
            part.write_bytes(content)
    return path
