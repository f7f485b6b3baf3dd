"""From a server's entry to an archive that can be asked."""

from __future__ import annotations

from ml.pacs.pacs import Pacs
from ml.pacs.secret import secret
from ml.pacs.server import Server


def open_pacs(server: Server) -> Pacs:
    """The archive, its secret taken from the keyring. Nothing is sent yet.

    Raises `Problem` where the keyring or a file of certificates does not give what is needed.
    """
    from ml.pacs.tls import check_files

    check_files(server)
    word = secret(server)
    if server.kind == "dicomweb":
        from ml.pacs.web import WebPacs

        return WebPacs(server, word)
    from ml.pacs.dimse import DimsePacs

    return DimsePacs(server, word)
