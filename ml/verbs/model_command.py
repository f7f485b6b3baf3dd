"""`parfocal-ml models …`: what a person asks about models, as facts and sentences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
    from ml.model.device import choose_device
    from ml.model.network import load_network

    bundle = open_bundle(path)
    network = load_network(bundle, choose_device("cpu"))
    cam = "" if network.cam_layer is not None else " It has no layer that Grad-CAM can show."
    size = sum(parameter.numel() for parameter in network.module.parameters())
    return f"The model “{bundle.card.title}” is sound: {size:,} parameters, sha256 as its card says.{cam}"


def install(path: Path) -> str:
    """Install a bundle; the sentence says under which name. Raises `ModelProblem`."""
    check(path)
    entry = store.install(path)
    return f"Installed: ask for it with --model {entry.name}."


def versions() -> Facts:
    """Versions by name."""
    from ml.infer.provenance import versions

    return dict(versions())
