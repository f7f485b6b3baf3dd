"""The layout of the WSInfer zoo: a folder with `config.json` and `torchscript_model.pt`. Read and written.

The configuration is that of schema 1.0, whose keys stand at the top of our own cards; what that schema has
no place for goes under "parfocal", where WSInfer does not look. Other files of such a folder
(`pytorch_model.bin`, a README) are never opened.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from ml.zoo.bundle import LARGEST_CARD, parsed
from ml.zoo.card import ModelCard
from ml.zoo.card_json import SPEC_VERSION, WEIGHTS_FILES, card_from_json, card_to_json, refused
from ml.zoo.container import LARGEST
from ml.zoo.torchscript import check_script

CONFIG_FILE = "config.json"
SCRIPT_FILE = "torchscript_model.pt"
_LFS = b"version https://git-lfs"  # what lies in a file's place where only its pointer was fetched


@dataclass(frozen=True)
class WSInferModel:
    """What such a folder holds: a card whose weights are TorchScript, and the file itself, looked through."""

    card: ModelCard
    script: bytes


def is_wsinfer(folder: Path) -> bool:
    """Whether a folder has the layout's two files."""
    return (folder / CONFIG_FILE).is_file() and (folder / SCRIPT_FILE).is_file()


def read_wsinfer(folder: Path) -> WSInferModel:
    """Read and check both files. Raises `ModelProblem` with the reason.

    Older configurations name neither schema nor architecture: both may be missing. Of two classes without a
    word on which to show, the second is shown: in the zoo the first is what is not looked for. A card that is
    not ours asks for patches to be read as WSInfer does.
    """
    name = folder.resolve().name
    script = _bytes(folder, SCRIPT_FILE, LARGEST)
    if script.startswith(_LFS):
        raise refused(name, f"{SCRIPT_FILE} is only a pointer to the weights (git lfs pull fetches them)")
    check_script(script, name)
    document = parsed(_bytes(folder, CONFIG_FILE, LARGEST_CARD), CONFIG_FILE, name)
    sha256 = hashlib.sha256(script).hexdigest()
    plain = not isinstance(document, dict) or "parfocal" not in document
    if isinstance(document, dict):
        told: dict[str, object] = {"spec_version": SPEC_VERSION, "architecture": "unknown", **document}
        if isinstance(own := told.get("parfocal"), dict):
            told["parfocal"] = own | {"weights": _weights(own, sha256, name)}
        document = told
    card = card_from_json(document, name)
    card = replace(card, weights="torchscript", weights_sha256=sha256, familiarity=None)
    if plain:
        shown = 1 if len(card.class_names) == 2 else 0
        card = replace(card, shown_class=shown, reading="wsinfer")
    return WSInferModel(card, script)


def write_wsinfer(card: ModelCard, script: bytes, folder: Path) -> WSInferModel:
    """Write both files into a folder (made when missing) and read them again. Raises `ModelProblem`."""
    sha256 = hashlib.sha256(script).hexdigest()
    document = card_to_json(replace(card, weights="torchscript", weights_sha256=sha256))
    own = document["parfocal"]
    assert isinstance(own, dict)
    own["weights"] = {"file": SCRIPT_FILE, "sha256": sha256}
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SCRIPT_FILE).write_bytes(script)
    (folder / CONFIG_FILE).write_text(text + "\n", encoding="utf-8")
    return read_wsinfer(folder)


def _weights(own: dict[str, object], sha256: str, name: str) -> dict[str, str]:
    """As a card of ours says it. Raises `ModelProblem` where the file is not the one that is named."""
    told = own.get("weights")
    expected = told.get("sha256") if isinstance(told, dict) else None
    if expected not in {None, sha256}:
        reason = f"{SCRIPT_FILE} is not the file that {CONFIG_FILE} names (its sha256 differs)"
        raise refused(name, reason, expected=expected, found=sha256)
    return {"file": WEIGHTS_FILES["torchscript"], "sha256": sha256}


def _bytes(folder: Path, file: str, largest: int) -> bytes:
    path = folder / file
    if not path.is_file():
        raise refused(folder.resolve().name, f"{file} is missing")
    try:
        if path.stat().st_size > largest:
            raise refused(folder.resolve().name, f"{file} is larger than it can be")
        return path.read_bytes()
    except OSError as error:
        raise refused(folder.resolve().name, f"{file} cannot be read", error=error) from None
