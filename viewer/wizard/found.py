"""What a look through a folder makes of a plan, and what has to be said about it. No window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ml.report.words import count, number
from ml.train.survey import Layout, Seen, Survey
from viewer.wizard.cases import cases_of, contradictory, parts_of, pattern_fault
from viewer.wizard.drawn import added_in_words
from viewer.wizard.picture_kinds import kinds_told, spacings_told
from viewer.wizard.plan import Kind, PatientRule, Plan

RULES: dict[PatientRule, str] = {
    "column": "the column of the table",
    "before_first": "the file's name up to the first -, _ or blank",
    "before_last": "the file's name up to the last -, _ or blank",
    "pattern": "a pattern on the file's name",
    "each": "nobody knows: every picture by itself",
}

_MOST_CLASSES = 30  # a column with more labels is likely another one


def with_layout(plan: Plan, folder: str, layout: Layout) -> Plan:
    """The plan with a folder that is read in this way; what was found before belongs to another one."""
    named = layout.patient or plan.kind == "scans"  # headers of CT name the patient
    rule: PatientRule = "column" if named else "before_last" if plan.kind == "boxes" else "each"
    return plan.with_data(
        folder=folder,
        table=layout.table,
        file=layout.file,
        label=layout.label,
        patient=layout.patient,
        site=layout.site,
        ending=layout.ending,
        patients=rule,
        found=(),
        classes=(),
        more=(),
        cases=(),
        outlines=False,
    )


def with_survey(plan: Plan, survey: Survey) -> Plan:
    """The plan with the labels that were found; those that were chosen before stay chosen."""
    found = labels_in(survey, plan.several or plan.kind == "scans", plan)
    kept = tuple(label for label in plan.data.classes if label in found)
    edges = Counter(min(one.width, one.height) for one in survey.seen if one.width)
    edge = edges.most_common(1)[0][0] if edges else 0
    spacings = [one.spacing for one in survey.seen if one.spacing]
    spacing = plan.data.spacing
    if not spacing and plan.kind == "patches" and len(spacings) == len(survey.seen):
        spacing = round(sum(spacings) / len(spacings), 4)
    taken = kept or tuple(label for label in found if label) if len(found) <= _MOST_CLASSES else kept
    return plan.with_data(found=found, classes=taken, edge=edge, spacing=spacing)


def labels_in(survey: Survey, several: bool, plan: Plan) -> tuple[str, ...]:
    """All labels, the most frequent first."""
    if plan.kind == "boxes" and not plan.data.outlines:
        return tuple(survey.labels) if survey.layout.label else ("lesion",)
    if not several:
        return tuple(survey.labels)
    counts: Counter[str] = Counter()
    for label, pictures in survey.labels.items():
        for part in parts_of(label):
            counts[part] += pictures
    return tuple(label for label, _ in counts.most_common())


def obstacle_of(plan: Plan, survey: Survey | None) -> str:
    """Why one cannot go on to the check; empty where one can."""
    data = plan.data
    if not data.folder:
        return "Choose the folder with your pictures."
    if not data.found:
        return "Wait until the folder has been looked through." if survey is None else _no_labels(survey)
    if data.patients == "pattern" and (fault := pattern_fault(data.pattern)):
        return fault
    if plan.kind == "labelled_slides" and not data.patient:
        return "Choose the column that names the patient."
    return _too_few_classes(plan) or _too_few_patients(plan, survey)


def _too_few_classes(plan: Plan) -> str:
    data = plan.data
    least = 1 if plan.several or plan.kind == "boxes" else 2
    if len(data.found) < least:
        return "There is one class only. The model needs pictures of at least one other to compare with."
    if len(data.classes) < least:
        return "Tick at least two classes." if least == 2 else "Tick at least one class."
    if len({data.title_of(label) for label in data.classes}) < len(data.classes):
        return "Two classes have the same name."
    return ""


def _no_labels(survey: Survey) -> str:
    if all(one.trouble for one in survey.seen):
        return "None of the pictures can be read."
    return "Choose the column with the labels."


def _too_few_patients(plan: Plan, survey: Survey | None) -> str:
    if survey is None or plan.kind in {"boxes", "scans"}:
        return ""
    patients = {case.patient for case in cases_of(survey, plan.data)}
    if len(patients) < 3:
        return (
            f"All pictures are of {count(len(patients), 'patient')}. At least three are needed: to learn "
            "from, to choose when to stop, and to be tested on."
        )
    return ""


def told_of(plan: Plan, survey: Survey) -> tuple[str, ...]:
    """Sentences about what was found."""
    seen, data = survey.seen, plan.data
    cases = cases_of(survey, data)
    patients = len({case.patient for case in cases})
    words = [f"{count(len(cases), _noun(plan.kind))} of {count(patients, 'patient')} will be used."]
    if data.patients == "each":
        words = [f"{count(len(cases), _noun(plan.kind))} will be used. Each counts as a patient of its own."]
    if plan.kind in {"boxes", "scans"} and not plan.data.outlines:
        whose = {one.patient for one in seen if one.patient} if plan.kind == "scans" else set()
        of = f" of {count(len(whose), 'patient')}, as their headers say" if whose else ""
        words = [f"The table names {count(len({one.path for one in seen}), _noun(plan.kind))}{of}."]
    if added := added_in_words(plan):
        words.append(added)
    missing = sum(one.trouble == "missing" for one in seen)
    broken = sum(bool(one.trouble) for one in seen) - missing
    same = sum(bool(one.same_as) for one in seen)
    for amount, what in ((missing, "missing"), (broken, "broken"), (same, "there twice")):
        if amount:
            words.append(f"{amount:,} {'is' if amount == 1 else 'are'} {what} and left out.")
    torn = contradictory(survey)
    if torn:
        words.append(f"The same picture with two labels: {', '.join(torn[:3])}.")
    return (*words, *kinds_told(plan, seen), *_sizes(plan, seen), *spacings_told(plan, seen))


def _sizes(plan: Plan, seen: Iterable[Seen]) -> tuple[str, ...]:
    sizes = Counter((one.width, one.height) for one in seen if one.width)
    if not sizes or plan.kind in {"boxes", "labelled_slides", "scans"}:
        return ()
    (width, height), most = sizes.most_common(1)[0]
    if len(sizes) == 1:
        return (f"All are {width:,} × {height:,} px.",)
    words = f"{len(sizes):,} sizes, most often {width:,} × {height:,} px ({most:,} of {sizes.total():,})."
    if plan.kind == "patches" and plan.data.spacing:
        words += f" All are taken to be at {number(plan.data.spacing)} µm a pixel."
    return (words,)


def _noun(kind: Kind) -> str:
    return {"patches": "picture", "pictures": "picture", "scans": "slice"}.get(kind, "slide")
