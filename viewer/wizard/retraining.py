"""A training that goes on from a model: its own pictures, and what people said since. No window.

The folder of the new training gets a table of all pictures, the parent's and the new ones, and the plan reads
that table; whatever was chosen for the parent stays chosen. Nothing of the parent is changed.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ml import paths
from ml.errors import Problem
from ml.progress import Cancelled, Progress
from ml.report.atomic import whole_file
from ml.train.corrected import COLUMNS, PSEUDO, TABLE, Cut, Question, SlideSaid, mark_of, write_patches
from ml.train.study_recipe import StudyRecipe, read_study_recipe
from ml.train.survey import Seen
from ml.zoo.card import ModelCard
from viewer.wizard.added import ADDED_FILE, Begun, kept_of, label_in, lines_in, new_of, write_lines
from viewer.wizard.cases import CASES_FILE, patient_of
from viewer.wizard.desk import new_folder, trainings_folder
from viewer.wizard.drawn import drawn_among, without_known
from viewer.wizard.mending import next_plan
from viewer.wizard.plan import DataPlan, Plan, read_plan, write_plan
from viewer.wizard.plan_recipe import LABELS, MADE_UP_FILE
from viewer.wizard.retraining_boxes import begun_with_boxes
from viewer.wizard.retraining_scans import begun_with_scans
from viewer.work.told import Told
from viewer.work.told_series import ToldSeries

_KINDS = {"patches", "boxes", "scans"}


def parent_of(card: ModelCard) -> tuple[Plan, Path] | None:
    """The training that a model comes from, where it is on this computer."""
    if not card.lineage.training:
        return None
    folder = trainings_folder() / card.lineage.training
    plan = read_plan(folder)
    return None if plan is None else (plan, folder)


def begin_from(
    card: ModelCard, told: Sequence[Told], progress: Progress, series: Sequence[ToldSeries] = ()
) -> Begun:
    """Cut what was said, write table and plan. Raises `Problem`s, among them that there is nothing new.

    `series`: what was said of CT, for a model that looks at it.
    """
    parent = parent_of(card)
    plan, before = parent if parent is not None else (_plan_without_training(card), None)
    if plan.kind not in _KINDS:
        raise _nothing_to_correct(card, plan)
    told = without_known(told, plan)
    if not series and not any(one.slide.said for one in told):
        raise _nothing_new(plan)
    if plan.kind != "patches" and before is None:
        raise _without_its_slides(card)
    folder = new_folder()
    try:
        if plan.kind == "scans" and before is not None:
            return begun_with_scans(plan, before, series, folder, progress)
        if plan.kind == "boxes" and before is not None:
            return begun_with_boxes(plan, before, told, folder, progress)
        return _begun(card, plan, before, told, folder, progress)
    except (Problem, OSError, Cancelled):  # a training that was not begun leaves nothing
        shutil.rmtree(folder, ignore_errors=True)
        raise


def question_of(card: ModelCard) -> Question:
    """What a model tells apart, and how a person's words about its findings are to be taken."""
    parent = parent_of(card)
    sought = parent is not None and parent[0].kind == "boxes"
    return Question(card.class_names, card.output == "sigmoid", sought)


def _nothing_to_correct(card: ModelCard, plan: Plan) -> Problem:
    """Why a model is not gone on from."""
    name = f"“{card.title or card.name}”"
    if plan.kind == "labelled_slides":
        return Problem(
            f"{name} gives one answer for a whole slide, and has no findings that a person could correct.",
            "Mend the labels of the slides where they come from (their table, or tag and class of their "
            "cases), and train anew.",
        )
    return Problem(
        f"{name} looks at whole pictures, and has no findings that a person could correct.",
        "Its labels are mended in the verdict of its training: “Train again with these labels”.",
    )


def _nothing_new(plan: Plan) -> Problem:
    remedy = "Label patches, or decide about boxes, first."
    if plan.kind == "scans":
        remedy = "Answer by “Label what is worth it” which classes a slice shows, or decide about findings."
    return Problem("There is nothing new to learn from.", remedy)


def _without_its_slides(card: ModelCard) -> Problem:
    if card.looks_at_ct:
        return Problem(
            f"The series that “{card.title or card.name}” learned from are not on this computer. Slices that "
            "were picked out alone are too few to be tested on.",
            "Train a model of your own on labelled series, and go on from that one.",
        )
    return Problem(
        f"The slides that “{card.title or card.name}” learned from are not on this computer. Accepted and "
        "rejected places alone are no slides to be tested on.",
        "Draw outlines on slides of your cases, and train anew with boxes on slides.",
    )


def _begun(
    card: ModelCard, plan: Plan, before: Path | None, told: Sequence[Told], folder: Path, progress: Progress
) -> Begun:
    data, labels = plan.data, folder / LABELS
    cut = Cut(data.edge or card.patch_pixels, data.spacing or card.spacing)
    slides = [replace(one.slide, patient=_patient(one.slide, data)) for one in told]
    made = [replace(slide, said=one.made_up) for slide, one in zip(slides, told, strict=True)]
    added = write_patches([one for one in slides if one.said], cut, labels, progress)
    kept = (labels / TABLE).rename(labels / ADDED_FILE)  # with the whole origin of each
    made_up = write_patches([one for one in made if one.said], cut, labels, progress)
    _write_made_up(labels, plan)
    old = [] if before is None else kept_of(before / CASES_FILE, {mark_of(one.path) for one in slides})
    whole = [*old, *new_of(kept, plan)]
    write_lines(labels / CASES_FILE, whole)
    since = [line[0] for line in whole if Path(line[0]).parent.name == LABELS]
    write_plan(_plan(plan, before, card, labels, since, made_up), folder)
    return Begun(folder, added, made_up, len(old))


def _plan(
    plan: Plan, before: Path | None, card: ModelCard, labels: Path, since: Sequence[str], made_up: int
) -> Plan:
    drawn, drawn_by = drawn_among(since)
    following = next_plan(plan, before) if before is not None else plan
    data = replace(
        following.data,
        folder=str(labels),
        table=CASES_FILE,
        file="file",
        label="label",
        patient="patient",
        site="site" if plan.data.site else "",
        ending="",
        patients="column",
        pattern="",
        added=len(since),
        drawn=drawn,
        drawn_by=drawn_by,
        made_up=made_up,
    )
    model = "" if before is not None else card.name
    return replace(following, data=data, step=1, done=False, parent_model=model)


def _write_made_up(labels: Path, plan: Plan) -> None:
    """Made-up labels in a table of their own, whose column says what they are: see `ml.train.table`."""
    lines = lines_in(labels / TABLE)
    with whole_file(labels / MADE_UP_FILE) as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, (*COLUMNS, "origin"))
        table.writeheader()
        for line in lines:
            table.writerow({**line, "label": label_in(line["label"], plan), "origin": PSEUDO})


def _patient(slide: SlideSaid, data: DataPlan) -> str:
    """By the rule of the parent's pictures, so that a patient who is among them stays one; else the case."""
    if data.patients in {"column", "each"}:
        return slide.patient
    return patient_of(Seen(slide.path, ""), data)


def _plan_without_training(card: ModelCard) -> Plan:
    """For a model that was not trained here: its recipe as far as the card or Parfocal has it."""
    recipe = _recipe(card)
    data = DataPlan(classes=card.class_names, spacing=card.spacing, edge=card.patch_pixels)
    title = f"{card.title or card.name} 2"
    plan = replace(Plan("patches", step=1), data=data)
    plan = replace(plan, texts=replace(plan.texts, title=title))
    if card.preparation is not None or card.looks_at_ct:
        return replace(plan, kind="scans" if card.looks_at_ct else "pictures")
    if recipe is None:
        return replace(plan, several=card.output == "sigmoid")
    if recipe.slides:
        return replace(plan, kind="boxes")
    network, division = recipe.network, replace(recipe.division, run=0)
    return replace(
        plan,
        several=card.output == "sigmoid",
        network=network,
        fit=recipe.fit,
        vary=recipe.vary,
        division=division,
        seed=recipe.seed,
    )


def _recipe(card: ModelCard) -> StudyRecipe | None:
    path = paths.resources() / "recipes" / f"{card.name}.toml"
    try:
        return read_study_recipe(path) if path.is_file() else None
    except Problem:
        return None
