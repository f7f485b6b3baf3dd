"""One conversation over DIMSE: opened, used, ended; every way it can fail in words."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation, UserIdentityNegotiation
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import AssociationSocket

from ml.pacs.logs import hush_dimse
from ml.pacs.server import Server
from ml.pacs.tls import client_context
from ml.pacs.trouble import PacsProblem, rejected, unreachable

PDU = 1 << 17
"""Bytes of a PDU that we take: with pynetdicom's 16 kB a CT slice comes in 33 pieces."""

Store = Callable[[evt.Event], int]


def _hang_up(self: AssociationSocket) -> None:
    """End the connection and give the socket back."""
    if self.socket is not None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self.socket.close()


# pynetdicom (3.0.4) closes a socket only where it could be shut down before: one whose other side has gone,
# or was never there, stays open until the garbage collector comes by.
AssociationSocket._shutdown_socket = _hang_up  # type: ignore[method-assign]


@contextlib.contextmanager
def associated(
    server: Server,
    word: str | None,
    contexts: Sequence[PresentationContext],
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
    store: Store | None = None,
) -> Iterator[Association]:
    """An open association; released afterwards, or aborted when something is raised.

    `store` takes what comes in by C-GET. Raises `PacsProblem` where none comes about.
    """
    association = _open(server, word, contexts, roles, store)
    in_peace = False
    try:
        yield association
        in_peace = association.is_established
    finally:
        association.release() if in_peace else association.abort()
        _let_go(association)


def entity(server: Server) -> AE:
    """Our side, with the server's patience."""
    hush_dimse()
    made = AE(ae_title=server.own_title)
    made.maximum_pdu_size = PDU
    made.acse_timeout = made.dimse_timeout = made.network_timeout = server.timeout
    made.connection_timeout = server.timeout
    return made


def _open(
    server: Server,
    word: str | None,
    contexts: Sequence[PresentationContext],
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation],
    store: Store | None,
) -> Association:
    negotiated: list[Any] = [*roles]
    if word is not None:
        negotiated.append(_identity(server.user, word))
    tls = (client_context(server), server.host) if server.tls else None
    handlers: list[Any] = [(evt.EVT_C_STORE, store)] if store else []
    try:
        association = entity(server).associate(
            server.host,
            server.port,
            list(contexts),
            ae_title=server.title,
            max_pdu=PDU,
            ext_neg=negotiated,
            tls_args=tls,
            evt_handlers=handlers,
        )
    except socket.gaierror as error:
        raise unreachable(server, error) from error
    if not association.is_established:
        try:
            raise _reason(server, association)
        finally:
            _let_go(association)
    return association


def _let_go(association: Association) -> None:
    """End its threads and give its socket back: one that came to an end by itself keeps it."""
    association.kill()
    if association.dul.socket is not None:
        association.dul.socket._shutdown_socket()


def _identity(user: str, word: str) -> UserIdentityNegotiation:
    """User and password, as PS3.7 D.3.3.7 has them."""
    made = UserIdentityNegotiation()
    made.user_identity_type = 2
    made.primary_field = user.encode()
    made.secondary_field = word.encode()
    made.positive_response_requested = False
    return made


def _reason(server: Server, association: Association) -> PacsProblem:
    """Why there is no association. The library keeps silent about the network: we knock once more."""
    if association.is_rejected:
        answer = association.acceptor.primitive
        return rejected(server, answer.reason_str if answer else "no reason given")
    try:
        with socket.create_connection((server.host, server.port), server.timeout) as plain:
            if server.tls:
                _shake_hands(server, plain)
    except OSError as error:
        return unreachable(server, error)
    if association.acceptor.primitive is not None and not association.rejected_contexts:
        return rejected(server, "it ended the connection")
    if association.rejected_contexts:
        return PacsProblem(
            f"{server.words} offers nothing of what was asked for.", "Ask whoever runs it to allow it."
        )
    hint = "." if server.tls else ", and whether it wants TLS."
    return PacsProblem(
        f"{server.words} is reached, but does not answer in DICOM.",
        f"Check whether it speaks DICOM on this port{hint}",
        server=server.name,
    )


def _shake_hands(server: Server, plain: socket.socket) -> None:
    """TLS alone, to hear why it fails. Raises `ssl.SSLError`."""
    try:
        with client_context(server).wrap_socket(plain, server_hostname=server.host) as safe:
            safe.settimeout(1)
            with contextlib.suppress(TimeoutError):
                safe.recv(1)  # TLS 1.3 tells that a certificate is missing only here
    except ConnectionError as error:
        raise ssl.SSLError("the other side ended the connection") from error
