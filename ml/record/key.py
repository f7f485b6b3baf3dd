"""The key of this installation, with which records are signed; and the public keys of others.

The private half lies in the system's keyring where there is a safe one, else in a file that only its owner
may read. It is made when something is signed for the first time, and never leaves this computer.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ml import paths
from ml.errors import Problem
from ml.report.atomic import cannot_write, whole_file
from ml.safe_keyring import keyrings

SERVICE = "Parfocal records"
_ACCOUNT = "signing key"
_PRIVATE, _PUBLIC = "signing-key.pem", "signing-key.pub.pem"
_LARGEST = 1 << 16  # bytes of a key file that is read
_NAME = re.compile(r"[^\w .@-]+")
_making = threading.Lock()


@dataclass(frozen=True)
class KnownKey:
    """A public key that the person trusts, and whose it is."""

    name: str
    public: Ed25519PublicKey

    @property
    def fingerprint(self) -> str:
        """See `fingerprint`."""
        return fingerprint(self.public)


def own_key() -> Ed25519PrivateKey:
    """The key of this installation, made now if there is none yet.

    Raises `Problem` where it was made once and cannot be had now (a keyring that is locked), or cannot be
    kept: then nothing is signed with a key that nobody knows.
    """
    with _making:
        public = _read_public(paths.config() / _PUBLIC)
        found = _from_file() or _from_keyring()
        if found is not None:
            if public is None or raw(public) != raw(found.public_key()):
                _write(paths.config() / _PUBLIC, pem(found.public_key()).encode())
            return found
        if public is not None:
            raise Problem(
                "The key that reports are signed with cannot be had: the keyring does not give it out.",
                f"Unlock the keyring. If the key is lost, remove {_PUBLIC} from the settings' folder: a new "
                "one is made then.",
            )
        return _made()


def own_public_key() -> Ed25519PublicKey | None:
    """The public half, None as long as nothing was signed. Asks no keyring."""
    return _read_public(paths.config() / _PUBLIC)


def fingerprint(public: Ed25519PublicKey) -> str:
    """ "SHA256:9f2c 41aa …": the first 16 bytes of the hash of the raw key, in groups to be read aloud."""
    text = hashlib.sha256(raw(public)).hexdigest()[:32]
    return "SHA256:" + " ".join(text[at : at + 4] for at in range(0, 32, 4))


def raw(public: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key (RFC 8032)."""
    return public.public_bytes(form.Encoding.Raw, form.PublicFormat.Raw)


def pem(public: Ed25519PublicKey) -> str:
    """A public key as other programs read it (SubjectPublicKeyInfo, PEM)."""
    return public.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def export_public(path: Path) -> str:
    """Write this installation's public key; its fingerprint. Raises `Problem`."""
    public = own_key().public_key()
    _write(path, pem(public).encode())
    return fingerprint(public)


def known_keys() -> tuple[KnownKey, ...]:
    """Keys of others that were imported, by name. A file that is none any more counts for nothing."""
    found = ((path.stem, _read_public(path)) for path in sorted(_trusted().glob("*.pem")))
    return tuple(KnownKey(name, public) for name, public in found if public is not None)


def trust(public: Ed25519PublicKey, name: str) -> KnownKey:
    """Keep somebody's public key under a name; one of that name is replaced. Raises `Problem`."""
    kept = _NAME.sub("-", name).strip(" .-")[:64]
    if not kept:
        raise Problem("The key needs a name.", "Say whose it is: a hospital, a person.")
    _write(_trusted() / f"{kept}.pem", pem(public).encode())
    return KnownKey(kept, public)


def import_key(path: Path, name: str = "") -> KnownKey:
    """The same from a PEM file. Raises `Problem` where it holds no public Ed25519 key."""
    public = _read_public(path)
    if public is None:
        raise Problem(
            f"{path.name} holds no public key of Ed25519 in PEM.",
            "Ask whoever signs for the file that “parfocal-ml keys export” writes.",
        )
    return trust(public, name or path.stem.removesuffix(".pub"))


def distrust(name: str) -> None:
    """Forget a key. Raises `Problem` where there is none of that name."""
    path = _trusted() / f"{name}.pem"
    if name not in {key.name for key in known_keys()}:
        raise Problem(f"There is no key named “{name}”.", "See parfocal-ml keys list.")
    path.unlink(missing_ok=True)


def _trusted() -> Path:
    folder = paths.config() / "trusted-keys"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _made() -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    if not _into_keyring(text.decode("ascii")):
        key = _into_file(text)
    _write(paths.config() / _PUBLIC, pem(key.public_key()).encode())
    return key


def _into_keyring(text: str) -> bool:
    """Whether a safe keyring has it, read back to be sure."""
    from keyring.errors import KeyringError

    safe, _ = keyrings()
    if not safe:
        return False
    try:
        safe[0].set_password(SERVICE, _ACCOUNT, text)
        return safe[0].get_password(SERVICE, _ACCOUNT) == text
    except KeyringError:
        return False


def _into_file(text: bytes) -> Ed25519PrivateKey:
    """Write it so that nobody else may ever read it; what another process wrote first is what counts."""
    path = paths.config() / _PRIVATE
    part = path.with_name(f".{uuid.uuid4().hex[:8]}-{path.name}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
    except OSError as error:
        raise cannot_write(path.name, error) from error
    finally:
        part.unlink(missing_ok=True)
    found = _from_file()
    assert found is not None
    return found


def _from_keyring() -> Ed25519PrivateKey | None:
    from keyring.errors import KeyringError

    for backend in keyrings()[0]:
        with contextlib.suppress(KeyringError):
            text = backend.get_password(SERVICE, _ACCOUNT)
            if text:
                return _private(text.encode("ascii"), "the keyring")
    return None


def _from_file() -> Ed25519PrivateKey | None:
    try:
        return _private((paths.config() / _PRIVATE).read_bytes(), _PRIVATE)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Problem(f"{_PRIVATE} cannot be read.", "Check whose file it is.", error=repr(error)) from error


def _private(text: bytes, where: str) -> Ed25519PrivateKey:
    key: object
    try:
        key = form.load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Problem(
            f"The key that reports are signed with is damaged (in {where}).",
            "Take it out of there: a new one is made then, and older reports are of a key unknown here.",
        )
    return key


def _read_public(path: Path) -> Ed25519PublicKey | None:
    try:
        with path.open("rb") as file:
            key = form.load_pem_public_key(file.read(_LARGEST))
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


def _write(path: Path, content: bytes) -> None:
    with whole_file(path) as part:
        part.write_bytes(content)
