"""Passwords and tokens of archives: in the system's keyring, and nowhere else.

A secret belongs to an address, not to a name: whoever writes another address into the list of servers does
not get the secret of the old one sent there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.pacs.server import Server
from ml.pacs.trouble import SecretWanted
from ml.safe_keyring import keyrings

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "Parfocal PACS"

_NO_KEYRING = (
    "Install or unlock one: Credential Manager on Windows and Keychain on macOS are there; on Linux, GNOME "
    "Keyring or KWallet."
)


def secret(server: Server) -> str | None:
    """The password or token of a server; None where it needs none. Raises `Problem` where it is missing."""
    if server.sign_in == "none":
        return None
    found = _asked(server, "read")
    if not found:
        raise SecretWanted(
            f"The keyring holds no {server.sign_in} for {server.words}.",
            f"Type it once: parfocal-ml pacs servers secret {server.name}",
        )
    return found


def keep(server: Server, word: str) -> None:
    """Put a secret into the keyring. Raises `Problem` where there is no safe one."""
    _asked(server, "write", word)


def forget(server: Server) -> None:
    """Take a server's secret out of the keyring, where it is there."""
    if server.sign_in != "none":
        _asked(server, "delete")


def shared(one: Server, other: Server) -> bool:
    """Whether two entries are served by the same secret."""
    return one.sign_in != "none" != other.sign_in and _account(one) == _account(other)


def _account(server: Server) -> str:
    return f"{server.user}@{server.address}" if server.user else server.address


def _asked(server: Server, what: str, word: str = "") -> str | None:
    from keyring.errors import KeyringError, PasswordDeleteError

    backend = _safe_backend()
    if backend is None:
        if what == "delete":  # where there is no keyring, nothing is in it
            return None
        raise Problem("This computer has no keyring that Parfocal can use.", _NO_KEYRING)
    try:
        if what == "write":
            backend.set_password(SERVICE, _account(server), word)
        elif what == "delete":
            backend.delete_password(SERVICE, _account(server))
        else:
            return backend.get_password(SERVICE, _account(server))
    except PasswordDeleteError:
        return None
    except KeyringError as error:  # its text may be long, and says nothing that a person can use
        kind = type(error).__name__
        raise Problem(f"The keyring did not answer ({kind}).", "Unlock it and try again.") from None
    return None


def _safe_backend() -> KeyringBackend | None:
    """The keyring that is set up, of several the first that is safe; None where there is none."""
    safe, some_are_not = keyrings()
    if some_are_not and not safe:
        raise Problem("The keyring that is set up keeps secrets in a file.", _NO_KEYRING)
    return safe[0] if safe else None
