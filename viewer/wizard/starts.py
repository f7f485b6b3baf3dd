"""What a training may begin with: five kinds of question, and the studies as worked examples of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from ml import paths
from ml.train.study_recipe import StudyRecipe, read_study_recipe
from viewer.wizard.plan import Kind, Plan


@dataclass(frozen=True)
class Question:
    """One kind of question, in a pathologist's words."""

    kind: Kind
    title: str
    meaning: str
    needs: str  # what has to be there


QUESTIONS: tuple[Question, ...] = (
    Question(
        "patches",
        "Patches of tissue",
        "Small pictures cut from slides, each with a label. The model can then look at whole slides.",
        "A folder for each class, or a folder of pictures with a table of labels.",
    ),
    Question(
        "pictures",
        "Whole pictures",
        "Photographs or screenshots, each with a label as a whole, such as photographs of the retina.",
        "A folder for each class, or a folder of pictures with a table of labels.",
    ),
    Question(
        "labelled_slides",
        "One label for a slide",
        "The whole slide has a diagnosis, and nobody has drawn where it is to be seen.",
        "Cases of the library with tags, or a folder of slides with a table: slide, label, patient.",
    ),
    Question(
        "boxes",
        "Boxes or outlines on slides",
        "Somebody has drawn round what is sought; the model learns to find more of it.",
        "Cases of the library with what you have drawn, or a folder of slides with a table of boxes: file, "
        "two opposite corners in pixels (x1, y1, x2, y2), and label where there are several.",
    ),
    Question(
        "scans",
        "CT slices",
        "CT series whose slices are labelled with what they show.",
        "A folder of DICOM files with a table: a line a slice, a column of 0 and 1 for each finding.",
    ),
)


@dataclass(frozen=True)
class Example:
    """A study that comes with Parfocal, as a starting point."""

    recipe: str  # its name in resources/recipes
    kind: Kind
    title: str
    meaning: str


EXAMPLES: tuple[Example, ...] = (
    Example("clot", "labelled_slides", "Blood clots", "From which source a clot came: one label a slide."),
    Example("lung-graft", "boxes", "Lung graft rejection", "Lesions of a lung graft, as boxes on slides."),
    Example("hemorrhage", "scans", "Bleeding in the head", "Kinds of bleeding in slices of a head CT."),
    Example("retina", "pictures", "Photographs of the retina", "Normal, glaucoma, diabetic retinopathy."),
    Example("glomeruli", "pictures", "Glomeruli", "Sclerotic or not, in pictures of single glomeruli."),
)

_BASES: dict[Kind, str] = {"labelled_slides": "clot", "boxes": "lung-graft", "scans": "hemorrhage"}
"""Kinds whose usual settings are those of a study; the others have their own, small ones."""


def begun(kind: Kind, example: str = "") -> Plan:
    """A plan with what is usual for the kind, or what the example does. Raises `Problem`."""
    name = example or _BASES.get(kind, "")
    if not name:
        return Plan(kind)
    recipe = recipe_named(name)
    plan = replace(
        Plan(kind, example),
        several=recipe.task.output == "sigmoid",
        negative=recipe.task.negative,
        network=recipe.network,
        fit=recipe.fit,
        vary=recipe.vary,
        division=recipe.division,
        tiles=recipe.tiles,
        aggregation=recipe.aggregation,
        finding=recipe.finding,
        pretrain=recipe.pretrain,
        seed=recipe.seed,
    )
    return replace(plan, cover=recipe.slides[0].cover) if recipe.slides else plan


@lru_cache(maxsize=16)
def recipe_named(name: str) -> StudyRecipe:
    """A recipe that comes with Parfocal. Raises `Problem`."""
    return read_study_recipe(paths.resources() / "recipes" / f"{name}.toml")
