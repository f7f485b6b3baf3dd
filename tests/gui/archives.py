"""Real archives for tests of the window: the fixtures of `tests/ml/pacs`, by their names."""

from __future__ import annotations

from tests.ml.pacs.conftest import (
    certificates,
    memory_keyring,
    orthanc,
    secure_orthanc,
    server,
    slices,
    web_server,
)

__all__ = ["certificates", "memory_keyring", "orthanc", "secure_orthanc", "server", "slices", "web_server"]
