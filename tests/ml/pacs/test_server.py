"""What an entry may say, and that nothing in it sends a secret where it should not go."""

from __future__ import annotations

import pytest

from ml.errors import Problem
from ml.pacs.server import Server


def test_words_name_the_server() -> None:
    dimse = Server(name="north", kind="dimse", host="pacs.example", port=11112, title="NORTH")
    assert dimse.words == "“north” (pacs.example:11112, NORTH)"
    web = Server(name="south", kind="dicomweb", url="https://pacs.example/dicom-web/")
    assert web.words == "“south” (https://pacs.example/dicom-web)"
    assert (dimse.encrypted, web.encrypted) == (False, True)


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ({"name": "a b", "kind": "dimse", "host": "x"}, "is no name for a server"),
        ({"name": "a", "kind": "dimse"}, "is not the name of a computer"),
        ({"name": "a", "kind": "dimse", "host": "http://x"}, "is not the name of a computer"),
        ({"name": "a", "kind": "dimse", "host": "x", "port": 0}, "not between 1 and 65535"),
        ({"name": "a", "kind": "dimse", "host": "x", "title": "A" * 17}, "no application entity title"),
        ({"name": "a", "kind": "dimse", "host": "x", "own_title": "\\"}, "no application entity title"),
        ({"name": "a", "kind": "dimse", "host": "x", "sign_in": "token"}, "knows no tokens"),
        ({"name": "a", "kind": "dicomweb", "url": "ftp://x"}, "is no web address"),
        ({"name": "a", "kind": "dicomweb", "url": "https://me:pw@x/y"}, "holds a user or a password"),
        ({"name": "a", "kind": "dicomweb", "url": "https://x/y?token=1"}, "goes on after the path"),
        ({"name": "a", "kind": "dicomweb", "url": "https://x", "sign_in": "password"}, "but no user"),
        ({"name": "a", "kind": "dicomweb", "url": "http://x", "sign_in": "token"}, "anybody can read"),
        (
            {"name": "a", "kind": "dimse", "host": "x", "sign_in": "password", "user": "me"},
            "anybody can read",
        ),
        ({"name": "a", "kind": "dimse", "host": "x", "key_file": "k.pem"}, "belong together"),
        ({"name": "a", "kind": "dimse", "host": "x", "timeout": 0}, "is not usable"),
    ],
)
def test_entries_that_cannot_be_meant(entry: dict[str, object], what: str) -> None:
    with pytest.raises(Problem, match=what) as caught:
        Server(**entry)  # type: ignore[arg-type]
    assert caught.value.remedy
    assert "pw" not in str(caught.value)


def test_a_password_over_an_open_road_has_to_be_allowed() -> None:
    for host in ("localhost", "127.0.0.1"):
        Server(name="a", kind="dimse", host=host, sign_in="password", user="me")
    open_road = {"name": "a", "kind": "dicomweb", "url": "http://pacs.example/rs", "sign_in": "token"}
    Server(**open_road, plain_password=True)  # type: ignore[arg-type]
    Server(**{**open_road, "url": "https://pacs.example/rs"})  # type: ignore[arg-type]
