"""`parfocal-ml outlook`: what more patients would bring, estimated before anything is learned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.progress import Progress
from ml.verbs.study import made_folder, study_of

if TYPE_CHECKING:
    from ml.train.outlook import Outlook

_MOST = 3000  # pictures that are looked at; more make it slower and hardly surer


@dataclass(frozen=True)
class OutlookRequest:
    """Which recipe, which data, and where `outlook.json` goes."""

    recipe: Path
    data: Path
    out: Path


def foresee(request: OutlookRequest, progress: Progress) -> Outlook:
    """Features of the packaged network, a simple rule on them, a curve through its errors.

    Raises `Problem` for CT, which that network does not know, and for too few patients; `Cancelled`.
    """
    recipe = study_of(request.recipe, request.data)
    if recipe.scans:
        raise Problem(
            "There is no outlook for CT slices.", "The packaged network knows colour pictures only."
        )
    import numpy as np

    from ml.train.embed import features_of
    from ml.train.feed import Feed
    from ml.train.labelled import by_recipe
    from ml.train.new_network import network_for
    from ml.train.outlook import foresee as run
    from ml.train.outlook import write_outlook
    from ml.train.pictures import read_pictures
    from ml.train.simple_model import simple_plan
    from ml.train.study_recipe import Fit, StudyRecipe

    rows = by_recipe(recipe, request.data, progress).rows
    if len(rows) > _MOST:
        rows = tuple(rows[n] for n in np.linspace(0, len(rows) - 1, _MOST).round().astype(int))
    bare = StudyRecipe("", "", "", recipe.task, simple_plan(), Fit(1), seed=recipe.seed)
    module, _ = network_for(bare, bare.network.size, request.data)
    pictures = read_pictures(rows, bare.network, progress)
    features = features_of(module, Feed(pictures, bare), np.arange(len(pictures)), progress)
    found = run(features, pictures.labels, pictures.groups, recipe.task, recipe.seed, progress)
    write_outlook(found, made_folder(request.out))
    return found
