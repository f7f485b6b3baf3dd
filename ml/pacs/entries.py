"""An archive's entry and its secret, which come and go together."""

from __future__ import annotations

from ml.pacs import address_book, secret
from ml.pacs.server import Server


def enter(new: Server, word: str = "", instead_of: str = "") -> None:
    """Put an archive into the list, and its password or token (where one is given) into the keyring.

    `instead_of` names the entry that it replaces; a secret that no entry needs any more is forgotten.
    Raises `Problem` where another entry has the name already, or file or keyring do not let us.
    """
    known = {one.name: one for one in address_book.servers()}
    before = known.get(instead_of)
    if new.name in known and new.name != instead_of:
        raise address_book.taken(new.name)
    if word:
        secret.keep(new, word)  # first: an entry whose secret could not be kept is of no use
    if before is not None and before.name != new.name:
        address_book.remove(before.name)
    address_book.put(new)
    if before is not None:
        _forget_secret(before)


def forget(name: str) -> Server:
    """Take an archive out of the list, and its secret out of the keyring; what it was. Raises `Problem`."""
    gone = address_book.server(name)
    _forget_secret(gone, besides=name)  # first: none is left in the keyring that nothing names
    address_book.remove(name)
    return gone


def _forget_secret(of: Server, besides: str = "") -> None:
    """Where no other entry is served by it."""
    others = [one for one in address_book.servers() if one.name != besides]
    if not any(secret.shared(of, one) for one in others):
        secret.forget(of)
