"""Encryption as the ssl module wants it, out of what a server's entry says."""

from __future__ import annotations

import ssl
from pathlib import Path

from ml.errors import Problem
from ml.pacs.server import Server


def client_context(server: Server) -> ssl.SSLContext:
    """For connections that we open: certificate and host name are checked. Raises `Problem` for bad files."""
    return _context(server, ssl.Purpose.SERVER_AUTH)


def listening_context(server: Server) -> ssl.SSLContext:
    """For images that the archive delivers by C-MOVE: it must show a certificate of the same issuer."""
    if not server.certificate_file:
        raise Problem(
            f"{server.words} is to deliver images over TLS, and we have no certificate to receive with.",
            "Give certificate_file and key_file, or fetch by C-GET.",
        )
    context = _context(server, ssl.Purpose.CLIENT_AUTH)
    if server.ca_file:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def check_files(server: Server) -> None:
    """Raise `Problem` where a file of certificates is missing or unreadable."""
    for name in (server.ca_file, server.certificate_file, server.key_file):
        if name and not Path(name).is_file():
            raise Problem(
                f"The file {Path(name).name} for {server.words} is not there.", "Check where it was put."
            )


def _context(server: Server, purpose: ssl.Purpose) -> ssl.SSLContext:
    check_files(server)
    try:
        context = ssl.create_default_context(purpose, cafile=server.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if server.certificate_file:
            # An empty passphrase: the library must not ask for one on the terminal.
            context.load_cert_chain(server.certificate_file, server.key_file, password=lambda: "")
    except (ssl.SSLError, OSError) as error:
        raise Problem(
            f"The certificates for {server.words} cannot be used: {error.strerror or error}.",
            "They must be PEM files that fit together, the key without a passphrase.",
        ) from None
    return context
