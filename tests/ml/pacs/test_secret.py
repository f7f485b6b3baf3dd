"""Secrets live in the keyring, belong to an address, and are asked for where they are missing."""

from __future__ import annotations

import dataclasses

import keyring
import pytest
from keyring.backends import fail, null
from keyring.backends.chainer import ChainerBackend

from ml.errors import Problem
from ml.pacs import secret
from ml.pacs.server import Server
from tests.ml.pacs.orthanc import MemoryKeyring

SERVER = Server(name="south", kind="dicomweb", url="https://pacs.example/rs", sign_in="password", user="jane")


def test_a_secret_is_kept_and_forgotten() -> None:
    with pytest.raises(Problem, match="holds no password for “south”") as caught:
        secret.secret(SERVER)
    assert "servers secret south" in caught.value.remedy
    secret.keep(SERVER, "pässwörd")
    assert secret.secret(SERVER) == "pässwörd"
    secret.forget(SERVER)
    secret.forget(SERVER)
    with pytest.raises(Problem):
        secret.secret(SERVER)


def test_a_secret_is_for_one_address_and_user() -> None:
    secret.keep(SERVER, "word")
    for other in ({"url": "https://evil.example/rs"}, {"user": "joe"}):
        with pytest.raises(Problem, match="holds no password"):
            secret.secret(dataclasses.replace(SERVER, **other))
    assert secret.secret(dataclasses.replace(SERVER, name="renamed")) == "word"


def test_a_server_without_sign_in_asks_nobody() -> None:
    keyring.set_keyring(fail.Keyring())
    assert secret.secret(dataclasses.replace(SERVER, sign_in="none", user="")) is None


def test_a_computer_without_keyring_is_told() -> None:
    keyring.set_keyring(fail.Keyring())
    for asked in (lambda: secret.secret(SERVER), lambda: secret.keep(SERVER, "word")):
        with pytest.raises(Problem, match="no keyring") as caught:
            asked()
        assert "word" not in caught.value.details().replace("password", "")


def test_a_keyring_that_writes_files_is_refused() -> None:
    class Plain(MemoryKeyring):
        """What keyrings.alt calls itself."""

    Plain.__module__ = "keyrings.alt.file"
    keyring.set_keyring(Plain())
    with pytest.raises(Problem, match="keeps secrets in a file"):
        secret.keep(SERVER, "word")


def test_of_several_keyrings_the_first_safe_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    class File(MemoryKeyring):
        """One that writes a file."""

        file_path = "secrets.cfg"

    file, safe = File(), MemoryKeyring()
    monkeypatch.setattr(ChainerBackend, "backends", [fail.Keyring(), file, safe])
    keyring.set_keyring(ChainerBackend())
    secret.keep(SERVER, "word")
    assert (list(safe.kept.values()), file.kept) == (["word"], {})
    assert secret.secret(SERVER) == "word"


def test_a_keyring_that_forgets_everything_is_none() -> None:
    keyring.set_keyring(null.Keyring())
    with pytest.raises(Problem, match="no keyring"):
        secret.keep(SERVER, "word")
