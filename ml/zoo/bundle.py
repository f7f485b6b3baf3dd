"""A model bundle: a folder or a zip with `model.json` and its weights. Opened, checked, written.

The weights are `model.safetensors`, or `model.torchscript` for a network that timm does not have. Python
executes nothing of a bundle, TorchScript is looked through before torch sees it (`ml.zoo.torchscript`), and
no path in a zip is ever used to write a file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ml.zoo.card import ModelCard
from ml.zoo.card_json import WEIGHTS_FILES, card_from_json, card_to_json, refused
from ml.zoo.container import Container, open_container
from ml.zoo.familiarity import FAMILIARITY_FILE
from ml.zoo.torchscript import check_script

CARD_FILE = "model.json"
_CARD_FILES = (CARD_FILE, "config.json")  # the second is what the WSInfer zoo calls it
LARGEST_CARD = 1 << 20  # bytes
LARGEST_FAMILIARITY = 64 << 20


@dataclass(frozen=True)
class Bundle:
    """A model whose card was read and checked. Its weights are checked whenever they are read."""

    card: ModelCard
    path: Path

    def weights(self) -> bytes:
        """The bytes of the weights' file: their hash is checked in the same read.

        Raises `ModelProblem` when they are missing, damaged, or not the ones that the card names.
        """
        with open_container(self.path) as container:
            return _read_weights(container, self.card, self.path.name)[0]

    def familiarity(self) -> bytes | None:
        """The numbers of the check for what is unlike the training data; None where the card has none.

        Raises `ModelProblem` as `weights` does.
        """
        if self.card.familiarity is None:
            return None
        with open_container(self.path) as container:
            return _read_familiarity(container, self.card, self.path.name)


def open_bundle(path: Path) -> Bundle:
    """Read and check a folder or zip, weights included. Raises `ModelProblem` with the reason."""
    with open_container(path) as container:
        card = _read_card(container, path)
        content, sha256 = _read_weights(container, card, path.name)
        beside = _read_familiarity(container, card, path.name) if card.familiarity else None
    _check_structure(content, card, path.name)
    if beside is not None:
        _check_tensors(beside, FAMILIARITY_FILE, path.name)
    return Bundle(replace(card, weights_sha256=sha256), path)


def load_card(path: Path) -> ModelCard:
    """The card of a bundle, without reading its weights. Raises `ModelProblem`.

    `weights_sha256` is empty where the card names none (a plain card of the WSInfer zoo).
    """
    with open_container(path) as container:
        card = _read_card(container, path)
        for file in (WEIGHTS_FILES[card.weights], *([FAMILIARITY_FILE] if card.familiarity else [])):
            if file not in container.sizes:
                raise refused(path.name, f"{file} is missing")
    return card


def write_bundle(card: ModelCard, weights: Path, folder: Path, familiarity: bytes | None = None) -> Bundle:
    """Write a bundle into a folder (made when missing) from card, weights and what it is familiar with.

    The hashes on the written card are those of the files, whatever `card` says. The result is opened again,
    so that a bundle that would be refused is never left behind unnoticed. Raises `ModelProblem`.
    """
    content = weights.read_bytes()
    _check_structure(content, card, card.name)
    card = replace(card, weights_sha256=hashlib.sha256(content).hexdigest())
    if card.familiarity is not None and familiarity is not None:
        sha256 = hashlib.sha256(familiarity).hexdigest()
        card = replace(card, familiarity=replace(card.familiarity, sha256=sha256))
    text = json.dumps(card_to_json(card), indent=2, ensure_ascii=False, allow_nan=False)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS_FILES[card.weights]).write_bytes(content)
    _write_familiarity(folder, familiarity)
    (folder / CARD_FILE).write_text(text + "\n", encoding="utf-8")
    return open_bundle(folder)


def copy_bundle(bundle: Bundle, folder: Path) -> Bundle:
    """Copy a checked bundle into a new folder, whole or not at all: first beside it, then renamed."""
    beside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        (beside / WEIGHTS_FILES[bundle.card.weights]).write_bytes(bundle.weights())
        _write_familiarity(beside, bundle.familiarity())
        text = json.dumps(card_to_json(bundle.card), indent=2, ensure_ascii=False, allow_nan=False)
        (beside / CARD_FILE).write_text(text + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return open_bundle(folder)


def _read_weights(container: Container, card: ModelCard, name: str) -> tuple[bytes, str]:
    """The bytes and their sha256, which must be the card's where the card names one."""
    file = WEIGHTS_FILES[card.weights]
    if file not in container.sizes:
        raise refused(name, f"{file} is missing")
    content = container.read(file, container.sizes[file])
    sha256 = hashlib.sha256(content).hexdigest()
    if card.weights_sha256 not in {"", sha256}:
        reason = f"{file} is not the file that the card names (its sha256 differs)"
        raise refused(name, reason, expected=card.weights_sha256, found=sha256)
    return content, sha256


def _read_familiarity(container: Container, card: ModelCard, name: str) -> bytes:
    """The bytes of the file that the card names; their sha256 must be the card's."""
    assert card.familiarity is not None
    if FAMILIARITY_FILE not in container.sizes:
        raise refused(name, f"{FAMILIARITY_FILE} is missing")
    content = container.read(FAMILIARITY_FILE, LARGEST_FAMILIARITY)
    if hashlib.sha256(content).hexdigest() != card.familiarity.sha256:
        raise refused(name, f"{FAMILIARITY_FILE} is not the file that the card names (its sha256 differs)")
    return content


def _write_familiarity(folder: Path, content: bytes | None) -> None:
    """A file of an earlier bundle in the folder does not stay where this one has none."""
    if content is None:
        (folder / FAMILIARITY_FILE).unlink(missing_ok=True)
    else:
        (folder / FAMILIARITY_FILE).write_bytes(content)


def _read_card(container: Container, path: Path) -> ModelCard:
    name = path.stem if path.is_file() else path.resolve().name
    file = next((file for file in _CARD_FILES if file in container.sizes), None)
    if file is None:
        raise refused(name, f"{CARD_FILE} is missing")
    return card_from_json(parsed(container.read(file, LARGEST_CARD), file, name), name)


def parsed(content: bytes, file: str, name: str) -> object:
    """What a card's file holds. Raises `ModelProblem` where that is no JSON (`NaN` is none)."""
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refused(name, f"{file} cannot be read as JSON", error=error) from None


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is not a number of JSON")


def _check_structure(content: bytes, card: ModelCard, name: str) -> None:
    if card.weights == "torchscript":
        check_script(content, name)
        return
    _check_tensors(content, WEIGHTS_FILES[card.weights], name)


def _check_tensors(content: bytes, file: str, name: str) -> None:
    """Header, offsets and length by the safetensors library, without making arrays of the numbers."""
    from safetensors import SafetensorError, deserialize

    check: Callable[[bytes], object] = deserialize
    try:
        tensors = check(content)
    except SafetensorError as error:
        raise refused(name, f"{file} is damaged or is not a safetensors file", error=error) from None
    if not tensors:
        raise refused(name, f"{file} holds no weights")
