"""An archive over DICOMweb: QIDO-RS to find, WADO-RS to fetch, STOW-RS to send."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests
from dicomweb_client.web import DICOMwebClient
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from requests.auth import AuthBase, HTTPBasicAuth

from ml.pacs.answer import SERIES_KEYS, STUDY_KEYS, by_number, filters, newest_first, series_of, study_of, uid
from ml.pacs.inbox import Inbox, uids
from ml.pacs.logs import hush
from ml.pacs.multipart import boundary_of, parts
from ml.pacs.pacs import Fetched, FoundStudies, Pacs, Query, RemoteSeries, Sent
from ml.pacs.server import Server
from ml.pacs.trouble import incomplete
from ml.pacs.web_trouble import ASKING, NotThere, told
from ml.progress import Progress, Step

_PAGE = 1000  # images asked for at once
_CHUNK = 1 << 18  # bytes
# In whichever transfer syntax the archive holds: nothing is decoded and encoded on the way.
_AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'


class _Bearer(AuthBase):
    """A token with every request to this archive. Shown nowhere."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Session(requests.Session):
    """Leaves DICOM's `*` and `?` as they are, which a query may hold: Orthanc 1.10 does not decode them."""

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        made = super().prepare_request(request)
        place, mark, query = (made.url or "").partition("?")
        made.url = place + mark + query.replace("%2A", "*").replace("%3F", "?")
        return made


class WebPacs(Pacs):
    """One HTTP session for all that is asked."""

    def __init__(self, server: Server, word: str | None = None) -> None:
        hush()
        self.server = server
        self._session = _session(server, word)
        self.client = DICOMwebClient(
            server.url.rstrip("/"), session=self._session, timeout=server.timeout, permissive_uid=True
        )
        self.client.set_http_retry_params(retry=False)

    def close(self) -> None:
        """End the session."""
        self._session.close()

    def echo(self) -> str:
        """A query for one study: DICOMweb has nothing smaller."""
        with told(self.server, ASKING):
            self.client.search_for_studies(limit=1)
        return f"{self.server.words} answers."

    def find_studies(self, query: Query, limit: int = 200, progress: Progress | None = None) -> FoundStudies:
        """QIDO-RS for studies."""
        progress = progress or Progress()
        wanted = filters(query)
        # What is filtered by comes back anyhow.
        fields = [key for key in STUDY_KEYS if key not in wanted]
        progress.step(Step("Looking for studies", 0, 0))
        with told(self.server, "looking for studies"):
            found = self.client.search_for_studies(limit=limit + 1, fields=fields, search_filters=wanted)
            studies = [study_of(_dataset(answer)) for answer in found]
        progress.check()
        progress.step(Step("Looking for studies", len(studies), 0))
        return newest_first(studies, limit)

    def find_series(self, study_uid: str) -> tuple[RemoteSeries, ...]:
        """QIDO-RS for the series of a study."""
        with told(self.server, "looking for series"):
            found = self.client.search_for_series(uid(study_uid), fields=list(SERIES_KEYS))
            return by_number(series_of(_dataset(answer), study_uid) for answer in found)

    def fetch_series(self, series: RemoteSeries, folder: Path, progress: Progress | None = None) -> Fetched:
        """WADO-RS: the whole series in one stream where nothing of it is here, else image by image."""
        progress = progress or Progress()
        wanted = self._images(series)
        inbox = Inbox(folder, wanted, progress)
        inbox.tell()
        place = f"studies/{uid(series.study_uid)}/series/{uid(series.uid)}"
        base = f"{self.server.url.rstrip('/')}/{place}"
        if wanted and not inbox.already:
            self._bring(base, inbox)
        for one in inbox.missing():
            self._bring(f"{base}/instances/{one}", inbox)
        here, total = len(wanted) - len(inbox.missing()), max(len(wanted), series.images)
        if here < total or not wanted:
            raise incomplete(self.server, here, total)
        return Fetched(folder, here, inbox.already, inbox.megabytes)

    def send(self, files: Sequence[Path], progress: Progress | None = None) -> Sent:
        """STOW-RS."""
        from ml.pacs.web_send import send

        return send(self.server, self.client, files, progress or Progress())

    def _images(self, series: RemoteSeries) -> frozenset[str]:
        """UIDs of a series' images, page by page until nothing new comes: archives have their own limits."""
        found: set[str] = set()
        with told(self.server, "listing images"):
            while True:
                page = self.client.search_for_instances(
                    uid(series.study_uid),
                    uid(series.uid),
                    limit=_PAGE,
                    offset=len(found),
                    fields=["SOPInstanceUID"],
                )
                new = {str(_dataset(answer).SOPInstanceUID) for answer in page} - found
                found |= new
                if not new or 0 < series.images <= len(found):
                    return uids(found)

    def _bring(self, url: str, inbox: Inbox) -> None:
        """What lies under an address, kept image by image as it comes; nothing where there is nothing."""
        inbox.progress.check()
        try:
            with (
                told(self.server, "fetching images"),
                self._session.get(
                    url, headers={"Accept": _AS_STORED}, stream=True, timeout=self.server.timeout
                ) as answer,
            ):
                answer.raise_for_status()
                boundary = boundary_of(answer.headers.get("Content-Type", ""))
                for image in parts(answer.iter_content(_CHUNK), boundary):
                    inbox.progress.check()
                    _keep(inbox, image)
        except NotThere:
            return


def _keep(inbox: Inbox, image: bytes) -> None:
    """Put an image into the folder, byte for byte, if it is one that was asked for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that do not keep to the standard
        try:
            header = dcmread(io.BytesIO(image), specific_tags=["SOPInstanceUID"])
        except (InvalidDicomError, ValueError, EOFError):
            return  # it stays missing, and is told as such
    name = str(header.get("SOPInstanceUID", ""))
    if inbox.takes(name):
        inbox.put(name, image)


def _dataset(answer: dict[str, Any]) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Dataset.from_json(answer)


def _session(server: Server, word: str | None) -> requests.Session:
    """Certificates and sign-in of one archive; nothing out of the environment or a .netrc gets in."""
    made = _Session()
    made.trust_env = False
    made.verify = server.ca_file or True
    if server.certificate_file:
        made.cert = (server.certificate_file, server.key_file)
    if word is not None:
        made.auth = (
            HTTPBasicAuth(server.user.encode(), word.encode())
            if server.sign_in == "password"
            else _Bearer(word)
        )
    return made
