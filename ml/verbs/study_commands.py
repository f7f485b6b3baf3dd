"""The commands around training, as they are typed. Each is a thin cover of one function of this folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ml.progress import Progress
from ml.verbs.console import run_told
from ml.verbs.option import AsJson, Device, Label, Model, Patient, RecipeData, Table


class Encoding(StrEnum):
    """How patches of slides are stored."""

    jpeg = "jpeg"
    png = "png"


Recipe = Annotated[Path, typer.Argument(help="A recipe file (*.toml).")]
Data = Annotated[Path, typer.Option(help="The folder that the recipe's paths begin in.")]


def register(app: typer.Typer) -> None:
    """Hang the commands into the application, each with an example of how it is called."""
    recipes, data = "resources/recipes", '--data "$PARFOCAL_DATA"'
    examples: dict[Callable[..., None], str] = {
        dataset: f"{recipes}/breast.toml {data} --out out/seen",
        tune: f"{recipes}/clot-as-published.toml {data} --search resources/searches/clot.toml --out out",
        pretrain: f"{recipes}/lung-colon.toml {data} --out out/backbone",
        embed: "pictures/ --model lung-colon --out out/embedded",
        spread: "out/embedded/embeddings.npz --out out/pseudo_labels.csv",
        evaluate: "others/ --model lung-colon --patient patient --out out/evaluated",
    }
    examples[survey] = "pictures/"
    examples[rehearse] = f"{recipes}/breast.toml {data} --out out/rehearsed"
    examples[review] = f"{recipes}/breast.toml {data} --model out/breast --out out/reviewed"
    examples[explain] = "a.svs --region 1000,2000,2048,2048 --model cellularity --out out/explained"
    for command, words in examples.items():
        app.command(epilog=f"Example: parfocal-ml {command.__name__} {words}")(command)


def dataset(
    recipe: Recipe,
    data: Data,
    out: Annotated[Path | None, typer.Option(help="Folder for dataset.json and files.csv.")] = None,
    store: Annotated[Path | None, typer.Option(help="New folder: write pictures and patches once.")] = None,
    encoding: Annotated[Encoding, typer.Option(help="Of patches in the store.")] = Encoding.jpeg,
    as_json: AsJson = False,
) -> None:
    """Look through a recipe's data before anything is learned from them.

    Counts by class, patient and fold; missing and broken files; patients, files and look-alikes on two sides;
    whether the label goes with site, camera or size. Exit code 0: sound, 1: not sound, 2: cannot be checked.
    """
    from ml.verbs.dataset import DatasetRequest, check_dataset

    def run(progress: Progress) -> Mapping[str, object]:
        done = check_dataset(DatasetRequest(recipe, data, out, store, encoding.value), progress)
        return {"sound": done.census.is_sound, **_files(done.files)}

    raise typer.Exit(run_told(run, as_json=as_json))


def tune(
    recipe: Recipe,
    search: Annotated[Path, typer.Option(help="What is varied (*.toml), as in resources/searches.")],
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for search.db, trials, figure and best.toml.")],
    trials: Annotated[int | None, typer.Option(min=1, help="Of each study; else as the search says.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look for better settings: a grid of networks, and within each of its cells a search (Optuna).

    Weak trials are stopped early. The same command goes on where it was stopped or killed, also with more
    trials. Judged on the side to choose on of the first fold, never on patients to report on.
    """
    from ml.verbs.tune import TuneRequest
    from ml.verbs.tune import tune as run_tune

    def run(progress: Progress) -> Mapping[str, object]:
        done = run_tune(TuneRequest(recipe, search, data, out, trials), progress)
        best = done.best
        settings = {} if best is None else {**best.fixed, **best.parameters}
        return {
            "trials": len(done.told),
            "stopped_early": sum(one.state == "pruned" for one in done.told),
            "best": None if best is None else best.value,
            "settings": settings,
            **_files(done.files),
        }

    raise typer.Exit(run_told(run, as_json=as_json))


def pretrain(
    recipe: Recipe,
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for backbone.safetensors and pretraining.json.")],
    fold: Annotated[int, typer.Option(min=0, help="Learn from this fold's side to learn from.")] = 0,
    epochs: Annotated[int | None, typer.Option(min=1, help="Else as the recipe says.")] = None,
    as_json: AsJson = False,
) -> None:
    """Teach a backbone to put pictures of one label near each other (supervised metric learning).

    `network.begin` in a recipe begins with what comes out. The patients that it has seen must not be reported
    on afterwards: a table [pretrain] in the recipe does the same within each fold.
    """
    from ml.verbs.pretrain import PretrainRequest
    from ml.verbs.pretrain import pretrain as run_pretrain

    def run(progress: Progress) -> Mapping[str, object]:
        done = run_pretrain(PretrainRequest(recipe, data, out, fold, epochs), progress)
        nearest = done.history[-1].nearest
        facts = {"backbone": done.backbone, "nearest": round(nearest, 4), "collapsed": done.is_collapsed}
        return {**facts, "note": done.note}

    raise typer.Exit(run_told(run, as_json=as_json))


def embed(
    path: Annotated[Path, typer.Argument(help="A folder of pictures, or a recipe (*.toml) with --data.")],
    out: Annotated[Path, typer.Option(help="Folder for embeddings.npz, map.csv and map.png.")],
    model: Model = "",
    backbone: Annotated[str, typer.Option(help="A timm name whose weights are on this computer.")] = "",
    weights: Annotated[Path | None, typer.Option(help="What `pretrain` leaves, for the backbone.")] = None,
    data: RecipeData = None,
    unlabelled: Annotated[Path | None, typer.Option(help="A folder with more pictures.")] = None,
    table: Table = "labels.csv",
    label: Label = "label",
    patient: Patient = "",
    slide: Annotated[str, typer.Option(help="Its column with the slide; else slide.")] = "",
    device: Device = "auto",
    perplexity: Annotated[float, typer.Option(min=2, help="Of the map: how many are neighbours.")] = 20.0,
    with_csv: Annotated[bool, typer.Option("--csv", help="Write the features into map.csv too.")] = False,
    as_json: AsJson = False,
) -> None:
    """What a network makes of pictures: features, and a map (t-SNE) by label, patient and slide.

    Where patients lie apart more than labels do, a network may have learned patients. A recipe without
    --model and --backbone is embedded by its own network as it begins.
    """
    from ml.verbs.embed import EmbedRequest, TableWords
    from ml.verbs.embed import embed as run_embed

    columns = TableWords(table, label=label, patient=patient, slide=slide)
    request = EmbedRequest(
        path, out, data, model, backbone, weights, unlabelled, columns, device, perplexity, with_csv
    )

    def run(progress: Progress) -> Mapping[str, object]:
        done = run_embed(request, progress)
        count, width = done.embeddings.features.shape
        nearest = None if done.nearest is None else round(done.nearest, 4)
        return {"pictures": count, "features": width, "nearest": nearest, **_files(done.files)}

    raise typer.Exit(run_told(run, as_json=as_json))


def spread(
    embeddings: Annotated[Path, typer.Argument(help="What `embed` leaves (*.npz).")],
    out: Annotated[Path, typer.Option(help="The table of new labels, CSV.")] = Path("pseudo_labels.csv"),
    confidence: Annotated[float, typer.Option(min=0, max=1, help="Less sure ones get no label.")] = 0.9,
    neighbours: Annotated[int, typer.Option(min=1, help="Of each picture in the graph.")] = 10,
    alpha: Annotated[float, typer.Option(help="How much a picture listens to them, 0..1.")] = 0.2,
    dimensions: Annotated[int, typer.Option(min=0, help="Strongest axes of the features; 0: all.")] = 50,
    fold: Annotated[int | None, typer.Option(min=0, help="Hide patients that this fold tests on.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hand labels on to pictures without one, along a graph of those that look alike (label spreading).

    Only new labels are written, never beside those that a person gave, and how often it is right where the
    truth is known. With --fold the patients that it chooses and reports on stay out of the graph.
    """
    from ml.verbs.spread import SpreadRequest
    from ml.verbs.spread import spread as run_spread

    request = SpreadRequest(embeddings, out, confidence, neighbours, alpha, dimensions, fold)

    def run(progress: Progress) -> Mapping[str, object]:
        done = run_spread(request, progress)
        return {**done.facts, **_files(done.files)}

    raise typer.Exit(run_told(run, as_json=as_json))


def evaluate(
    path: Annotated[Path, typer.Argument(help="A folder of labelled pictures, or a recipe with --data.")],
    model: Model,
    out: Annotated[Path, typer.Option(help="Folder for evaluation.json, answers.csv and figures.")],
    data: RecipeData = None,
    table: Table = "labels.csv",
    label: Label = "label",
    patient: Patient = "",
    negative: Annotated[str, typer.Option(help="Its word for none of the model's classes.")] = "",
    device: Device = "auto",
    draws: Annotated[int, typer.Option(min=20, help="Of patients, for the intervals.")] = 1000,
    skip_broken: Annotated[bool, typer.Option("--skip-broken", help="Go on without them.")] = False,
    as_json: AsJson = False,
) -> None:
    """How a model does on labelled pictures: telling apart, and how far its probabilities come true.

    Intervals are over patients. Only pictures of patients that it did not learn from say anything.
    """
    from ml.verbs.embed import TableWords
    from ml.verbs.evaluate import EvaluateRequest
    from ml.verbs.evaluate import evaluate as run_evaluate

    columns = TableWords(table, label=label, patient=patient)
    request = EvaluateRequest(path, model, out, data, columns, negative, device, draws, skip_broken)

    def run(progress: Progress) -> Mapping[str, object]:
        done = run_evaluate(request, progress)
        figures, calibration = done.facts["figures"], done.facts["calibration"]
        kept = ("pictures", "patients", "accuracy", "balanced_accuracy", "macro_f1")
        said = {name: made["in_words"] for name, made in figures["classes"].items()}
        told = {"calibration_error": calibration["error"], "doubts": list(done.facts["doubts"])}
        left_out = {"left_out": done.facts["left_out"]} if done.facts["left_out"] else {}
        return {**{key: figures[key] for key in kept}, **said, **told, **left_out, **_files(done.files)}

    raise typer.Exit(run_told(run, as_json=as_json))


def explain(
    path: Annotated[Path, typer.Argument(help="A picture, a slide, a DICOM file, or a folder of them.")],
    model: Model,
    out: Annotated[Path, typer.Option(help="Folder for PNG and TIFF files and explained.csv.")],
    classes: Annotated[list[str] | None, typer.Option("--class", help="Only this; may be repeated.")] = None,
    region: Annotated[str, typer.Option(help="Of a slide: x,y,width,height in full-resolution px.")] = "",
    spacing: Annotated[float | None, typer.Option(help="µm per px, where the file does not say.")] = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Where a model saw what speaks for a class (Grad-CAM), over the picture's own pixels or on the slide.

    It shows where the network looked, not whether it is right.
    """
    from ml.verbs.analyze_command import rectangle, typed_spacing
    from ml.verbs.explain import ExplainRequest
    from ml.verbs.explain import explain as run_explain

    def run(progress: Progress) -> Mapping[str, object]:
        shape = rectangle(region) if region else None
        known = None if spacing is None else typed_spacing(spacing)
        request = ExplainRequest(path, model, out, tuple(classes or ()), shape, known, device)
        done = run_explain(request, progress)
        unreadable = {"unreadable": list(done.unreadable)} if done.unreadable else {}
        return {"explained": done.count, **unreadable, "folder": out, "files": len(done.files)}

    raise typer.Exit(run_told(run, as_json=as_json))


def survey(
    folder: Annotated[Path, typer.Argument(help="A folder with a table of labels, or a folder a class.")],
    out: Annotated[Path | None, typer.Option(help="A CSV file with one line a picture.")] = None,
    as_json: AsJson = False,
) -> None:
    """What lies in a folder of labelled pictures, before a recipe is written: labels, patients, troubles."""
    from ml.verbs.survey import SurveyRequest, facts_of
    from ml.verbs.survey import survey as run_survey

    def run(progress: Progress) -> Mapping[str, object]:
        return facts_of(run_survey(SurveyRequest(folder, out=out), progress))

    raise typer.Exit(run_told(run, as_json=as_json))


def rehearse(
    recipe: Recipe,
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for pictures as the network sees them.")],
    as_json: AsJson = False,
) -> None:
    """Show what the network would see, and measure how long the whole training will take here.

    Some pictures of each class are written after preparation and variation. Nothing is kept of the learning.
    """
    from ml.verbs.rehearse import RehearseRequest
    from ml.verbs.rehearse import rehearse as run_rehearsal

    def run(progress: Progress) -> Mapping[str, object]:
        return run_rehearsal(RehearseRequest(recipe, data, out), progress).as_facts()

    raise typer.Exit(run_told(run, as_json=as_json))


def review(
    recipe: Recipe,
    data: Data,
    model: Model,
    out: Annotated[Path, typer.Option(help="Folder for map.csv and simple/answers.csv.")],
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """What helps to judge a finished training: a map of its pictures, and a simple model to compare with.

    The simple model is a logistic regression on the packaged network's features, in the same folds.
    """
    from ml.verbs.review import ReviewRequest
    from ml.verbs.review import review as run_review

    def run(progress: Progress) -> Mapping[str, object]:
        return run_review(ReviewRequest(recipe, data, model, out, device), progress).as_facts()

    raise typer.Exit(run_told(run, as_json=as_json))


def _files(files: tuple[Path, ...]) -> dict[str, object]:
    return {"files": [str(path) for path in files]} if files else {}
