"""Pictures with whatever is known of them: by a recipe, or by a table or the folders that they lie in."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from ml.errors import Problem
from ml.preparation import Preparation
from ml.progress import Progress
from ml.train.study_recipe import NetworkPlan, StudyRecipe, Task
from ml.train.study_run import rows_for
from ml.train.table import PICTURES, Row, label_in_words, labels_of, lines_of
from ml.zoo.card import ModelCard

_PATIENT = ("patient", "group")
"""Columns that say whose a picture is, where nobody names another one."""


@dataclass(frozen=True)
class Columns:
    """How a table beside the pictures is read. Columns without a name are looked for by usual names."""

    table: str = "labels.csv"
    file: str = "file"
    label: str = "label"
    patient: str = ""  # "patient" or "group" where there is one; else each picture alone
    slide: str = ""  # "slide" where there is one


@dataclass(frozen=True, eq=False)
class Labelled:
    """Rows with what is known of each in words; empty where nothing is. Of all equally many."""

    rows: tuple[Row, ...]
    task: Task
    names: tuple[str, ...]  # file, or slide and place
    labels: tuple[str, ...]
    slides: tuple[str, ...]

    def __add__(self, other: Labelled) -> Labelled:
        """Both, one after the other; of the second all labels are left out."""
        nothing = np.zeros(len(self.task.classes), dtype=np.float32)
        rows = (*self.rows, *(replace(row, labels=nothing) for row in other.rows))
        labels = (*self.labels, *("" for _ in other.rows))
        return Labelled(rows, self.task, self.names + other.names, labels, self.slides + other.slides)


def by_recipe(recipe: StudyRecipe, data: Path, progress: Progress) -> Labelled:
    """What a recipe learns from. Raises `Problem`, `Cancelled`."""
    rows = rows_for(recipe, data, progress)
    labels = tuple(label_in_words(row, recipe.task) for row in rows)
    slides = tuple(row.path.name if row.rect is not None else "" for row in rows)
    return Labelled(rows, recipe.task, tuple(_name(row, data) for row in rows), labels, slides)


def in_folder(folder: Path, columns: Columns, task: Task | None = None) -> Labelled:
    """The pictures of a table in the folder; without a table all pictures, labelled by their folders.

    `task` None: the classes are the labels that occur. Cells and pictures without a label are allowed then,
    and their rows have none. Raises `Problem` for missing pictures, columns and labels that are no class.
    """
    root = folder if folder.is_dir() else folder.parent
    found = _of_table(folder, columns) if (folder / columns.table).is_file() else _of_folder(folder)
    missing = [path for path, *_ in found if not path.is_file()]
    if missing:
        more = " …" if len(missing) > 5 else ""
        names = ", ".join(path.name for path in missing[:5])
        raise Problem(
            f"{len(missing)} of {len(found)} pictures are missing: {names}{more}", "Copy them anew."
        )
    words = tuple(label for _, label, _, _ in found)
    if task is None:
        task = Task(tuple(sorted({label for label in words if label})) or ("picture",))
        empty = np.zeros(len(task.classes), dtype=np.float32)
        vectors = [labels_of(word, {}, task, columns.table) if word else empty for word in words]
    else:
        vectors = [labels_of(word, {}, task, columns.table) for word in words]
    rows = tuple(
        Row(path, vector, patient, folder.name)
        for (path, _, patient, _), vector in zip(found, vectors, strict=True)
    )
    called = tuple(_name(row, root) for row in rows)
    return Labelled(rows, task, called, words, tuple(slide for *_, slide in found))


def plan_of(card: ModelCard) -> NetworkPlan:
    """What a model wants to see, in a recipe's terms. A model of patches takes a picture as one patch."""
    how = card.preparation or Preparation((card.patch_pixels, card.patch_pixels), fitting="cover")
    known = {item.name for item in fields(NetworkPlan)}
    seen = {item.name: getattr(how, item.name) for item in fields(Preparation) if item.name in known}
    spacing = 0.0 if card.preparation else card.spacing
    return NetworkPlan(card.architecture, mean=card.mean, std=card.std, spacing=spacing, **seen)


def plan_of_backbone(name: str, weights: str = "") -> NetworkPlan:
    """What a network of timm's wants to see; begun with the file `weights`, else with pretrained weights."""
    import timm

    known = timm.get_pretrained_cfg(name) if timm.is_model(name.split(".", maxsplit=1)[0]) else None
    plan = NetworkPlan(name, pretrained=not weights, begin=weights)
    if known is None:
        return plan
    height, width = known.input_size[1:]
    return replace(plan, size=(height, width), mean=tuple(known.mean), std=tuple(known.std))


def task_of(card: ModelCard, negative: str = "") -> Task:
    """What a model tells apart. `negative`: how a table calls what is none of its classes."""
    return Task(card.class_names, card.output, negative=negative, shown=card.shown_class)


def _of_table(folder: Path, columns: Columns) -> list[tuple[Path, str, str, str]]:
    """Path, label, patient and slide of each line."""
    wanted = [name for name in (columns.file, columns.label, columns.patient, columns.slide) if name]
    lines = lines_of(folder / columns.table, folder.name, wanted)
    there = lines[0] if lines else {}
    patient = columns.patient or next((name for name in _PATIENT if name in there), "")
    slide = columns.slide or ("slide" if "slide" in there else "")
    return [
        (
            folder / line[columns.file],
            line[columns.label].strip(),
            line[patient] if patient else line[columns.file],
            line[slide] if slide else "",
        )
        for line in lines
    ]


def _of_folder(folder: Path) -> list[tuple[Path, str, str, str]]:
    if folder.is_file():
        return [(folder, "", folder.name, "")]
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES and p.is_file())
    if not paths:
        raise Problem(f"The folder {folder.name} holds no pictures.", "Give a folder with PNG, JPEG or TIFF.")
    places = [path.relative_to(folder) for path in paths]
    return [
        (path, place.parts[0] if len(place.parts) > 1 else "", place.as_posix(), "")
        for path, place in zip(paths, places, strict=True)
    ]


def _name(row: Row, root: Path) -> str:
    path = row.path.relative_to(root).as_posix() if row.path.is_relative_to(root) else row.path.name
    if row.rect is None:
        return path
    return f"{path}#{','.join(f'{v:g}' for v in (row.rect.x, row.rect.y, row.rect.width, row.rect.height))}"
