"""A whole study: pictures, folds, a network a fold, figures nobody has seen before, one bundle."""

from __future__ import annotations

import copy
import dataclasses
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from ml.model.ensemble import joined
from ml.model.features import noted_features, stage_before_last
from ml.progress import Progress, Step
from ml.report.model_report import write_model_report
from ml.train import leakage
from ml.train.balance import Balance, balance_of
from ml.train.examples import Examples
from ml.train.familiarity import HeldOut, Learned, learn_familiarity
from ml.train.feed import Feed, Order, loader
from ml.train.figures import EpochFigures
from ml.train.folds import Fold, Rows, fold_numbers, folds_of
from ml.train.frozen import learned_part
from ml.train.learner import ONE, Learner, learn
from ml.train.lookalike import joined_where_wished
from ml.train.looks import Looks
from ml.train.lora import learning_in_words, merge_adapters
from ml.train.losses import loss_of
from ml.train.machine import Machine, end_others
from ml.train.new_network import network_for, quiet
from ml.train.pictures import Pictures, read_pictures
from ml.train.pretrain import pretrain_once
from ml.train.scan_rows import read_scans
from ml.train.searched import searched
from ml.train.slide_rows import LabelledSlide, read_slides, rows_of
from ml.train.slide_study import (
    answer_slides,
    softmax_of,
)
from ml.train.study_card import study_card
from ml.train.study_facts import Member, Study, study_facts
from ml.train.study_recipe import StudyRecipe
from ml.train.table import Row, read_rows
from ml.train.tile_rows import read_tile_rows
from ml.zoo.bundle import Bundle, open_bundle, write_bundle

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Studied:
    """What a run leaves."""

    bundle: Bundle
    history: tuple[EpochFigures, ...]
    facts: dict[str, object]  # figures, leakage report, balance: the same as in report.json


def run_study(
    recipe: StudyRecipe, data: Path, out: Path, progress: Progress, machine: Machine = ONE
) -> Studied:
    """Train every fold and write the bundle into `out`/NAME, figures into `out`/report.json.

    Folds that were finished by a run that was killed are taken up again from `out`/folds. Raises `Problem`
    for bad data and for sides that know each other, `Cancelled`. Of several processes all but the first end
    here when they have learned.
    """
    machine.require_possible(recipe)
    slides = read_slides(recipe.slides, recipe.task, recipe.network, data, progress)
    rows = _rows(recipe, slides, data, progress)
    pictures = read_pictures(rows, recipe.network, progress)
    pictures, joined_note = joined_where_wished(pictures, recipe.division)
    numbers = fold_numbers(pictures, recipe.task, recipe.division)
    found = dataclasses.replace(leakage.inspect(pictures, numbers), notes=joined_note)
    if recipe.division.by in {"group", "site"}:
        leakage.refuse(found, duplicates_too=recipe.division.duplicates != "warn")
    for sentence in found.in_words():
        progress.step(Step("Checking the division", 0, 0, note=sentence))
    history: list[EpochFigures] = []
    members: list[Member] = []
    with quiet():
        folds = folds_of(numbers, recipe.division, pictures.rows)
        recipe, settings = searched(recipe, pictures, folds, data, out / "folds", progress)
        for fold in folds:
            for one, folder in _architectures(recipe, out / "folds" / str(fold.number)):
                member, epochs = learn_fold(one, pictures, fold, folder, data, progress, machine)
                members.append(member)
                history += epochs
    end_others()
    facts = study_facts(Study(recipe, pictures, slides, data, out), members, found, history) | settings
    bundle = _written(recipe, pictures, members, facts, out, progress)
    return Studied(bundle, tuple(history), facts)


def _rows(
    recipe: StudyRecipe, slides: Sequence[LabelledSlide], data: Path, progress: Progress
) -> tuple[Row, ...]:
    """Patches with boxes, tiles of labelled slides, slices of CT, or pictures: whatever the recipe has."""
    if slides:
        corrected = read_rows(recipe.sources, recipe.task, data) if recipe.sources else ()
        return (*rows_of(slides, recipe.slides), *corrected)
    if recipe.labelled_slides:
        return read_tile_rows(recipe, data, progress)
    if recipe.scans:
        return read_scans(recipe.scans, recipe.task, recipe.network.neighbours, data, progress)
    return read_rows(recipe.sources, recipe.task, data)


def rows_for(recipe: StudyRecipe, data: Path, progress: Progress) -> tuple[Row, ...]:
    """What a recipe learns from, as `run_study` reads it. Raises `Problem`, `SlideProblem`, `Cancelled`."""
    slides = read_slides(recipe.slides, recipe.task, recipe.network, data, progress)
    return _rows(recipe, slides, data, progress)


def _architectures(recipe: StudyRecipe, folder: Path) -> Iterator[tuple[StudyRecipe, Path]]:
    """The recipe for each of its architectures, and where its epochs are kept."""
    yield recipe, folder
    for name in recipe.network.also:
        network = dataclasses.replace(recipe.network, architecture=name)
        yield dataclasses.replace(recipe, network=network), folder.with_name(f"{folder.name}-{name}")


def predict(module: nn.Module, feed: Feed, rows: Rows, batch: int = 64) -> Floats:
    """Logits of these pictures, (n, classes), in their order."""
    module.eval()
    found = []
    with torch.inference_mode():
        for pictures, _, _ in loader(feed, Order(rows, batch, 0, None)):
            found.append(module(pictures).float().cpu().numpy())
    return np.concatenate(found)


def answers_and_features(
    module: nn.Module, feed: Feed, rows: Rows, layer: str
) -> tuple[Floats, torch.Tensor]:
    """Logits as `predict` gives them, and the features of a layer, (n, features), from the same look."""
    with noted_features(module, layer) as found:
        logits = predict(module, feed, rows)
    return logits, torch.cat(found).cpu()


def learn_fold(
    recipe: StudyRecipe,
    pictures: Pictures,
    fold: Fold,
    folder: Path,
    data: Path,
    progress: Progress,
    machine: Machine = ONE,
) -> tuple[Member, list[EpochFigures]]:
    """Teach one fold's network and let it answer; what is kept lies in `folder`. Raises `Cancelled`."""
    lightning.seed_everything(recipe.seed + fold.number, verbose=False)
    module, balance = _to_teach(recipe, pictures, fold, data, progress)
    weights = None if balance.weights is None else torch.from_numpy(balance.weights).float()
    order = Order(fold.fit, recipe.fit.batch, recipe.seed + fold.number, balance)
    if recipe.pretrain is not None:
        pretrain_once(module, recipe, pictures, fold, folder, progress)
    begun = copy.deepcopy(module) if recipe.labelled_slides else module
    if recipe.network.learns == "head":
        halve(module)  # frozen layers are learned on as they will be shipped
    part, feed = learned_part(module, pictures, recipe, folder.parents[1] / "features", progress)
    watched = _watched(fold, pictures)
    sides = loader(feed, order), loader(feed, Order(watched, 64, 0, None))
    learner = Learner(part, recipe, loss_of(recipe.fit, weights))
    examples = examples_of(recipe, pictures, watched, module, folder)
    epochs = learn(learner, *sides, folder, fold.number, recipe, progress, machine, examples)
    part = learner.module.cpu()  # the network, or the last layer that it shares
    halve(merge_adapters(module) if recipe.network.learns == "lora" else module)
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    familiarity = None
    if fold.number == 0:
        familiarity, reported, chosen = _familiar(recipe, module, pictures, fold, progress)
    else:
        reported, chosen = (predict(part, feed, rows) for rows in (fold.report, fold.choose))
    slides = None
    if recipe.labelled_slides:
        backbone = begun if recipe.aggregation.features == "begun" else module
        tiles = softmax_of(chosen), softmax_of(reported)
        shown = Feed(pictures, recipe)
        slides = answer_slides(recipe, shown, pictures, fold, tiles, backbone, progress)
    return Member(fold, state, reported, chosen, slides, familiarity), epochs


def examples_of(
    recipe: StudyRecipe, pictures: Pictures, watched: Rows, module: nn.Module, folder: Path
) -> Examples:
    """A few pictures of the side to choose on, whose answers are told, with where the network looks."""
    examples = Examples([pictures.rows[row] for row in watched], recipe.task)
    shown = tuple(int(watched[place]) for place in examples.places)
    examples.look_with(Looks(module, Feed(pictures, recipe), recipe, shown, folder).look)
    return examples


def _to_teach(
    recipe: StudyRecipe, pictures: Pictures, fold: Fold, data: Path, progress: Progress
) -> tuple[nn.Module, Balance]:
    """The network, and what is done about rare classes; both are said once, before the first fold."""
    module, source = network_for(recipe, pictures.how.size, data)
    balance = balance_of(recipe.fit, recipe.task, pictures.labels[fold.fit])
    if fold.number == 0:
        if source:
            words = f"Begins with what was learned before ({source}). {learning_in_words(module)}".rstrip()
            progress.step(Step("Preparing", 0, 0, note=words))
        progress.step(Step("Preparing", 0, 0, note=f"To learn from: {balance.words}"))
    return module, balance


def _familiar(
    recipe: StudyRecipe, module: nn.Module, pictures: Pictures, fold: Fold, progress: Progress
) -> tuple[Learned | None, Floats, Floats]:
    """What a network is familiar with; and its logits on the sides to report and to choose on."""
    shown = Feed(pictures, recipe)
    layer = recipe.network.familiar_layer or stage_before_last(module)
    (reported, seen), (chosen, before) = (
        answers_and_features(module, shown, rows, layer) for rows in (fold.report, fold.choose)
    )
    held_out = HeldOut(layer, before, seen)
    found = learn_familiarity(module, shown, fold, pictures.labels, held_out, progress)
    return found, reported, chosen


def _watched(fold: Fold, pictures: Pictures) -> Rows:
    """What an epoch is chosen by: of patches that overlap those that do not, which are enough for that."""
    return np.array([row for row in fold.choose if not pictures.rows[row].between], dtype=np.intp)


def halve(module: nn.Module) -> None:
    """Round weights to half precision, as the bundle will hold them: what is measured is what is shipped."""
    with torch.no_grad():
        for value in (*module.parameters(), *module.buffers()):
            if value.is_floating_point():
                value.copy_(value.half().float())


def _written(
    recipe: StudyRecipe,
    pictures: Pictures,
    members: Sequence[Member],
    facts: dict[str, object],
    out: Path,
    progress: Progress,
) -> Bundle:
    progress.step(Step("Writing the model", 0, 0))
    folder, beside = out / recipe.name, out / f".{recipe.name}.part"
    states = [member.weights for member in members]
    tensors = states[0] if len(states) == 1 else joined(states)
    half = {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in tensors.items()}
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
        weights = beside / "weights"
        save_file(half, weights)
        known = members[0].familiarity
        card = study_card(recipe, pictures, len(states), facts)
        card = dataclasses.replace(card, familiarity=known.how if known else None)
        write_bundle(card, weights, beside / "bundle", known.content if known else None)
        shutil.rmtree(folder, ignore_errors=True)
        (beside / "bundle").rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    (out / "report.json").write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    bundle = open_bundle(folder)
    write_model_report(facts, bundle.card, out)
    return bundle
