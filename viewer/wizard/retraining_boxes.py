"""A training of boxes that goes on from a model: its slides, and what people said of its findings or drew.

On a slide that was analyzed only those places are known: what lies elsewhere, nobody said. So they are
patches of their own beside the slides, which are learned from and never count in the verdict; a rejected one
says that there is nothing of what is sought.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ml.progress import Progress
from ml.train.corrected import TABLE, Cut, SlideSaid, mark_of, write_patches
from viewer.wizard.added import ADDED_FILE, Begun, kept_of, new_of, write_lines
from viewer.wizard.cases import CASES_FILE
from viewer.wizard.drawn import drawn_among
from viewer.wizard.mending import next_plan
from viewer.wizard.plan import DataPlan, Plan, write_plan
from viewer.wizard.plan_recipe import LABELS, group_pattern
from viewer.work.told import Told


def begun_with_boxes(
    plan: Plan, before: Path, told: Sequence[Told], folder: Path, progress: Progress
) -> Begun:
    """Cut what was said, write table and plan; `before` is the folder of the parent. Raises `Problem`s."""
    data, labels = plan.data, folder / LABELS
    slides = [replace(one.slide, patient=_patient(one.slide, data)) for one in told]
    cut = Cut(plan.network.size[0], plan.network.spacing)
    added = write_patches([one for one in slides if one.said], cut, labels, progress)
    kept = (labels / TABLE).rename(labels / ADDED_FILE)
    earlier = before / LABELS / CASES_FILE
    marks = {mark_of(one.path) for one in slides}
    old = kept_of(earlier, marks) if earlier.is_file() else []
    whole = [*old, *new_of(kept, plan)]
    write_lines(labels / CASES_FILE, whole)
    drawn, drawn_by = drawn_among(line[0] for line in whole)
    following = next_plan(plan, before).with_data(added=len(whole), drawn=drawn, drawn_by=drawn_by)
    write_plan(replace(following, step=1, done=False), folder)
    return Begun(folder, added, 0, 0)


def _patient(slide: SlideSaid, data: DataPlan) -> str:
    """Whose a slide is by the rule of the parent's: then it stands on the same side as they do."""
    if data.cases:
        return slide.patient
    found = re.search(group_pattern(data), slide.path.stem)
    return found.group(1) if found is not None else slide.path.stem
