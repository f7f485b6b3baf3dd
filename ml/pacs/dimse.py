"""An archive over DIMSE: C-ECHO, C-FIND; C-GET, C-MOVE and C-STORE stand in files of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import build_context
from pynetdicom.association import Association

from ml.errors import Problem
from ml.pacs.answer import (
    IMAGE_KEYS,
    SERIES_KEYS,
    STUDY_KEYS,
    by_number,
    filters,
    newest_first,
    series_of,
    study_of,
    uid,
)
from ml.pacs.association import associated
from ml.pacs.pacs import Fetched, FoundStudies, Pacs, Query, RemoteSeries, Sent
from ml.pacs.server import Server
from ml.pacs.trouble import broke_off, failed
from ml.progress import Progress, Step

VERIFICATION = UID("1.2.840.10008.1.1")
FIND = UID("1.2.840.10008.5.1.4.1.2.2.1")
"""Study Root Query/Retrieve Information Model, FIND."""

_PENDING = {0xFF00, 0xFF01}
_CANCELLED = 0xFE00
_DEAF = 500  # answers after the wish to stop, until the archive is hung up on


class DimsePacs(Pacs):
    """Every call opens an association of its own and ends it: an idle one would be cut by the archive."""

    def __init__(self, server: Server, word: str | None = None) -> None:
        self.server = server
        self._word = word

    def echo(self) -> str:
        """C-ECHO."""
        with associated(self.server, self._word, [build_context(VERIFICATION)]) as association:
            status = association.send_c_echo()
            if not status:
                raise broke_off(self.server, "asking whether it is there")
            if status.Status != 0:
                raise failed(self.server, "asking whether it is there", status.Status)
        return f"{self.server.words} answers."

    def find_studies(self, query: Query, limit: int = 200, progress: Progress | None = None) -> FoundStudies:
        """C-FIND on the level of studies. What exceeds the limit is cancelled."""
        progress = progress or Progress()
        wanted = _identifier("STUDY", STUDY_KEYS, filters(query))
        found = []
        with associated(self.server, self._word, [build_context(FIND)]) as association:
            for answer in _answers(self.server, association, wanted, limit + 1, "looking for studies"):
                progress.check()
                found.append(study_of(answer))
                progress.step(Step("Looking for studies", len(found), 0))
        return newest_first(found, limit)

    def find_series(self, study_uid: str) -> tuple[RemoteSeries, ...]:
        """C-FIND on the level of series."""
        wanted = _identifier("SERIES", SERIES_KEYS, {"StudyInstanceUID": uid(study_uid)})
        with associated(self.server, self._word, [build_context(FIND)]) as association:
            answers = _answers(self.server, association, wanted, 10_000, "looking for series")
            return by_number(series_of(answer, study_uid) for answer in answers)

    def fetch_series(self, series: RemoteSeries, folder: Path, progress: Progress | None = None) -> Fetched:
        """C-GET or C-MOVE, whichever the server's entry says."""
        from ml.pacs.dimse_fetch import fetch

        return fetch(self.server, self._word, series, self._images(series), folder, progress or Progress())

    def send(self, files: Sequence[Path], progress: Progress | None = None) -> Sent:
        """C-STORE."""
        from ml.pacs.dimse_send import send

        return send(self.server, self._word, files, progress or Progress())

    def _images(self, series: RemoteSeries) -> dict[str, str]:
        """Classes of a series' images by their UIDs; empty where the archive does not list images."""
        keys = {"StudyInstanceUID": uid(series.study_uid), "SeriesInstanceUID": uid(series.uid)}
        wanted = _identifier("IMAGE", IMAGE_KEYS, keys)
        with associated(self.server, self._word, [build_context(FIND)]) as association:
            try:
                answers = list(_answers(self.server, association, wanted, 100_000, "listing images"))
            except Problem as problem:
                if "status" not in problem.facts:  # it went away; a status says that it lists no images
                    raise
                return {}
        return {
            str(answer.SOPInstanceUID): str(answer.get("SOPClassUID", "") or "")
            for answer in answers
            if answer.get("SOPInstanceUID")
        }


def _identifier(level: str, keys: Sequence[str], values: dict[str, str]) -> Dataset:
    """What is asked for (empty) and what it must be; letters beyond ASCII go as UTF-8."""
    made = Dataset()
    made.QueryRetrieveLevel = level
    if not "".join(values.values()).isascii():
        made.SpecificCharacterSet = "ISO_IR 192"
    for key in keys:
        setattr(made, key, "")
    for key, value in values.items():
        setattr(made, key, value)
    return made


def _answers(
    server: Server, association: Association, wanted: Dataset, limit: int, doing: str
) -> Iterator[Dataset]:
    """The matches, one after the other, at most so many; then the archive is asked to stop."""
    given = 0
    for status, answer in association.send_c_find(wanted, FIND):
        if not status:
            raise broke_off(server, doing)
        code = int(status.Status)
        if code in _PENDING:
            given += 1
            if given <= limit and answer is not None:
                yield answer
            elif given == limit + 1:
                association.send_c_cancel(1, query_model=FIND)
            elif given > limit + _DEAF:
                association.abort()
                return
        elif code not in {0, _CANCELLED}:
            raise failed(server, doing, code, str(status.get("ErrorComment", "") or ""))
