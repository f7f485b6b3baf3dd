"""Which models there are: those that ship with the program, and those that the person installed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from ml import paths
from ml.errors import ModelProblem, Problem
from ml.zoo.bundle import Bundle, copy_bundle, load_card, open_bundle
from ml.zoo.card import ModelCard
from ml.zoo.wsinfer import is_wsinfer


@dataclass(frozen=True)
class ModelEntry:
    """A model in the list. One that is refused has no card but the problem that says why."""

    card: ModelCard | None
    path: Path
    builtin: bool
    problem: Problem | None = None

    @property
    def name(self) -> str:
        """What to ask for it by."""
        return self.card.name if self.card else self.path.stem


def models() -> tuple[ModelEntry, ...]:
    """All models: first the built-in ones, each group by name. Weights are not read: see `find`.

    A name that occurs twice means the first of them; the installed one of that name is listed with a problem.
    """
    entries: list[ModelEntry] = []
    taken: set[str] = set()
    for builtin, folder in ((True, paths.resources() / "models"), (False, installed_folder())):
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            if path.name.startswith(".") or not (path.is_dir() or path.suffix.lower() == ".zip"):
                continue
            entry = _entry(path, builtin)
            if entry.card is not None and entry.name in taken:
                entry = ModelEntry(None, path, builtin, _name_taken(entry.name))
            taken.add(entry.name)
            entries.append(entry)
    return tuple(entries)


def find(name_or_path: str | Path) -> Bundle:
    """The model of this name, or the bundle at this path, checked as a whole. Raises `ModelProblem`."""
    known = {entry.name: entry for entry in reversed(models())}
    entry = known.get(str(name_or_path))
    if entry is not None:
        if entry.problem is not None:
            raise entry.problem
        return open_bundle(entry.path)
    path = Path(name_or_path)
    if is_wsinfer(path):
        raise ModelProblem(
            f"{path.name} is a model in WSInfer’s layout.",
            "Import it once: parfocal-ml models import FOLDER. Then it has a name here.",
        )
    if path.exists():
        return open_bundle(path)
    names = ", ".join(sorted(name for name, entry in known.items() if entry.card)) or "none"
    raise ModelProblem(
        f"There is no model named “{name_or_path}”.",
        f"Models here: {names}. Or give the path of a model folder or zip.",
    )


def install(path: Path) -> ModelEntry:
    """Copy a bundle into the person's models folder, replacing one of the same name. Raises `ModelProblem`.

    Checked before anything is written; the copy holds the card and the weights and nothing else.
    """
    bundle = open_bundle(path)
    if any(entry.builtin and entry.name == bundle.card.name for entry in models()):
        raise _name_taken(bundle.card.name)
    folder = installed_folder() / bundle.card.name
    if path.resolve() != folder.resolve():
        bundle = copy_bundle(bundle, folder)
    return ModelEntry(bundle.card, folder, builtin=False)


def descendants(name: str) -> tuple[ModelEntry, ...]:
    """Models here whose cards name this one as a parent."""
    return tuple(
        entry
        for entry in models()
        if entry.card is not None and any(parent.name == name for parent in entry.card.lineage.parents)
    )


def remove(path: Path) -> None:
    """Delete an installed model, one that is refused too. Raises `ModelProblem` for all others."""
    entry = next((entry for entry in models() if entry.path == path), None)
    if entry is None:
        raise ModelProblem("This model is not here any more.", "Somebody has deleted it.")
    if entry.builtin:
        raise ModelProblem(f"“{entry.name}” comes with Parfocal.", "It cannot be deleted.")
    beside = path.with_name(f".{path.name}.gone")
    try:
        path.rename(beside)  # at once out of the list, or not at all
        if beside.is_dir():
            shutil.rmtree(beside)
        else:
            beside.unlink()
    except OSError as error:
        raise ModelProblem(
            f"“{entry.name}” cannot be deleted: {error.strerror or error}.", "Close what uses it, try again."
        ) from error


def installed_folder() -> Path:
    """Where installed models live; made when missing."""
    folder = paths.data() / "models"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _entry(path: Path, builtin: bool) -> ModelEntry:
    try:
        return ModelEntry(load_card(path), path, builtin)
    except Problem as problem:
        return ModelEntry(None, path, builtin, problem)


def _name_taken(name: str) -> ModelProblem:
    return ModelProblem(
        f"A model named “{name}” is there already.", "Give the other one another name in its model.json."
    )
