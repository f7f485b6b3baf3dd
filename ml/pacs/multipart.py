"""The parts of a multipart answer, byte for byte, as they come in; half a part is none.

dicomweb-client's own decoder hands on what it has when the connection ends early: a slice with half of its
pixels, which reads as a whole one. Here a part counts only when the boundary after it has come (RFC 2046,
5.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.message import Message


class Incomplete(Exception):  # noqa: N818 - it is told as a connection that broke off
    """The answer ended before its last boundary."""


class NotMultipart(Exception):  # noqa: N818 - it is told as a server that speaks something else
    """The answer has no parts."""


def boundary_of(content_type: str) -> bytes:
    """The delimiter that a Content-Type header names. Raises `NotMultipart` where it names none."""
    message = Message()
    message["Content-Type"] = content_type
    name = message.get_param("boundary")
    if message.get_content_maintype() != "multipart" or not isinstance(name, str) or not name:
        raise NotMultipart(content_type)
    return b"--" + name.encode("latin-1")


def parts(chunks: Iterable[bytes], boundary: bytes) -> Iterator[bytes]:
    """The bodies of all parts, each once it is whole. Raises `Incomplete` at an end without last boundary."""
    delimiter = b"\r\n" + boundary
    buffer = bytearray(b"\r\n")  # the first boundary may stand at the very beginning
    looked = 0  # where the delimiter was looked for already
    inside = False  # past the first boundary: before it stands a preamble
    for chunk in chunks:
        buffer += chunk
        while (found := buffer.find(delimiter, looked)) >= 0:
            end = found + len(delimiter)
            if len(buffer) < end + 2:
                break  # the two letters behind it say whether it is the last one
            if inside:
                yield _body(bytes(buffer[:found]))
            if buffer[end : end + 2] == b"--":
                return
            del buffer[:end]
            looked, inside = 0, True
        else:
            looked = max(0, len(buffer) - len(delimiter))
            continue
        looked = max(0, found)
    raise Incomplete("no last boundary")


def _body(part: bytes) -> bytes:
    """A part without its headers: they end with an empty line, and may be none."""
    _, mark, body = part.partition(b"\r\n\r\n")
    if not mark:
        raise Incomplete("a part without headers' end")
    return body
