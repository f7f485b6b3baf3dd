"""A record on the disk: what is said, and the signature over its canonical form, in one readable file.

Every byte of the file counts: it is written in one way only, and read back only where it stands in it, so
that a blank too many is a changed file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ml.errors import Problem
from ml.record import key as keys
from ml.record.canonical import canonical
from ml.report.atomic import whole_file

NAME = "record.json"
ALGORITHM, FORM = "Ed25519", "RFC 8785"
Signer = Literal["own", "known", "unknown", "broken"]

_LARGEST = 64 << 20  # bytes
_HEX_KEY, _HEX_SIGNATURE = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{128}")
_PARTS = {"algorithm", "form", "fingerprint", "public_key", "value"}


@dataclass(frozen=True)
class Signature:
    """Who signed: this installation, a key that was imported (`name`), one unknown here; or it is broken."""

    signer: Signer
    fingerprint: str = ""
    name: str = ""
    public: Ed25519PublicKey | None = None  # None where it is broken


@dataclass(frozen=True)
class SignedRecord:
    """What a record says, and who says so. Nothing in a record whose signature is broken may be trusted."""

    said: Mapping[str, object]
    signature: Signature


def write_record(said: Mapping[str, object], path: Path, key: Ed25519PrivateKey) -> None:
    """Sign and write. Raises `Problem` when the disk does not let us, `ValueError` for what is not JSON."""
    public = key.public_key()
    document = {
        "record": said,
        "signature": {
            "algorithm": ALGORITHM,
            "form": FORM,
            "fingerprint": keys.fingerprint(public),
            "public_key": keys.raw(public).hex(),
            "value": key.sign(canonical(said)).hex(),
        },
    }
    with whole_file(path) as part:
        part.write_bytes(_laid_out(document))


def read_record(path: Path) -> SignedRecord:
    """Read and check. Raises `Problem` where there is no record, or none that can be read at all."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST)
    except FileNotFoundError:
        raise Problem(
            f"There is no {path.name} in this folder.",
            "Choose the folder of a report that Parfocal wrote; older versions signed nothing.",
        ) from None
    except OSError as error:
        raise Problem(f"{path.name} cannot be read.", "Copy the folder anew.", error=repr(error)) from error
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("record"), dict):
        raise Problem(f"{path.name} is damaged: it is no record any more.", "Ask for the report anew.")
    return SignedRecord(document["record"], _checked(document, content))


def _laid_out(document: Mapping[str, object]) -> bytes:
    """The file of a document: of its canonical form alone, so that 1 and 1.0 are one and the same text."""
    plain = json.loads(canonical(document))
    return json.dumps(plain, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


def _checked(document: Mapping[str, object], content: bytes) -> Signature:
    """Who signed it; "broken" where anything is not as it was written."""
    broken = Signature("broken")
    signed = document.get("signature")
    if not isinstance(signed, dict) or set(document) != {"record", "signature"} or set(signed) != _PARTS:
        return broken
    public_hex, value = str(signed["public_key"]), str(signed["value"])
    if not _HEX_KEY.fullmatch(public_hex) or not _HEX_SIGNATURE.fullmatch(value):
        return broken
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
    fingerprint = keys.fingerprint(public)
    if (signed["algorithm"], signed["form"], signed["fingerprint"]) != (ALGORITHM, FORM, fingerprint):
        return broken
    try:
        if _laid_out(document) != content:
            return broken
        public.verify(bytes.fromhex(value), canonical(document["record"]))
    except (InvalidSignature, ValueError, UnicodeEncodeError):
        return broken
    return _whose(public)


def _whose(public: Ed25519PublicKey) -> Signature:
    own = keys.own_public_key()
    if own is not None and keys.raw(own) == keys.raw(public):
        return Signature("own", keys.fingerprint(public), public=public)
    for known in keys.known_keys():
        if keys.raw(known.public) == keys.raw(public):
            return Signature("known", known.fingerprint, known.name, public)
    return Signature("unknown", keys.fingerprint(public), public=public)
