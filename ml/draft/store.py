"""Where drafts and their pictures are kept: one draft for a slide or a series, saved while one writes."""

from __future__ import annotations

import hashlib
import logging
import re
from pathlib import Path
from typing import Protocol

from ml import paths
from ml.draft.draft import Draft
from ml.draft.draft_json import from_json, to_json
from ml.errors import Problem
from ml.report.atomic import whole_file

_log = logging.getLogger("parfocal.draft")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class DraftStore(Protocol):
    """The contract. Keys are what `slide_key` and `series_key` give."""

    def load(self, key: str) -> Draft | None:
        """The draft that was saved last, None where there is none. Raises `Problem` where it is damaged."""

    def save(self, key: str, draft: Draft) -> None:
        """Keep a draft, whole or not at all. Raises `Problem` where the disk says no."""

    def remove(self, key: str) -> None:
        """Forget a draft. Its pictures stay: another one may need them."""

    def keep(self, picture: bytes) -> str:
        """Keep a picture (PNG or JPEG) and say by which SHA-256 it is found again. Raises `Problem`."""

    def picture(self, sha256: str) -> bytes:
        """A picture that was kept. Raises `Problem` where it is gone or not what it was."""


class FolderDrafts:
    """Drafts as JSON files, pictures by their SHA-256 beside them, in the person's own data."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """Where they lie; made when missing."""
        folder = self._folder or paths.data() / "drafts"
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        return folder

    def load(self, key: str) -> Draft | None:
        """What was saved; a damaged file is set aside, so that nothing is written over it."""
        file = self.folder / f"{key}.json"
        try:
            return from_json(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            _log.warning("The draft %s cannot be read: %s", file.name, error)
            aside = file.with_suffix(".damaged")
            try:
                file.replace(aside)
            except OSError:
                _log.warning("%s could not be set aside", file.name)
            raise Problem(
                "The draft of this report cannot be read any more.",
                f"A new one is begun. The damaged file is kept as {aside.name}.",
                reason=str(error),
            ) from error

    def save(self, key: str, draft: Draft) -> None:
        """One small file, replaced whole."""
        with whole_file(self.folder / f"{key}.json") as part:
            part.write_text(to_json(draft) + "\n", encoding="utf-8")

    def remove(self, key: str) -> None:
        """Delete its file."""
        (self.folder / f"{key}.json").unlink(missing_ok=True)

    def keep(self, picture: bytes) -> str:
        """The same picture is kept once."""
        sha256 = hashlib.sha256(picture).hexdigest()
        file = self._file(sha256)
        if not file.exists():
            with whole_file(file) as part:
                part.write_bytes(picture)
        return sha256

    def picture(self, sha256: str) -> bytes:
        """Checked against its hash."""
        try:
            data = self._file(sha256).read_bytes()
        except OSError as error:
            raise Problem("A picture of this report is gone.", "Take it anew.", sha256=sha256) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Problem("A picture of this report is damaged.", "Take it anew.", sha256=sha256)
        return data

    def _file(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise Problem("A picture of this report has no proper name.", "Take it anew.", sha256=sha256)
        return self.folder / "pictures" / sha256


def slide_key(path: Path, width: int, height: int) -> str:
    """The key of a slide's draft: no name in it, which may be a patient's."""
    key = f"{path.absolute()} {width} {height}".encode()
    return f"slide-{hashlib.sha256(key).hexdigest()[:32]}"


def series_key(uid: str) -> str:
    """The key of a series' draft."""
    return f"series-{hashlib.sha256(uid.encode()).hexdigest()[:32]}"
