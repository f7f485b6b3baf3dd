"""Parts come out byte for byte, however the answer is cut into pieces; half a part never."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.pacs.multipart import Incomplete, NotMultipart, boundary_of, parts

BOUNDARY = b"--b0"


def _answer(bodies: list[bytes], preamble: bytes = b"") -> bytes:
    """As a server writes it."""
    head = b"Content-Type: application/dicom\r\n\r\n"
    whole = b"".join(b"\r\n" + BOUNDARY + b"\r\n" + head + body for body in bodies)
    return (preamble + whole if preamble else whole[2:]) + b"\r\n" + BOUNDARY + b"--\r\n"


BODY = (
    st.lists(st.sampled_from([b"\r\n", b"--b", b"b0", b"-", b"\r\n\r\n", b"x" * 50, b"\x00\xff"]), max_size=8)
    .map(b"".join)
    .filter(lambda body: b"\r\n--b0" not in b"\r\n" + body)
)


@given(bodies=st.lists(BODY, min_size=1, max_size=4), size=st.integers(1, 70), preamble=st.booleans())
def test_any_bytes_in_any_pieces(bodies: list[bytes], size: int, preamble: bool) -> None:
    # A body may not run into a boundary with its own last letters.
    bodies = [body for body in bodies if b"\r\n--b0" not in body + b"\r\n--b0"[:-1]] or [b"x"]
    answer = _answer(bodies, b"to be ignored" if preamble else b"")
    pieces = [answer[at : at + size] for at in range(0, len(answer), size)]
    assert list(parts(pieces, BOUNDARY)) == bodies


@given(bodies=st.lists(BODY, min_size=1, max_size=3), at=st.floats(0, 1), size=st.integers(1, 70))
def test_an_answer_that_ends_early_is_told(bodies: list[bytes], at: float, size: int) -> None:
    answer = _answer(bodies)
    short = answer[: int(at * (len(answer) - 5))]  # at most up to the last boundary without its two dashes
    pieces = [short[place : place + size] for place in range(0, len(short), size)]
    found: list[bytes] = []
    with pytest.raises(Incomplete):
        found.extend(parts(pieces, BOUNDARY))
    assert found == bodies[: len(found)]


def test_the_boundary_of_a_header() -> None:
    assert boundary_of('multipart/related; type="application/dicom"; boundary=b0') == b"--b0"
    assert boundary_of('multipart/related; boundary="a b"; type=x') == b"--a b"
    for other in ("application/dicom", "multipart/related", "text/html; boundary=x", ""):
        with pytest.raises(NotMultipart):
            boundary_of(other)
