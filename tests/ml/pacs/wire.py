"""A port on loopback that hands on to another one: with encryption in front, or cut after some bytes."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def wire(port: int, after: int = sys.maxsize, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The new port. It hangs up, for good, when `after` bytes have come back over all connections together.

    `context` is what it speaks TLS with.
    """
    left = [after]
    listening = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve() -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            start(hand_over, near)

    def start(work: object, *values: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=values)  # type: ignore[arg-type]
        threads.append(thread)
        thread.start()
        return thread

    def hand_over(near: socket.socket) -> None:
        with contextlib.suppress(OSError), near:
            near.settimeout(20)
            safe = context.wrap_socket(near, server_side=True) if context else near
            with safe, socket.create_connection(("127.0.0.1", port), 20) as far:
                back = start(_pump, far, safe, left)
                _pump(safe, far, [sys.maxsize])
                back.join(20)

    start(serve)
    try:
        yield int(listening.getsockname()[1])
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for thread in threads:
            thread.join(25)


def _pump(source: socket.socket, sink: socket.socket, left: list[int]) -> None:
    """Hand on at most so many bytes, then end both directions."""
    with contextlib.suppress(OSError):
        while left[0] > 0 and (piece := source.recv(65536)):
            sink.sendall(piece[: left[0]])
            left[0] -= len(piece)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
