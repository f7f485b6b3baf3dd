"""The command line `parfocal-ml`: the same functions as the window, for terminals and programs."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ml import __version__
from ml.errors import Problem
from ml.progress import Cancelled
from ml.verbs import (
    analyze_command,
    analyze_ct_command,
    batch_command,
    model_command,
    record_commands,
    slide_command,
    study_commands,
    training_commands,
)
from ml.verbs.console import REFUSED, STOPPED, JsonTeller, PersonTeller, run_told
from ml.verbs.option import AsJson, Cam, Device, KeepIdentity, Model
from ml.verbs.pacs_app import pacs_app

app = typer.Typer(
    help="Parfocal's core on the command line. Research use only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(help="The models that are there, and new ones.", no_args_is_help=True)
app.add_typer(models_app, name="models")
study_commands.register(app)
training_commands.register(app)
training_commands.register_models(models_app)
record_commands.register(app)
app.command(epilog="Example: parfocal-ml batch slides/ --model cellularity --out out/cohort")(
    batch_command.batch
)
app.add_typer(pacs_app, name="pacs")
annotations_app = typer.Typer(help="Annotation files of one program for another.", no_args_is_help=True)
app.add_typer(annotations_app, name="annotations")


def _say_version(wished: bool) -> None:
    if wished:
        from ml.about import version_text

        print(version_text("parfocal-ml"), end="")
        raise typer.Exit


@app.callback()
def _before_all(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_say_version, help="Version, commit, libraries."),
    ] = False,
) -> None:
    """Parfocal's core on the command line. Research use only."""


class Form(StrEnum):
    """Of the table that `predict` writes."""

    table = "table"
    rsna = "rsna"


class Strategy(StrEnum):
    """How several devices learn together."""

    auto = "auto"
    ddp = "ddp"


@app.command(
    epilog="Example: parfocal-ml analyze a.svs --region 1000,2000,4096,4096 --model cellularity --out results"
)
def analyze(
    slide: Annotated[Path, typer.Argument(help="A slide, or a flat picture.")],
    model: Model,
    out: Annotated[Path, typer.Option(help="Folder for the results; made when missing.")],
    region: Annotated[str, typer.Option(help="x,y,width,height in full-resolution px; else all.")] = "",
    outline: Annotated[Path | None, typer.Option(help="GeoJSON file with one outline to analyze.")] = None,
    spacing: Annotated[float | None, typer.Option(help="µm per px, where the file does not say.")] = None,
    device: Device = "auto",
    batch: Annotated[int | None, typer.Option(min=1, help="Patches at once; chosen when left out.")] = None,
    cam: Annotated[Cam, typer.Option(help="Grad-CAM for which patches.")] = Cam.all,
    threshold: Annotated[float | None, typer.Option(help="For boxes; else the model's own.")] = None,
    comment: Annotated[str, typer.Option(help="Free text for the report.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that are there.")] = False,
    keep_identity: KeepIdentity = False,
    as_json: AsJson = False,
) -> None:
    """Analyze a slide or a region of it, and write table, GeoJSON, heatmap and report.

    Ctrl-C stops within a batch and keeps what was finished (exit code 130).
    """
    words = analyze_command.AnalyzeWords(
        slide=slide,
        model=model,
        out=out,
        region=region,
        outline=outline,
        spacing=spacing,
        device=device,
        batch=batch,
        cam=cam.value,
        threshold=threshold,
        comment=comment,
        overwrite=overwrite,
        keep_identity=keep_identity,
    )
    teller = JsonTeller() if as_json else PersonTeller()
    raise typer.Exit(analyze_command.run_command(words, teller))


@app.command(epilog="Example: parfocal-ml analyze-ct head/ --model hemorrhage --out results")
def analyze_ct(
    path: Annotated[Path, typer.Argument(help="CT as DICOM: a folder, a file, a DICOMDIR, a zip.")],
    model: Model,
    out: Annotated[Path, typer.Option(help="Folder for the results; made when missing.")],
    series: Annotated[str, typer.Option(help="SeriesInstanceUID, where there are several.")] = "",
    slices: Annotated[str, typer.Option(help="Which slices, from 1: 10-40. Else all.")] = "",
    device: Device = "auto",
    cam: Annotated[bool, typer.Option("--cam/--no-cam", help="Grad-CAM of every finding's peak.")] = True,
    comment: Annotated[str, typer.Option(help="Free text for the report.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that are there.")] = False,
    keep_identity: KeepIdentity = False,
    dicom: Annotated[bool, typer.Option("--dicom", help="Also as DICOM: SEG, maps, SR, pictures.")] = False,
    as_json: AsJson = False,
) -> None:
    """Analyze a CT series slice by slice, and write report, tables and key images."""
    words = analyze_ct_command.AnalyzeCtWords(
        path, model, out, series, slices, device, cam, comment, overwrite, keep_identity, dicom
    )
    teller = JsonTeller() if as_json else PersonTeller()
    raise typer.Exit(analyze_ct_command.run_ct_command(words, teller))


@app.command(
    epilog='Example: parfocal-ml train resources/recipes/breast.toml --data "$PARFOCAL_DATA" --out out/breast'
)
def train(
    recipe: Annotated[Path, typer.Argument(help="A recipe file (*.toml).")],
    data: Annotated[Path, typer.Option(help="The folder with the training data.")],
    out: Annotated[Path, typer.Option(help="Folder for the model and its figures; made when missing.")],
    folds: Annotated[int, typer.Option(min=0, help="Only the first so many folds; else all.")] = 0,
    tensorboard: Annotated[Path | None, typer.Option(help="Folder for curves of TensorBoard.")] = None,
    devices: Annotated[int, typer.Option(min=0, help="Graphics cards, or processes on a CPU.")] = 0,
    strategy: Annotated[Strategy, typer.Option(help="How several learn together.")] = Strategy.auto,
    nodes: Annotated[int, typer.Option(min=1, help="Computers; torchrun starts the command on each.")] = 1,
    mlflow: Annotated[str, typer.Option(help="Keep it as an experiment: local, or a tracking URI.")] = "",
    as_json: AsJson = False,
) -> None:
    """Train a model by a recipe. What a stopped or killed run had finished is taken up again."""
    from ml.progress import Progress
    from ml.verbs.train import TrainRequest
    from ml.verbs.train import train as run

    def told(progress: Progress) -> dict[str, object]:
        wish = TrainRequest(recipe, data, out, folds, tensorboard, devices, strategy.value, mlflow, nodes)
        run(wish, progress)
        return {"folder": out}

    raise typer.Exit(run_told(told, as_json=as_json))


@app.command(epilog="Example: parfocal-ml predict pictures/ --model lung-colon --out evaluation.csv")
def predict(
    path: Annotated[Path, typer.Argument(help="A picture or DICOM file, a folder, or a table of slides.")],
    model: Model,
    out: Annotated[Path, typer.Option(help="The table to write, CSV.")] = Path("evaluation.csv"),
    device: Device = "auto",
    form: Annotated[Form, typer.Option("--format", help="rsna: a row a slice and class.")] = Form.table,
    as_json: AsJson = False,
) -> None:
    """Let a model look at whole pictures, CT slices, or the slides of each patient: a table of answers."""
    from ml.progress import Progress
    from ml.verbs.console import stopping
    from ml.verbs.predict import PredictRequest
    from ml.verbs.predict import predict as run

    teller = JsonTeller() if as_json else PersonTeller()
    progress = Progress(teller.step, teller.part)
    with stopping(progress):
        done = run(PredictRequest(path, model, out, device, form.value), progress)
    facts: dict[str, object] = {"table": done.out, "pictures": done.pictures}
    teller.end("done", facts | ({"unreadable": list(done.unreadable)} if done.unreadable else {}))


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Whether this computer is fit for Parfocal; what is not, and what to do. Names nobody."""
    from ml.verbs.doctor import findings

    for finding in findings():
        _show(finding.as_facts(), True) if as_json else print(finding.in_words(), flush=True)


@app.command(epilog="Example: parfocal-ml support --out support.zip")
def support(
    out: Annotated[Path, typer.Option(help="The zip file to write.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write what helps to find out what is wrong here: findings, logs, crash reports. Nothing is sent."""
    from ml.verbs.support import collected, write

    papers = collected()
    write(papers, out, overwrite=overwrite)
    _show({"file": str(out), "holds": [paper.name for paper in papers]}, as_json)


@app.command()
def info(
    slide: Annotated[Path, typer.Argument(help="A slide, or a flat picture.")], as_json: AsJson = False
) -> None:
    """What a slide's file says about itself."""
    _show(slide_command.facts(slide), as_json)


@app.command()
def samples(as_json: AsJson = False) -> None:
    """Make the sample slides where they are not there yet, and say where they are."""
    _show(slide_command.samples(), as_json)


@app.command()
def version(as_json: AsJson = False) -> None:
    """The version of Parfocal and of the libraries that numbers depend on."""
    _show(model_command.versions() if as_json else {"parfocal": __version__}, as_json)


@models_app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """All models, and why one is refused."""
    for line in model_command.listed():
        _show(line, True) if as_json else print(model_command.in_one_line(line))


@models_app.command("show")
def show_model(
    model: Annotated[str, typer.Argument(help="Name, or path of a bundle.")], as_json: AsJson = False
) -> None:
    """The card of a model."""
    _show(model_command.card(model), as_json)


@models_app.command("check")
def check_model(path: Annotated[Path, typer.Argument(help="A folder or a zip.")]) -> None:
    """Whether a bundle is sound: card, hash, and that its weights fit its architecture."""
    print(model_command.check(path))


@models_app.command("install")
def install_model(path: Annotated[Path, typer.Argument(help="A folder or a zip.")]) -> None:
    """Copy a bundle into the models folder, after checking it."""
    print(model_command.install(path))


@models_app.command("import", epilog="Example: parfocal-ml models import tumor-resnet34/ --name tumor")
def import_model(
    folder: Annotated[Path, typer.Argument(help="Holds config.json and torchscript_model.pt.")],
    name: Annotated[str, typer.Option(help="What to ask for it by; else the folder's name.")] = "",
    shown: Annotated[str, typer.Option(help="The class that the heatmap shows first.")] = "",
) -> None:
    """Import a model of the WSInfer zoo: TorchScript is checked and loaded, a pickle never."""
    print(model_command.import_folder(folder, name, shown))


@models_app.command(
    "export", epilog="Example: parfocal-ml models export cellularity --as wsinfer --out zoo/it"
)
def export_model(
    model: Annotated[str, typer.Argument(help="Name, or path of a bundle.")],
    out: Annotated[Path, typer.Option(help="Folder to write; made new.")],
    layout: Annotated[str, typer.Option("--as", help="wsinfer, or bundle with --member.")] = "wsinfer",
    member: Annotated[int, typer.Option(min=0, help="Only this network of an ensemble, from 1.")] = 0,
) -> None:
    """Write a model for WSInfer and QuPath, or one network of it; read it again and compare its answers."""
    print(model_command.export_folder(model, layout, out, member))


@annotations_app.command("convert", epilog="Example: parfocal-ml annotations convert a.xml a.geojson")
def convert_annotations(
    source: Annotated[Path, typer.Argument(help="Of any format that is known; told by its content.")],
    target: Annotated[Path, typer.Argument(help="The file to write; .gz and .zip pack it.")],
    to: Annotated[str, typer.Option(help="geojson, asap, imagescope, coco, csv, dicom-ann, dicom-sr.")] = "",
    slide: Annotated[Path | None, typer.Option(help="Their slide; DICOM needs it.")] = None,
    spacing: Annotated[float | None, typer.Option(help="µm per px, for lengths in µm or mm.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    deidentify: Annotated[bool, typer.Option("--deidentify", help="Leave out names and notes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Convert annotations, and say in plain words what the other format could not hold."""
    from ml.verbs import annotation_command

    facts = annotation_command.convert(
        source,
        target,
        to=to,
        slide=slide,
        spacing=spacing,
        overwrite=overwrite,
        deidentify=deidentify,
    )
    _show(facts, True) if as_json else print(annotation_command.in_words(facts))


def _show(facts: dict[str, object], as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts, ensure_ascii=False, default=str))
        return
    for name, value in facts.items():
        print(f"{name}: {value}")


def main() -> None:
    """The entry point. A `Problem` becomes two lines on stderr and exit code 2, never a trace."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Windows' own encoding has no µ
            stream.reconfigure(encoding="utf-8")
    try:
        app()
    except Problem as problem:
        PersonTeller().failed(problem)
        sys.exit(REFUSED)
    except (KeyboardInterrupt, Cancelled):
        sys.exit(STOPPED)


if __name__ == "__main__":
    main()
