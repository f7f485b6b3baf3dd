"""`parfocal-ml models …`: what a person asks about models, as facts and sentences."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from ml.errors import Problem
from ml.report.atomic import cannot_write
from ml.zoo import store
from ml.zoo.bundle import open_bundle
from ml.zoo.card_json import card_to_json

Facts = dict[str, object]


def listed() -> Iterator[Facts]:
    """One after the other: name, title, version, summary, whether built in, and why one is refused."""
    for entry in store.models():
        card, problem = entry.card, entry.problem
        yield {
            "name": entry.name,
            "title": card.title if card else "",
            "version": card.version if card else "",
            "summary": card.summary if card else "",
            "builtin": entry.builtin,
            "problem": problem.what if problem else "",
        }


def in_one_line(facts: Facts) -> str:
    """The same for a person."""
    if facts["problem"]:
        return f"{facts['name']}  {facts['problem']}"
    where = "comes with Parfocal" if facts["builtin"] else "installed"
    summary = f" · {facts['summary']}" if facts["summary"] else ""
    return f"{facts['name']}  {facts['title']} {facts['version']} ({where}){summary}"


def card(name_or_path: str) -> Facts:
    """The card of a model, its nested parts laid flat. Raises `ModelProblem`."""
    document = card_to_json(store.find(name_or_path).card)
    own = document.pop("parfocal")
    assert isinstance(own, dict)
    return own | document


def check(path: Path) -> str:
    """A sentence that says the bundle is sound. Raises `ModelProblem` that says why it is not."""
    from ml.infer.ready import make_ready
    from ml.model.device import choose_device

    bundle = open_bundle(path)
    ready = make_ready(bundle, choose_device("cpu"))
    network = ready.network
    knows = " It notices what is unlike its training data." if ready.recognition else ""
    cam = "" if network.cam_layer is not None else " It has no layer that Grad-CAM can show."
    size = sum(parameter.numel() for parameter in network.module.parameters())
    return (
        f"The model “{bundle.card.title}” is sound: {size:,} parameters, sha256 as its card says.{knows}{cam}"
    )


def install(path: Path) -> str:
    """Install a bundle; the sentence says under which name. Raises `ModelProblem`."""
    check(path)
    entry = store.install(path)
    return f"Installed: ask for it with --model {entry.name}."


def import_folder(folder: Path, name: str, shown: str) -> str:
    """Import a WSInfer folder; the sentences say under which name, and what is not there. `ModelProblem`."""
    from ml.model.wsinfer import import_wsinfer

    with tempfile.TemporaryDirectory() as scratch:
        made = import_wsinfer(folder, Path(scratch) / "bundle", name, shown)
        entry = store.install(made.bundle.path)
    card = made.bundle.card
    size = card.patch_pixels * card.spacing
    said = f"Imported: ask for it with --model {entry.name}. Patches of {size:g} µm, {card.patch_pixels} px; "
    said += f"the heatmap shows “{card.class_names[card.shown_class]}”."
    return said + (
        f" It runs as TorchScript, without Grad-CAM: {made.why_script}." if made.why_script else ""
    )


def export_folder(name_or_path: str, layout: str, folder: Path, member: int = 0) -> str:
    """Write a model for other programs, or one network of it (from 1). Raises `Problem`."""
    from ml.model.member import export_member
    from ml.model.wsinfer import export_wsinfer

    if layout not in {"wsinfer", "bundle"}:
        raise Problem(
            f"“{layout}” is not a layout that models are written in.", "Give --as wsinfer or --as bundle."
        )
    if (layout == "bundle") != (member > 0):
        raise Problem("--as bundle and --member go together.", "Give both, or neither for WSInfer.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Problem(f"{folder.name} is there already.", "Give another folder with --out.")
    bundle = store.find(name_or_path)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if layout == "bundle":
            card = export_member(bundle, member, folder).card
            knows = "" if card.familiarity else " It does not know what is unlike its training data."
            return f"Written: {folder}. Read again, it answers as it did among the others.{knows}"
        export_wsinfer(bundle, folder)
    except OSError as error:
        raise cannot_write(folder.name, error) from error
    return f"Written for WSInfer: {folder}. Read again, it gives the same probabilities as the bundle."


def versions() -> Facts:
    """Versions by name."""
    from ml.infer.provenance import versions

    return dict(versions())
