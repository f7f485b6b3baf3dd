"""What of a report still holds: its files, its slide or series, its model, and who signed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ml.errors import ModelProblem, Problem
from ml.progress import Progress, Step
from ml.record import places
from ml.record.signed import NAME, Signature, read_record
from ml.record.statement import SCHEMA, SCHEMA_VERSION, card_hash, file_facts
from ml.record.subject import found_series, hash_of_slide
from ml.report.words import count
from ml.zoo.bundle import Bundle, open_bundle
from ml.zoo.store import models

State = Literal["holds", "changed", "missing", "not checked", "added"]


@dataclass(frozen=True)
class Item:
    """One thing that was looked at. `words` is the rest of the sentence, for a person."""

    kind: Literal["signature", "file", "slide", "series", "model", "card"]
    name: str
    state: State
    words: str


@dataclass(frozen=True)
class Verification:
    """Everything that was looked at, the signature first."""

    signature: Signature
    items: tuple[Item, ...]
    said: Mapping[str, Any]
    folder: Path
    subject: Path | None = None  # the slide, or the file or folder of the series, where it was found
    model: Path | None = None  # the bundle

    @property
    def sound(self) -> bool:
        """Signed by somebody who is known, and nothing changed or gone. What is not here was not checked."""
        bad = any(item.state in {"changed", "missing"} for item in self.items)
        return self.signature.signer in {"own", "known"} and not bad

    @property
    def whole(self) -> bool:
        """Sound, and everything could be checked."""
        return self.sound and all(item.state in {"holds", "added"} for item in self.items)

    @property
    def headline(self) -> str:
        """The one sentence that matters."""
        changed = [i.name for i in self.items if i.state == "changed" and i.kind != "signature"]
        gone = [i.name for i in self.items if i.state == "missing"]
        if self.signature.signer == "broken":
            return "The signature is broken: nothing in this folder can be relied on."
        if changed or gone:
            parts = [f"changed: {_listed(changed)}"] if changed else []
            parts += [f"missing: {_listed(gone)}"] if gone else []
            return f"This report does not hold any more. {'; '.join(parts).capitalize()}."
        if self.signature.signer == "unknown":
            return "Nothing has changed, but the key that signed it is not known here."
        left = [i.name for i in self.items if i.state == "not checked"]
        if left:
            return f"Everything that could be checked holds. Not checked: {_listed(left)}."
        return "Everything holds."


def verify(folder: Path, progress: Progress, subject: Path | None = None) -> Verification:
    """Check a report's folder (or its record). `subject` says where the slide or series lies, if asked.

    Raises `Problem` where there is no record to go by, `Cancelled` when a stop is wished.
    """
    path = folder if folder.name == NAME and folder.is_file() else folder / NAME
    record = read_record(path)
    said: Mapping[str, Any] = record.said
    items = [_signature_item(record.signature)]
    if record.signature.signer == "broken":
        items += _files(path.parent, said, progress, trusted=False)
        return Verification(record.signature, tuple(items), said, path.parent)
    if said.get("schema") != SCHEMA or int(said.get("schema_version", 0)) > SCHEMA_VERSION:
        raise Problem(
            f"{path.name} is of a newer Parfocal.", "Check it with the version that wrote it, or a newer one."
        )
    try:
        items += _files(path.parent, said, progress)
        where, item = _subject(said, progress, subject)
        items.append(item)
        bundle, of_model = _model(said["model"], progress) if said["model"] else (None, [])
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # signed, but by whom knows what
        raise Problem(
            f"{path.name} does not say what a record says.",
            "It was not written by Parfocal.",
            error=repr(error),
        ) from error
    items += of_model
    return Verification(
        record.signature, tuple(items), said, path.parent, where, bundle.path if bundle else None
    )


def model_by_hash(wanted: Mapping[str, Any]) -> Bundle | None:
    """The bundle with exactly these weights: where it lay last, or any that is installed; None: not here."""
    sha256 = str(wanted["weights_sha256"])
    installed = sorted(models(), key=lambda entry: entry.name != wanted["name"])
    candidates = [places.recall(sha256), *(entry.path for entry in installed if entry.card is not None)]
    for path in dict.fromkeys(path for path in candidates if path is not None):
        try:
            bundle = open_bundle(path)
        except (ModelProblem, OSError):
            continue
        if bundle.card.weights_sha256 == sha256:
            return bundle
    return None


def _signature_item(signature: Signature) -> Item:
    fingerprint = f" ({signature.fingerprint})" if signature.fingerprint else ""
    state: State = "holds"
    if signature.signer == "own":
        words = f"of this installation{fingerprint}"
    elif signature.signer == "known":
        words = f"of “{signature.name}”{fingerprint}"
    elif signature.signer == "unknown":
        state, words = "not checked", f"of a key that is not known here{fingerprint}"
    else:
        state, words = "changed", f"broken: {NAME} was changed after it was signed"
    return Item("signature", "Signature", state, words)


def _files(
    folder: Path, said: Mapping[str, Any], progress: Progress, *, trusted: bool = True
) -> Iterator[Item]:
    """Every file of the record, then every other one in the folder."""
    named = said.get("files")
    listed = [one for one in named if isinstance(one, dict)] if isinstance(named, list) else []
    for number, one in enumerate(listed):
        progress.check()
        progress.step(Step("Checking files", number, len(listed)))
        yield _file(folder, one, trusted=trusted)
    names = {str(one.get("name", "")) for one in listed} | {NAME}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in names and not path.name.startswith("."):
            yield Item("file", name, "added", "a file that is not part of the record")


def _file(folder: Path, one: Mapping[str, Any], *, trusted: bool) -> Item:
    name = str(one.get("name", ""))
    if not _plain(name):  # of a record that somebody else signed: it may not have us look elsewhere
        return Item("file", name, "missing", "does not lie in this folder")
    try:
        found = file_facts(folder / name, folder)
    except FileNotFoundError:
        return Item("file", name, "missing", "is not in the folder any more")
    except OSError as error:
        return Item("file", name, "missing", f"cannot be read: {error.strerror or error}")
    return Item("file", name, *_compared(found, one, trusted=trusted))


def _compared(found: Mapping[str, object], one: Mapping[str, Any], *, trusted: bool) -> tuple[State, str]:
    if found["sha256"] == one.get("sha256"):
        if not trusted:
            return "not checked", "is as the record says, which is broken itself"
        return "holds", "is as it was written"
    if found["bytes"] == one.get("bytes"):
        return "changed", "was changed; it is as long as before"
    size, was = int(str(found["bytes"])), int(one.get("bytes", 0))
    return "changed", f"was changed: {count(size, 'byte')}, not {was:,}"


def _plain(name: str) -> bool:
    parts = name.split("/")
    return all(part and part not in {".", ".."} and not set(part) & set("\\:") for part in parts)


def _subject(said: Mapping[str, Any], progress: Progress, given: Path | None) -> tuple[Path | None, Item]:
    about = said["subject"]
    is_slide = said["kind"] == "slide"
    kind: Literal["slide", "series"] = "slide" if is_slide else "series"
    name = "Slide" if is_slide else "Series"
    which = f" ({about['name']})" if is_slide else f" ({about['slices']} slices)"
    if not about["sha256"]:
        return given, Item(kind, name, "not checked", f"its hash was not taken{which}")
    path = given or places.recall(str(about["sha256"]))
    if path is None:
        return None, Item(kind, name, "not checked", f"is not where it lay, or was never here{which}")
    try:
        same = _is_subject(said, path, progress)
    except (Problem, OSError) as error:
        return None, Item(kind, name, "not checked", f"cannot be read: {error}")
    if same:
        places.remember(str(about["sha256"]), path)
        return path, Item(kind, name, "holds", f"is the one that was analyzed{which}")
    words = "is another one than was analyzed" if given else "was changed since it was analyzed"
    return None, Item(kind, name, "changed", f"{words}{which}")


def _is_subject(said: Mapping[str, Any], path: Path, progress: Progress) -> bool:
    sha256 = str(said["subject"]["sha256"])
    if said["kind"] == "slide":
        return hash_of_slide(path, progress) == sha256
    return found_series(path, sha256, int(said["subject"]["slices"]), progress) is not None


def _model(wanted: Mapping[str, Any], progress: Progress) -> tuple[Bundle | None, list[Item]]:
    progress.check()
    progress.step(Step("Checking the model", 0, 0))
    name = f"{wanted['name']} {wanted['version']}"
    bundle = model_by_hash(wanted)
    if bundle is None:
        gone = "no model with these weights is installed here"
        return None, [Item("model", f"Model {name}", "not checked", gone)]
    items = [Item("model", f"Model {name}", "holds", "the same weights are here")]
    if card_hash(bundle.card) == wanted["card_sha256"]:
        items.append(Item("card", "Its card", "holds", "says what it said"))
    else:
        items.append(Item("card", "Its card", "changed", "says something else than when it was used"))
    return bundle, items


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
