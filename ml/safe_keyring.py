"""The system's keyring, where there is one that keeps secrets from whoever copies files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_EMPTY = {"keyring.backends.fail", "keyring.backends.null"}


def keyrings() -> tuple[list[KeyringBackend], bool]:
    """The safe keyrings that are set up, the first one first; and whether one is set up that is not safe."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    found = keyring.get_keyring()
    several = list(found.backends) if isinstance(found, ChainerBackend) else [found]
    usable = [one for one in several if type(one).__module__ not in _EMPTY]
    safe = [one for one in usable if not _writes_files(one)]
    return safe, len(safe) < len(usable)


def _writes_files(backend: KeyringBackend) -> bool:
    """Those of keyrings.alt and of keyrings.cryptfile: whoever copies the file has the secrets."""
    module = type(backend).__module__
    return module.startswith(("keyrings.alt", "keyrings.cryptfile")) or hasattr(backend, "file_path")
