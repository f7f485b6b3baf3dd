"""The key of this installation, and those of others."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from keyring.backends import fail

from ml import paths
from ml.errors import Problem
from ml.record import key
from tests.ml.pacs.orthanc import MemoryKeyring


@pytest.fixture
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def memory_keyring() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    found = MemoryKeyring()
    keyring.set_keyring(found)
    yield found
    keyring.set_keyring(before)


@pytest.mark.usefixtures("no_keyring")
def test_without_a_keyring_the_key_is_a_file_of_its_owner_alone() -> None:
    made = key.own_key()
    path = paths.config() / "signing-key.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key.raw(key.own_key().public_key()) == key.raw(made.public_key())
    public = key.own_public_key()
    assert public is not None
    assert key.raw(public) == key.raw(made.public_key())
    assert "PRIVATE" not in key.pem(public)


def test_a_keyring_has_it_and_no_file_does(memory_keyring: MemoryKeyring) -> None:
    made = key.own_key()
    assert not (paths.config() / "signing-key.pem").exists()
    assert key.raw(key.own_key().public_key()) == key.raw(made.public_key())
    assert "PRIVATE" in str(memory_keyring.get_password(key.SERVICE, "signing key"))


@pytest.mark.usefixtures("memory_keyring")
def test_a_key_that_is_locked_away_is_not_silently_replaced() -> None:
    key.own_key()
    keyring.set_keyring(fail.Keyring())
    with pytest.raises(Problem, match="cannot be had") as caught:
        key.own_key()
    assert "Unlock" in caught.value.remedy


@pytest.mark.usefixtures("no_keyring")
def test_a_damaged_key_is_said() -> None:
    key.own_key()
    (paths.config() / "signing-key.pem").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n", encoding="ascii")
    with pytest.raises(Problem, match="damaged"):
        key.own_key()


@pytest.mark.usefixtures("no_keyring")
def test_two_at_once_have_the_same_key() -> None:
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(key.raw(key.own_key().public_key()))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert [p.name for p in paths.config().iterdir() if p.name.startswith(".")] == []


@pytest.mark.usefixtures("no_keyring")
def test_keys_of_others_are_kept_by_name_and_forgotten(tmp_path: Path) -> None:
    other = Ed25519PrivateKey.generate().public_key()
    (tmp_path / "south.pub.pem").write_text(key.pem(other), encoding="ascii")
    known = key.import_key(tmp_path / "south.pub.pem")
    assert (known.name, known.fingerprint) == ("south", key.fingerprint(other))
    key.trust(other, "../../Klinik Süd")  # a name, never a path
    names = [one.name for one in key.known_keys()]
    assert names == ["Klinik Süd", "south"]
    for name in names:
        key.distrust(name)
    assert key.known_keys() == ()
    with pytest.raises(Problem, match="no key named"):
        key.distrust("south")


@pytest.mark.parametrize(
    "content", ["", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "it.pem").write_text(content, encoding="ascii")
    with pytest.raises(Problem, match="no public key"):
        key.import_key(tmp_path / "it.pem")


def test_the_exported_key_is_one_that_others_can_import(tmp_path: Path) -> None:
    fingerprint = key.export_public(tmp_path / "mine.pem")
    assert key.import_key(tmp_path / "mine.pem", "me").fingerprint == fingerprint
