"""The list of servers comes back as it was, holds no secrets, and says what it does not understand."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.errors import Problem
from ml.pacs import address_book, secret
from ml.pacs.server import Server

WEB = Server(
    name="south", kind="dicomweb", url="https://pacs.example/rs", sign_in="password", user="jane", timeout=5
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
DIMSE = Server(name="north.1", kind="dimse", host="pacs.example", title="NORTH", retrieve="move", tls=True)


def test_servers_come_back() -> None:
    assert address_book.servers() == ()
    address_book.put(WEB)
    address_book.put(DIMSE)
    assert address_book.servers() == (DIMSE, WEB)
    moved = dataclasses.replace(DIMSE, port=11112)
    address_book.put(moved)
    assert address_book.server("north.1") == moved
    address_book.remove("north.1")
    assert address_book.servers() == (WEB,)
    with pytest.raises(Problem, match="no server named “north") as caught:
        address_book.remove("north.1")
    assert "south" in caught.value.remedy


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(user=TEXT.filter(bool), file=TEXT, port=st.integers(1, 65535))
def test_any_text_comes_back(user: str, file: str, port: int) -> None:
    made = Server(
        name="x", kind="dimse", host="h", port=port, user=user, ca_file=file, sign_in="password", tls=True
    )
    address_book.put(made)
    assert address_book.server("x") == made


def test_no_secret_is_in_any_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    address_book.put(WEB)
    secret.keep(WEB, "s3cret-of-the-test")
    home = address_book.file().parent.parent
    for path in (p for p in home.rglob("*") if p.is_file()):
        assert b"s3cret-of-the-test" not in path.read_bytes()
    assert "user" in address_book.file().read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[a\n", "is no TOML"),
        ("a = 1\n", "outside of any server"),
        ('[a]\nhost = "x"\n', "whether “a” is dimse or dicomweb"),
        ('[a]\nkind = "ftp"\n', "a kind that is not dicomweb or dimse"),
        ('[a]\nkind = "dimse"\nhost = "x"\nport = "104"\n', "a port that is not a int"),
        ('[a]\nkind = "dimse"\nhost = "x"\npassword = "y"\n', "says “password” about “a”"),
        ('[a]\nkind = "dimse"\nhost = "x"\nport = 70000\n', "not between"),
    ],
)
def test_a_file_that_says_something_else_is_told(text: str, what: str) -> None:
    address_book.file().write_text(text, encoding="utf-8")
    with pytest.raises(Problem, match=what):
        address_book.servers()


def test_unreadable_letters_are_told() -> None:
    path: Path = address_book.file()
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Problem, match="cannot be read"):
        address_book.servers()
