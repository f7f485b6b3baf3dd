"""`parfocal-ml embed`: what a network makes of pictures before it decides, as numbers and as a map."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.verbs.loaded import ready_model
from ml.verbs.study import made_folder, study_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml.train.embed import PictureMap
    from ml.train.embeddings import Embeddings
    from ml.train.labelled import Labelled
    from ml.train.pictures import Pictures
    from ml.train.study_recipe import NetworkPlan, StudyRecipe


@dataclass(frozen=True)
class TableWords:
    """How the table beside the pictures is read; empty: as it is usually called (see `ml.train.labelled`)."""

    table: str = "labels.csv"
    file: str = "file"
    label: str = "label"
    patient: str = ""
    slide: str = ""


@dataclass(frozen=True)
class EmbedRequest:
    """Which pictures through which network, where to."""

    path: Path  # a recipe (then `data` is needed), or a folder of pictures with or without a table
    out: Path  # a folder
    data: Path | None = None
    model: str = ""  # a bundle; or
    backbone: str = ""  # a name of timm's whose weights are on this computer; neither: the recipe's network
    weights: Path | None = None  # for the backbone or the recipe's network: what `pretrain` leaves
    unlabelled: Path | None = None  # a folder with more pictures, without labels
    columns: TableWords = field(default_factory=TableWords)
    device: str = "auto"
    perplexity: float = 20.0  # of the map
    csv: bool = False  # the features as a table too


@dataclass(frozen=True)
class Embedded:
    """What was written, and how well neighbours agree."""

    embeddings: Embeddings
    nearest: float | None  # share whose nearest neighbour of another patient has their label; None: no labels
    files: tuple[Path, ...]


def embed(request: EmbedRequest, progress: Progress) -> Embedded:
    """Write `embeddings.npz`, `map.csv` and `map.png` (t-SNE, coloured by label, patient and slide).

    Features are those that the last layer sees; of an ensemble all members' beside each other. Raises
    `Problem`, `ModelProblem` for a model without such features, `Cancelled`.
    """
    recipe = _recipe(request)
    from ml.train.embeddings import write_embeddings, write_table

    made = _made(request, recipe, progress)
    progress.check()
    progress.step(Step("Drawing the map", 0, 0))
    out = made_folder(request.out)
    places = _map(made, request, out / "map.png", progress)
    write_embeddings(made, out / "embeddings.npz")
    write_table(made, places, out / "map.csv", features=request.csv)
    names = ["embeddings.npz", "map.csv", *(["map.png"] if places else [])]
    return Embedded(made, _nearest(made), tuple(out / name for name in names))


def _made(request: EmbedRequest, recipe: StudyRecipe | None, progress: Progress) -> Embeddings:
    import numpy as np

    from ml.train.embed import features_of
    from ml.train.embeddings import Embeddings
    from ml.train.feed import Feed
    from ml.train.pictures import read_pictures
    from ml.train.study_recipe import Fit, StudyRecipe

    plan = _plan(request, recipe)
    known, count = _known(request, recipe, plan, progress)
    pictures = read_pictures(known.rows, plan, progress)
    bare = StudyRecipe("", "", "", known.task, plan, Fit(1), seed=recipe.seed if recipe else 0)
    module, made_by = _network(request, bare, pictures.how.size)
    features = features_of(module, Feed(pictures, bare), np.arange(len(pictures)), progress)
    folds = _folds(pictures, count, recipe)
    return Embeddings(features, known.names, known.labels, pictures.groups, known.slides, folds, made_by)


def _recipe(request: EmbedRequest) -> StudyRecipe | None:
    if request.model and (request.backbone or request.weights):
        raise Problem("A model brings its own weights.", "Give a model, or a backbone with its weights.")
    if request.path.suffix == ".toml":
        if request.data is None:
            raise Problem("A recipe needs its data.", "Give the folder with the data by --data.")
        return study_of(request.path, request.data)
    if not request.path.exists():
        name = request.path.name or request.path
        raise Problem(f"Invalid path: {name} is neither a recipe nor a folder of pictures.", "Check it.")
    if not (request.model or request.backbone):
        raise Problem("Nobody says which network looks at the pictures.", "Give --model or --backbone.")
    return None


def _plan(request: EmbedRequest, recipe: StudyRecipe | None) -> NetworkPlan:
    """What the network wants to see."""
    from ml.train.labelled import plan_of, plan_of_backbone

    if request.model:
        return plan_of(ready_model(request.model, request.device).network.card)
    weights = request.weights.name if request.weights else ""
    if request.backbone or recipe is None:
        return plan_of_backbone(request.backbone, weights)
    return dataclasses.replace(recipe.network, begin=weights, pretrained=False) if weights else recipe.network


def _known(
    request: EmbedRequest, recipe: StudyRecipe | None, plan: NetworkPlan, progress: Progress
) -> tuple[Labelled, int]:
    """The pictures, and how many of them are not from the folder of unlabelled ones."""
    from ml.train.labelled import Columns, by_recipe, in_folder

    columns = Columns(**dataclasses.asdict(request.columns))
    if recipe is not None and request.data is not None:
        known = by_recipe(dataclasses.replace(recipe, network=plan), request.data, progress)
    else:
        known = in_folder(request.path, columns)
    count = len(known.rows)
    return (known + in_folder(request.unlabelled, columns) if request.unlabelled else known), count


def _network(request: EmbedRequest, bare: StudyRecipe, size: tuple[int, int]) -> tuple[Any, str]:
    """The network, and how it is called."""
    from ml.train.new_network import network_for

    if request.model:
        ready = ready_model(request.model, request.device).network
        return ready.module, f"{ready.card.title} {ready.card.version}"
    where = request.weights.parent if request.weights else request.data
    module, source = network_for(bare, size, where)
    return module, f"{bare.network.architecture} with {source or 'random weights'}"


def _folds(pictures: Pictures, count: int, recipe: StudyRecipe | None) -> NDArray[np.intp]:
    """The recipe's folds of the first `count` pictures."""
    import numpy as np

    from ml.train.embeddings import UNDIVIDED
    from ml.train.folds import fold_numbers

    folds = np.full(len(pictures), UNDIVIDED, dtype=np.intp)
    if recipe is not None:
        folds[:count] = fold_numbers(pictures.part(np.arange(count)), recipe.task, recipe.division)
    return folds


def _map(made: Embeddings, request: EmbedRequest, path: Path, progress: Progress) -> PictureMap | None:
    """Draw it; None, with a note, where there are too few pictures."""
    from ml.train.embed import picture_map
    from ml.train.map_figure import draw_map

    try:
        places = picture_map(made.features, request.perplexity)
    except Problem as problem:
        progress.step(Step("Drawing the map", 0, 0, note=problem.what))
        return None
    columns = {"label": made.labels, "patient": made.patients, "slide": made.slides}
    told = {
        title: [name or "unknown" for name in names]
        for title, names in columns.items()
        if title == "patient" or any(names)
    }
    draw_map(places, told, path, f"By {made.made_by}.")
    return places


def _nearest(made: Embeddings) -> float | None:
    """Among labelled pictures, of which there must be two labels."""
    import numpy as np

    from ml.train.embed import nearest_neighbour_accuracy

    own = [n for n, label in enumerate(made.labels) if label]
    known, codes = np.unique([made.labels[n] for n in own], return_inverse=True)
    if len(known) < 2:
        return None
    patients = tuple(made.patients[n] for n in own)
    return nearest_neighbour_accuracy(made.features[own], codes.astype(np.intp), patients)
