"""What each part of the core is worth: the same study with it and without it, on the same patients.

    PARFOCAL_DATA=FOLDER python -m tests.bench.ablations OUT [lora] [spread] [contrast] [balance] …
    python -m tests.bench.ablations OUT patients TABLE ONE OTHER

Every way answers for patients that it has not seen: three folds of whole patients, the epoch chosen on
another fold. The gain is that of a paired bootstrap over patients, 95 %. Pictures are small and epochs few,
so that a table takes minutes on one core: its figures are to be compared with each other and with nothing
else. Answers are kept in OUT, so that a run that was stopped goes on. What came out: `docs/ablations.md`.

The last form compares two runs of `parfocal-ml train` over slides, by the patients.csv that each leaves.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ml.evaluate.classification import Interval, balanced_accuracy
from ml.evaluate.discrimination import auprc, auroc
from ml.evaluate.log_loss import balanced_log_loss
from ml.evaluate.paired import Difference, Figure, difference
from ml.progress import Progress, Step
from ml.train.balance import balance_of, prior_of
from ml.train.box_study import at_natural_share
from ml.train.folds import Fold, fold_numbers, folds_of
from ml.train.learner import answers
from ml.train.lora_plan import Lora
from ml.train.new_network import quiet
from ml.train.pictures import Pictures, read_pictures
from ml.train.pseudo import PseudoLabels, hidden_labels, spread_fold
from ml.train.slide_plan import Contrast
from ml.train.slide_rows import read_slides, rows_of
from ml.train.spread import Spreading
from ml.train.study_recipe import Division, Fit, StudyRecipe, Vary, read_study_recipe
from ml.train.study_run import learn_fold
from ml.train.table import read_rows
from tests.cohorts.graft import DATA, write_cohort

RECIPES = Path(__file__).resolve().parents[2] / "resources" / "recipes"
Answers = NDArray[np.float64]
"""(n, times, classes): a way may have learned several times, by chance of seed or of labelled patients."""


@dataclass(frozen=True)
class Set:
    """Pictures with the recipe that every way is a change of."""

    name: str
    recipe: StudyRecipe
    data: Path
    draws: int  # of the bootstrap


@dataclass(frozen=True, eq=False)
class Seen:
    """What one way said of patients that it had not seen."""

    truth: NDArray[np.float64]  # (n, classes)
    answers: Answers
    groups: list[str]
    seconds: float
    facts: dict[str, float]


def say(step: Step) -> None:
    if step.note:
        print(f"    {step.note}", flush=True)


QUIET = Progress()


# What is learned from


def retina() -> Set:
    """600 of the fundus photographs, three classes, 80 px."""
    recipe = _fewer(read_study_recipe(RECIPES / "retina.toml"), 600)
    return Set("retina", _small(recipe, (80, 80), epochs=6, batch=16), DATA, 1000)


def lung_colon() -> Set:
    """500 pictures of LC25000, five classes, 64 px; a patient is a source tile."""
    recipe = _fewer(read_study_recipe(RECIPES / "lung-colon.toml"), 500)
    return Set("lung-colon", _small(recipe, (64, 64), epochs=6, batch=16), DATA, 1000)


def graft(out: Path) -> Set:
    """Patches of 64 px at 1 µm/px from slides composed of real lung and tumour."""
    folder = out / "cohort"
    if not (folder / "graft" / "boxes.csv").is_file():
        write_cohort(folder / "graft", 15)
    recipe = read_study_recipe(RECIPES / "lung-graft.toml")
    recipe = _small(recipe, (64, 64), epochs=2)
    network = replace(recipe.network, spacing=1.0)
    fit = replace(recipe.fit, balance="none", drawn=640)
    return Set("graft", replace(recipe, network=network, fit=fit), folder, 300)


def _fewer(recipe: StudyRecipe, most: int) -> StudyRecipe:
    return replace(recipe, sources=tuple(replace(source, most=most) for source in recipe.sources))


def _small(recipe: StudyRecipe, size: tuple[int, int], epochs: int, batch: int = 32) -> StudyRecipe:
    return replace(
        recipe,
        network=replace(recipe.network, size=size, zero_head=True),
        fit=replace(recipe.fit, epochs=epochs, batch=batch),
        vary=Vary(),  # else kept features could not be compared with the rest
        division=Division(folds=3, duplicates="warn"),
    )


@cache
def pictures_of(name: str, out: Path) -> Pictures:
    made = SETS[name](out)
    recipe = made.recipe
    if recipe.slides:
        slides = read_slides(recipe.slides, recipe.task, recipe.network, made.data, QUIET)
        rows = rows_of(slides, recipe.slides)
    else:
        rows = read_rows(recipe.sources, recipe.task, made.data)
    return read_pictures(rows, recipe.network, QUIET)


SETS: dict[str, Callable[[Path], Set]] = {
    "retina": lambda _: retina(),
    "lung-colon": lambda _: lung_colon(),
    "graft": graft,
}


# How it is learned


def head(recipe: StudyRecipe, epochs: int = 20, rate: float = 1e-3) -> StudyRecipe:
    """The last layer alone, on features that are kept: epochs cost next to nothing."""
    network = replace(recipe.network, learns="head")
    return replace(recipe, network=network, fit=replace(recipe.fit, epochs=epochs, rate=rate))


def lora(recipe: StudyRecipe, rank: int = 8) -> StudyRecipe:
    """Low-rank changes of the pointwise convolutions, which hold most of EfficientNet's weights."""
    adapters = Lora(rank=rank, alpha=2.0 * rank, targets=("conv_pw", "conv_pwl"))
    network = replace(recipe.network, learns="lora", lora=adapters)
    return replace(recipe, network=network, fit=replace(recipe.fit, backbone_rate=recipe.fit.rate))


def learned(used: Set, way: str, recipes: Sequence[StudyRecipe], out: Path) -> Seen:
    """Answers of a way, learned once for each of these recipes; taken from OUT where they are there."""
    folder = out / used.name / way.replace(" ", "-").replace(":", "-")

    def make() -> Seen:
        pictures = pictures_of(used.name, out)
        parts = [_once(recipe, used, pictures, folder, n) for n, recipe in enumerate(recipes)]
        return Seen(*parts[0][:1], np.stack([p[1] for p in parts], axis=1), parts[0][2], 0.0, {})

    return _kept(folder / "answers.npz", make)


def _once(
    recipe: StudyRecipe, used: Set, pictures: Pictures, folder: Path, time_: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[str]]:
    found, rows = [], []
    # Kept features lie beside the ways, so that all of them share those of one backbone.
    for fold in _folds(recipe, pictures):
        place = folder.parent / f"{folder.name}-{time_}-{fold.number}"
        with quiet():
            member, _ = learn_fold(recipe, pictures, fold, place, used.data, QUIET)
        found.append(_natural(member.reported, recipe, pictures, fold))
        rows.append(fold.report)
    order = np.concatenate(rows)
    truth, groups = pictures.labels[order].astype(float), [pictures.groups[row] for row in order]
    return truth, np.concatenate(found), groups


def _natural(
    logits: NDArray[np.float32], recipe: StudyRecipe, pictures: Pictures, fold: Fold
) -> NDArray[np.float64]:
    """Probabilities; after undersampling put back to the share of positives that there is."""
    said = answers(torch.from_numpy(logits), recipe).numpy()
    if recipe.fit.balance != "undersample":
        return said.astype(np.float64)
    labels = pictures.labels[fold.fit]
    drawn = prior_of(balance_of(recipe.fit, recipe.task, labels), labels)
    shifted = at_natural_share(said, drawn, labels.mean(axis=0).astype(np.float64))
    return shifted.astype(np.float64)


def _folds(recipe: StudyRecipe, pictures: Pictures) -> list[Fold]:
    return folds_of(fold_numbers(pictures, recipe.task, recipe.division), recipe.division)


def spread(used: Set, recipe: StudyRecipe, share: float, times: int, out: Path) -> tuple[Seen, Seen]:
    """Only a share of the patients to learn from has labels: without, and with those handed on."""
    name = f"{recipe.network.learns}-labels-{share:.0%}"
    folder = out / used.name / name
    whole: dict[str, list[NDArray[np.float64]]] = {"without": [], "with": []}
    found: list[tuple[float, float, float]] = []

    def make(word: str) -> Callable[[], Seen]:
        def inner() -> Seen:
            pictures = pictures_of(used.name, out)
            if not whole["without"]:
                _spread_times(used, recipe, share, times, folder, pictures, whole, found)
            order = np.concatenate([fold.report for fold in _folds(recipe, pictures)])
            names = ("labelled", "asked", "handed on", "right")
            facts = dict(zip(names, map(float, np.mean(found, axis=0)), strict=True))
            groups = [pictures.groups[row] for row in order]
            truth = pictures.labels[order].astype(float)
            return Seen(truth, np.stack(whole[word], axis=1), groups, 0.0, facts)

        return inner

    return (
        _kept(folder / "without.npz", make("without")),
        _kept(folder / "with.npz", make("with")),
    )


def _spread_times(
    used: Set,
    recipe: StudyRecipe,
    share: float,
    times: int,
    folder: Path,
    pictures: Pictures,
    whole: dict[str, list[NDArray[np.float64]]],
    found: list[tuple[float, float, float]],
) -> None:
    for number in range(times):
        one, other = [], []
        for fold in _folds(recipe, pictures):
            labelled, hidden = hidden_labels(pictures, fold.fit, share, seed=100 * number + fold.number)
            place = folder.parent / f"{folder.name}-{number}"
            with quiet():
                made = spread_fold(
                    recipe, pictures, fold, labelled, hidden, Spreading(), place, used.data, QUIET
                )
            one.append(answers(torch.from_numpy(made.without.reported), recipe).numpy())
            other.append(answers(torch.from_numpy(made.with_them.reported), recipe).numpy())
            found.append((len(labelled), *_quality(made.pseudo, pictures)))
        whole["without"].append(np.concatenate(one).astype(float))
        whole["with"].append(np.concatenate(other).astype(float))


def _quality(pseudo: PseudoLabels, pictures: Pictures) -> tuple[float, float, float]:
    """Pictures without a label, those that got one, and the share of these that are right."""
    truth = pictures.labels[pseudo.rows].argmax(axis=1)
    right = float((truth == pseudo.labels).mean()) if len(truth) else 0.0
    return float(pseudo.asked), float(len(pseudo.rows)), right


def _kept(path: Path, make: Callable[[], Seen]) -> Seen:
    if not path.is_file():
        began = time.perf_counter()
        seen = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        seconds = time.perf_counter() - began
        np.savez(
            path,
            truth=seen.truth,
            answers=seen.answers,
            groups=np.array(seen.groups),
            seconds=seconds,
            facts=json.dumps(seen.facts),
        )
        print(f"    {path.parent.name}/{path.stem}: {seconds:.0f} s", flush=True)
    with np.load(path) as file:
        return Seen(
            file["truth"],
            file["answers"],
            file["groups"].tolist(),
            float(file["seconds"]),
            json.loads(str(file["facts"])),
        )


# What it came to: figures are means over the times that a way has learned


def over_times(figure: Callable[[NDArray[np.float64], NDArray[np.float64]], float]) -> Figure:
    return lambda truth, said: float(np.mean([figure(truth, said[:, n]) for n in range(said.shape[1])]))


def _balanced(truth: NDArray[np.float64], said: NDArray[np.float64]) -> float:
    return balanced_accuracy(truth.argmax(axis=1), said.argmax(axis=1))


def _log_loss(truth: NDArray[np.float64], said: NDArray[np.float64]) -> float:
    return balanced_log_loss(said, truth.argmax(axis=1))


def _binary_log_loss(truth: NDArray[np.float64], said: NDArray[np.float64]) -> float:
    cut = np.clip(said, 1e-15, 1 - 1e-15)
    return float(-np.where(truth > 0.5, np.log(cut), np.log1p(-cut)).mean())


SEVERAL = {
    "balanced accuracy": (over_times(_balanced), False),
    "balanced log loss": (over_times(_log_loss), True),
}
ONE_OF_MANY = {
    "AUROC": (over_times(lambda t, s: auroc(t[:, 0] > 0.5, s[:, 0])), False),
    "average precision": (over_times(lambda t, s: auprc(t[:, 0] > 0.5, s[:, 0])), False),
    "log loss": (over_times(_binary_log_loss), True),
}


def table(
    title: str, used: Set, ways: Iterable[tuple[str, Seen, Seen]], figures: dict[str, tuple[Figure, bool]]
) -> list[str]:
    """Lines of Markdown: what changed, each figure without and with, the gain with its interval."""
    lines = [
        f"\n### {title}\n",
        "| what changes | figure | without | with | gain (95 %) | |",
        "|---|---|---|---|---|---|",
    ]
    for name, one, other in ways:
        assert one.groups == other.groups
        for figure, (compute, less) in figures.items():
            made = difference(
                compute,
                one.truth,
                one.answers,
                other.answers,
                one.groups,
                less_is_better=less,
                draws=used.draws,
            )
            lines.append(line_of(name, figure, made))
            print(lines[-1], flush=True)
    return lines


def line_of(name: str, figure: str, made: Difference) -> str:
    return (
        f"| {name} | {figure} | {made.one.value:.3f} | {made.other.value:.3f} "
        f"| {_signed(made.gain)} | {made.verdict} |"
    )


def _signed(gain: Interval) -> str:
    return f"{gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"


# The tables


def lora_table(out: Path) -> list[str]:
    return _parts("retina", out) + _costs("retina", out)


def tissue_table(out: Path) -> list[str]:
    return _parts("lung-colon", out) + _costs("lung-colon", out)


def _parts(name: str, out: Path) -> list[str]:
    """How much of the network learns."""
    used = SETS[name](out)
    whole = learned(used, "all", [used.recipe], out)
    ways = [
        ("head", "head alone, frozen features", head(used.recipe)),
        ("lora", "LoRA, rank 8", lora(used.recipe)),
    ]
    rows = [(words, whole, learned(used, way, [recipe], out)) for way, words, recipe in ways]
    return table(f"{name}: in place of learning all weights", used, rows, SEVERAL)


def seeds_table(out: Path) -> list[str]:
    """The same way twice: a difference between these two is one of chance alone."""
    used = SETS["retina"](out)
    rows = []
    for way, recipe in (("head", head(used.recipe)), ("all", used.recipe)):
        other = replace(recipe, seed=recipe.seed + 1)
        both = learned(used, way, [recipe], out), learned(used, f"{way}-again", [other], out)
        rows.append((f"{way} once more, another seed", *both))
    return table("retina: nothing but the seed", used, rows, SEVERAL)


def _costs(name: str, out: Path) -> list[str]:
    used = SETS[name](out)
    ways = {"all": used.recipe, "head": head(used.recipe), "lora": lora(used.recipe)}
    told = ", ".join(
        f"{way} {learned(used, way, [recipe], out).seconds:.0f} s" for way, recipe in ways.items()
    )
    return [f"\nOne core, with other work on the machine: {told}."]


def contrast_table(out: Path) -> list[str]:
    used = SETS["retina"](out)
    plain = learned(used, "all", [used.recipe], out)
    first = replace(used.recipe, pretrain=Contrast(epochs=3, batch=64))
    row = ("metric pre-training, 3 epochs", plain, learned(used, "contrast", [first], out))
    return table("retina: metric pre-training", used, [row], SEVERAL)


def spread_table(out: Path) -> list[str]:
    few, more = ("head", 0.1, 3), ("head", 0.3, 3)
    return _spread(out, {"lung-colon": (("head", 0.05, 3), more), "retina": (few, more)})


def _spread(out: Path, sets: dict[str, tuple[tuple[str, float, int], ...]]) -> list[str]:
    """For each set: what learns, the share of patients with labels, how often it is dealt out anew."""
    lines: list[str] = []
    for name, cases in sets.items():
        used = SETS[name](out)
        rows, told = [], []
        for learns, share, times in cases:
            recipe = head(used.recipe, epochs=10) if learns == "head" else used.recipe
            recipe = replace(recipe, fit=replace(recipe.fit, drawn=192))  # both see as many pictures
            what = "frozen features" if learns == "head" else "all weights learn"
            words = f"{what}, {share:.0%} of patients labelled"
            one, other = spread(used, recipe, share, times, out)
            rows.append((words, one, other))
            told.append(f"\n{words}: " + ", ".join(f"{key} {value:.3g}" for key, value in one.facts.items()))
        lines += table(f"{name}: label spreading", used, rows, SEVERAL) + told
    return lines


BALANCES: dict[str, tuple[str, dict[str, object]]] = {
    "focal": ("focal loss, gamma 2", {"loss": "focal"}),
    "weights": ("pos_weight", {"balance": "pos_weight"}),
    "one": ("undersampled 1 : 1", {"balance": "undersample", "ratio": 1.0}),
    "two": ("undersampled 1 : 2", {"balance": "undersample", "ratio": 2.0}),
    "five": ("undersampled 1 : 5", {"balance": "undersample", "ratio": 5.0}),
}


def balance_table(out: Path) -> list[str]:
    return _balance(out, "frozen")


def _balance(out: Path, learns: str) -> list[str]:
    """What is done against few positives, against plain BCE; all see the same number of pictures."""
    used = SETS["graft"](out)
    recipe, times, chosen = head(used.recipe, epochs=6), 2, list(BALANCES)
    if learns == "all":
        recipe, times, chosen = used.recipe, 1, ["focal", "two"]
    seeds = [recipe.seed + n for n in range(times)]

    def way(name: str, fit: Fit, more: int = 0) -> Seen:
        recipes = [replace(recipe, fit=fit, seed=seed + more) for seed in seeds]
        return learned(used, f"{learns}-{name}", recipes, out)

    plain = way("plain", recipe.fit)
    rows = []
    for name in chosen:
        words, change = BALANCES[name]
        rows.append((words, plain, way(name, replace(recipe.fit, **change))))  # type: ignore[arg-type]
    if learns != "all":
        rows.append(("plain once more, another seed", plain, way("again", recipe.fit, 50)))
    lines = table(f"graft, {learns}: against plain BCE", used, rows, ONE_OF_MANY)
    share, count, people = plain.truth.mean(), len(plain.truth), len(set(plain.groups))
    return [*lines, f"\n{share:.1%} of {count:,} patches of {people} patients are positive."]


def patients_table(table_: Path, one: Path, other: Path) -> list[str]:
    """Two runs over slides with one label, two classes: by the patients.csv that each leaves."""
    with table_.open(newline="", encoding="utf-8") as file:
        labels = {line["patient_id"]: line["label"] for line in csv.DictReader(file)}
    said = []
    for folder in (one, other):
        with (folder / "patients.csv").open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        classes = [name for name in lines[0] if name in set(labels.values())]
        said.append({line["patient_id"]: [float(line[name]) for name in classes] for line in lines})
    names = sorted(said[0])
    truth = np.array([[float(labels[name] == c) for c in classes] for name in names])
    both = [np.array([way[name] for name in names])[:, None] for way in said]
    figures: dict[str, tuple[Figure, bool]] = {
        "AUROC": (over_times(lambda t, s: auroc(t[:, 1] > 0.5, s[:, 1])), False),
        "balanced log loss": (over_times(_log_loss), True),
    }
    return [
        line_of(f"{one.name} → {other.name}", name, difference(f, truth, *both, names, less_is_better=less))
        for name, (f, less) in figures.items()
    ]


TABLES = {
    "lora": lora_table,
    "spread": spread_table,
    "contrast": contrast_table,
    "balance": balance_table,
    "balance-all": lambda out: _balance(out, "all"),
    "spread-all": lambda out: _spread(out, {"retina": (("all", 0.3, 1),)}),
    "tissue": tissue_table,
    "seeds": seeds_table,
}


def main() -> int:
    """Make the tables that are named, or all; print them and keep each in OUT/NAME.md."""
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    torch.set_num_threads(1)
    out, chosen = Path(sys.argv[1]), sys.argv[2:]
    if chosen[:1] == ["patients"]:
        print("\n".join(patients_table(*map(Path, chosen[1:4]))))
        return 0
    for name in chosen or TABLES:
        print(f"\n== {name}", flush=True)
        lines = TABLES[name](out)
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print("\n".join(lines), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
