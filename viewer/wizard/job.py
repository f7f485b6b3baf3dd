"""A training as a folder that runs on another computer, and what comes back from there. No window.

The folder holds `recipe.toml`, the table of its pictures, `files.csv` (every file with its size and SHA-256),
`job.json` (what it is of) and `run.sh`, `run.cmd` with the one command. Its result lies in `out`.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.report.atomic import cannot_write, whole_file
from ml.slide.opening import supported_suffixes
from ml.train.scan_plan import Scans
from ml.train.study_recipe import StudyRecipe
from ml.train.table import lines_of
from ml.train.toml_text import toml_of
from ml.zoo.bundle import open_bundle
from viewer.wizard.answers import ANSWERS_FILE
from viewer.wizard.cases import CASES_FILE
from viewer.wizard.plan import Plan
from viewer.wizard.plan_recipe import LABELS, RECIPE_FILE, recipe_of

COMMAND = "parfocal-ml train recipe.toml --data . --out out"
FORMAT = "parfocal job 1"
JOB_FILE, FILES_FILE, COPIES, OUT = "job.json", "files.csv", "pictures", "out"


@dataclass(frozen=True)
class Exported:
    """What was written."""

    folder: Path
    files: int
    size: int  # bytes of the pictures and slides together


def export_job(
    plan: Plan, training: Path, learned: str, folder: Path, progress: Progress, *, copies: bool
) -> Exported:
    """Write the job of a plan into a new folder, with copies of what is learned from where wished.

    `learned` is what decides the result (recipe and table): by it the result is known again. Raises `Problem`
    where the folder is not empty, a file is missing or the disk is full; `Cancelled`. Then nothing stays.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Problem(f"The folder {folder.name} is not empty.", "Choose or make an empty one.")
    files = tuple(_files_of(plan, training))
    missing = [path.name for path in files if not path.is_file()]
    if missing:
        raise Problem(f"{len(missing)} files are missing: {', '.join(missing[:3])}.", "Go back to “Data”.")
    made_here = not folder.exists()
    whole = False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        size = _write(plan, training, learned, folder, files, progress, copies)
        whole = True
    except OSError as error:
        raise cannot_write(folder.name, error) from error
    finally:
        if not whole:
            _clear(folder, made_here)
    return Exported(folder, len(files), size)


def _clear(folder: Path, made_here: bool) -> None:
    """Only what was written here: the folder was empty."""
    shutil.rmtree(folder, ignore_errors=True)
    if not made_here:
        folder.mkdir(exist_ok=True)


def _write(
    plan: Plan,
    training: Path,
    learned: str,
    folder: Path,
    files: Sequence[Path],
    progress: Progress,
    copies: bool,
) -> int:
    names = {path: f"{COPIES}/{number:05d}_{path.name}" for number, path in enumerate(files)}
    if plan.kind not in {"patches", "pictures"}:  # slides and slices are known by their names
        places = _places(plan, training)
        names = {path: _named_in(path, places) for path in files}
    size = 0
    with (folder / FILES_FILE).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "original", "bytes", "sha256"])
        for number, path in enumerate(files):
            progress.check()
            progress.step(Step("Writing the job", number, len(files)))
            with path.open("rb") as content:
                sha256 = hashlib.file_digest(content, "sha256").hexdigest()
            table.writerow([names[path] if copies else str(path), str(path), path.stat().st_size, sha256])
            size += path.stat().st_size
            if copies:
                (folder / names[path]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / names[path])
    recipe = _tables(plan, training, folder, names, copies)
    words = f"A job of “Train a model” of Parfocal. In this folder:\n  {COMMAND}"
    (folder / RECIPE_FILE).write_text(toml_of(recipe, words), encoding="utf-8")
    facts = {"format": FORMAT, "title": recipe.title, "command": COMMAND, "copies": copies}
    facts |= {"learned": learned, "recipe_sha256": _sha256(folder / RECIPE_FILE)}
    (folder / JOB_FILE).write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "run.sh").write_text(f'#!/bin/sh\ncd "$(dirname "$0")" && {COMMAND}\n', encoding="utf-8")
    (folder / "run.cmd").write_text(f'@cd /d "%~dp0"\r\n@{COMMAND}\r\n', encoding="utf-8", newline="")
    (folder / "run.sh").chmod(0o755)
    return size


def _tables(plan: Plan, training: Path, folder: Path, names: dict[Path, str], copies: bool) -> StudyRecipe:
    """The tables of the job, and its recipe that names them."""
    recipe, data = recipe_of(plan), plan.data
    if plan.kind in {"patches", "pictures"}:
        _rewrite(training / CASES_FILE, folder / CASES_FILE, names, copies)
        return recipe
    place = COPIES if copies else data.folder
    if copies or data.cases:
        place = COPIES
        (folder / COPIES).mkdir(exist_ok=True)
        for path in sorted(Path(data.folder).glob("*.geojson" if data.cases else "*.csv")):
            shutil.copyfile(path, folder / COPIES / path.name)
        if data.cases:
            _rewrite(Path(data.folder) / data.table, folder / COPIES / data.table, names, copies, COPIES)
    if recipe.sources:  # corrected places beside the slides
        (folder / LABELS).mkdir(exist_ok=True)
        _rewrite(training / LABELS / CASES_FILE, folder / LABELS / CASES_FILE, names, copies, LABELS)
    return replace(
        recipe,
        slides=tuple(replace(one, path=place) for one in recipe.slides),
        labelled_slides=tuple(replace(one, path=place) for one in recipe.labelled_slides),
        scans=(
            *(replace(one, path=place) for one in recipe.scans[:1]),
            *(_with_table(one, plan, training, folder, copies) for one in recipe.scans[1:]),
        ),
    )


def _with_table(added: Scans, plan: Plan, training: Path, folder: Path, copies: bool) -> Scans:
    """A series that was labelled since; with copies its table goes with it."""
    if not copies:
        return added
    (folder / LABELS).mkdir(exist_ok=True)
    table = shutil.copyfile(added.table, folder / LABELS / Path(added.table).name)
    path = _named_in(Path(added.path), _places(plan, training))
    return replace(added, path=path, table=Path(os.path.relpath(table, folder / path)).as_posix())


def _rewrite(source: Path, target: Path, names: dict[Path, str], copies: bool, beside: str = "") -> None:
    """A table whose column `file` names the copies, relative to the folder that the table lies in."""
    lines = lines_of(source, source.parent.name, ("file",))
    with target.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(lines[0]))
        table.writeheader()
        for line in lines:
            named = names[Path(line["file"])].removeprefix(f"{beside}/" if beside else "")
            table.writerow(line | ({"file": named} if copies else {}))


def _files_of(plan: Plan, training: Path) -> Iterator[Path]:
    """Every picture, slide or slice that is learned from, each once."""
    data = plan.data
    if plan.kind == "boxes" and data.added:
        yield from _named(training / LABELS / CASES_FILE)
    if plan.kind in {"patches", "pictures"}:
        yield from _named(training / CASES_FILE)
    elif data.cases:
        yield from _named(Path(data.folder) / data.table)
    elif plan.kind == "scans":
        folders = map(Path, (data.folder, *data.series))
        yield from sorted({path for one in folders for path in one.rglob("*") if path.is_file()})
    else:
        endings = supported_suffixes()
        inside = sorted(Path(data.folder).iterdir())
        yield from (path for path in inside if path.is_file() and path.suffix.lower() in endings)


def _named(table: Path) -> Iterator[Path]:
    seen = dict.fromkeys(line["file"] for line in lines_of(table, table.parent.name, ("file",)))
    yield from map(Path, seen)


def _places(plan: Plan, training: Path) -> dict[Path, str]:
    """Folders, and where what lies in them goes: the data first, apart from what was labelled since."""
    series = {Path(path): f"series/{number}" for number, path in enumerate(plan.data.series, 1)}
    return {Path(plan.data.folder): COPIES, training / LABELS: LABELS} | series


def _named_in(path: Path, places: Mapping[Path, str]) -> str:
    """Its place in the job, as far below the folder as it lay."""
    for root, place in places.items():
        if path.is_relative_to(root):
            return (PurePosixPath(place) / path.relative_to(root).as_posix()).as_posix()
    return f"{COPIES}/{path.name}"


def import_result(folder: Path, learned: str, out: Path, run: Path) -> None:
    """Take what a job has come to into a training: its model, report and answers, as if learned here.

    `out` and `run` are the training's folders. Raises `Problem` for a job of other choices, one whose recipe
    was changed, one without result, `ModelProblem` for a model that is not sound. Then nothing is changed.
    """
    facts = _job(folder)
    if facts["learned"] != learned:
        raise Problem(
            "This job is of other pictures or other choices than those that are set here.",
            "Open the training that it was exported from (step 1, earlier trainings).",
        )
    if _sha256(folder / RECIPE_FILE) != facts["recipe_sha256"]:
        raise Problem(
            "The recipe of the job (all settings) was changed after it was exported.", "Export it again."
        )
    report = _report(folder)
    bundles = sorted(path.parent for path in (folder / OUT).glob("*/model.json"))
    if not bundles:
        raise Problem("The job has left no model.", "Run it to its end, then import its result.")
    for bundle in bundles:
        open_bundle(bundle)
    beside = out.with_name(f".{out.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        shutil.copytree(folder / OUT, beside, ignore=shutil.ignore_patterns("*.ckpt", "features"))
        (beside / "folds").mkdir(exist_ok=True)
        _name_originals(beside / ANSWERS_FILE, folder)
        shutil.rmtree(out, ignore_errors=True)
        beside.rename(out)
        _write_events(run, report)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise cannot_write(out.name, error) from error


def _job(folder: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads((folder / JOB_FILE).read_text(encoding="utf-8"))
        if facts["format"] != FORMAT:
            raise ValueError(facts["format"])
        return {key: facts[key] for key in ("learned", "recipe_sha256")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem(f"{folder.name} is no job that Parfocal has exported.", "Choose its folder.") from error


def _report(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / OUT / "report.json").read_text(encoding="utf-8"))
        return found
    except (OSError, ValueError) as error:
        raise Problem(
            "The job has not come to its end: it holds no report.",
            f"Run it on the other computer: {COMMAND}",
        ) from error


def _name_originals(answers: Path, folder: Path) -> None:
    """Answers name the copies: here the pictures lie where they always did."""
    lines = lines_of(folder / FILES_FILE, folder.name, ("file", "original"))
    known = {
        line["file"]: line["original"] for line in lines
    }  # by whole paths: slices are often called alike
    if not answers.is_file():
        return
    with answers.open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file))
    with whole_file(answers) as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(head)
        table.writerows([known.get(row[0].replace("\\", "/"), row[0]), *row[1:]] for row in rows)


def _write_events(run: Path, report: dict[str, Any]) -> None:
    """The passes that were told there, so that their curves are shown here."""
    run.mkdir(parents=True, exist_ok=True)
    epochs = [{**epoch, "event": "epoch"} for epoch in report.get("epochs", ())]
    events = [{"event": "begun"}, *epochs, {"event": "done"}]
    (run / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
