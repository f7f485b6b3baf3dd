"""Other identifiers for DICOM's own: the same for the same wherever it stands, and nobody can count back.

A keyed hash (HMAC-SHA256) of the old one, as a UID that is derived from a UUID (PS3.5 B.2). The key is
random, belongs to this installation and stays on it: a slide and its results that are de-identified here fit
together, and nobody else can try out which UID became which.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import threading
import uuid

from ml import paths
from ml.report.atomic import cannot_write

STANDARD = "1.2.840.10008."
"""UIDs of the standard itself: kinds of objects, ways to store pixels. They name nobody and stay."""

_FILE = "identifier-key"
_BYTES = 32
_making = threading.Lock()


def remapped(uid: str) -> str:
    """The other UID; the standard's own, and an empty one, as it is. Raises `Problem` without a key."""
    if not uid or uid.startswith(STANDARD):
        return uid
    digest = hmac.new(_key(), uid.encode("utf-8"), hashlib.sha256).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=4).int}"


def _key() -> bytes:
    path = paths.config() / _FILE
    with _making:
        try:
            found = path.read_bytes()
            if len(found) == _BYTES:
                return found
        except FileNotFoundError:
            pass
        except OSError as error:
            raise cannot_write(path.name, error) from error
        part = path.with_name(f".{_FILE}-{uuid.uuid4().hex[:8]}")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(os.urandom(_BYTES))
            with contextlib.suppress(FileExistsError):
                os.link(part, path)
            return path.read_bytes()
        except OSError as error:
            raise cannot_write(path.name, error) from error
        finally:
            part.unlink(missing_ok=True)
