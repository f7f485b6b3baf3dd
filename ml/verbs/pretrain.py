"""`parfocal-ml pretrain`: a backbone that puts pictures of one label near each other."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.verbs.study import made_folder, study_of

if TYPE_CHECKING:
    from ml.train.folds import Fold
    from ml.train.pretrain import PretrainedEpoch


@dataclass(frozen=True)
class PretrainRequest:
    """Which recipe, which data, where to. How it is done stands in the recipe under [pretrain]."""

    recipe: Path
    data: Path
    out: Path
    fold: int = 0  # whose side to learn from is learned from
    epochs: int | None = None  # None: as the recipe says


@dataclass(frozen=True)
class Pretrained:
    """What was learned and written."""

    history: tuple[PretrainedEpoch, ...]
    backbone: Path  # `network.begin` of a recipe begins with it
    is_collapsed: bool  # all features alike: the weights are worth nothing
    note: str  # whom it has seen, in a sentence


def pretrain(request: PretrainRequest, progress: Progress) -> Pretrained:
    """Supervised metric learning (Khosla et al. 2020) of the recipe's network; tells a part an epoch.

    Writes `backbone.safetensors` and `pretraining.json`. It learns from the side to learn from of one
    fold and is measured on the side to choose on. Raises `Problem`, `Cancelled`; then nothing is written.
    """
    recipe = study_of(request.recipe, request.data)
    import lightning

    from ml.train.divided import read_divided
    from ml.train.new_network import network_for
    from ml.train.pretrain import BACKBONE, is_collapsed, save_backbone
    from ml.train.pretrain import pretrain as learn
    from ml.train.slide_plan import Contrast

    how = recipe.pretrain or Contrast()
    how = how if request.epochs is None else dataclasses.replace(how, epochs=request.epochs)
    if recipe.task.output == "sigmoid" and len(recipe.task.classes) > 1:
        raise Problem(
            "Pictures with several labels at once are neither alike nor unlike.",
            "Pre-train by a recipe with output = softmax, or with one class.",
        )
    out = made_folder(request.out)
    divided = read_divided(recipe, request.data, progress)
    pictures, fold = divided.pictures, divided.fold(request.fold)
    lightning.seed_everything(recipe.seed + fold.number, verbose=False)
    module, source = network_for(recipe, pictures.how.size, request.data)
    if source:
        progress.step(Step("Preparing", 0, 0, note=f"Begins with what was learned before ({source})."))
    history = tuple(learn(module, recipe, pictures, fold.fit, fold.choose, how, progress))
    collapsed = is_collapsed(history[-1].loss, how.batch)
    note = _note(len({pictures.groups[row] for row in fold.fit}), fold)
    save_backbone(module, out / BACKBONE)
    facts = {"recipe": recipe.name, "fold": fold.number, "note": note, "collapsed": collapsed}
    made = facts | {"how": dataclasses.asdict(how), "epochs": [dataclasses.asdict(one) for one in history]}
    (out / "pretraining.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    return Pretrained(history, out / BACKBONE, collapsed, note)


def _note(patients: int, fold: Fold) -> str:
    return (
        f"It has seen the labels of {patients:,} patients: of all folds but {fold.number + 1} and the next. "
        "Begin with it only where others are reported on; [pretrain] in a recipe does so fold by fold."
    )
