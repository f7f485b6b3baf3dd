"""Bringing a series over DIMSE: C-GET on one association, or C-MOVE to a port that we listen on meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import UID, AllTransferSyntaxes, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AllStoragePresentationContexts, build_context, build_role, evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.presentation import PresentationContext
from pynetdicom.service_class import ServiceClass, StorageServiceClass
from pynetdicom.sop_class import register_uid, uid_to_service_class

from ml.errors import Problem
from ml.pacs.association import associated, entity
from ml.pacs.inbox import Inbox, is_uid, uids
from ml.pacs.pacs import Fetched, RemoteSeries
from ml.pacs.server import Server
from ml.pacs.tls import listening_context
from ml.pacs.trouble import PacsProblem, broke_off, failed, incomplete
from ml.progress import Cancelled, Progress

GET = UID("1.2.840.10008.5.1.4.1.2.2.3")
MOVE = UID("1.2.840.10008.5.1.4.1.2.2.2")
"""Study Root Query/Retrieve Information Model, GET and MOVE."""

DOING = "fetching a series"
_AT_ONCE = 64  # UIDs in one request: an identifier of 4 kB, which every archive takes
_MOST = 128  # presentation contexts of one association (PS3.8)
_DELIVERY = 600.0  # seconds: archives may deliver a whole series by C-MOVE before they say anything
_PENDING = {0xFF00, 0xFF01}
_SOME_FAILED = 0xB000
_NOT_OURS, _NO_ROOM = 0xA900, 0xA700
_RETIRED = ["1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55"]  # JPEG by spectral selection, progressive
_COMPRESSED = [*(s for s in AllTransferSyntaxes if UID(s).is_compressed), *map(UID, _RETIRED)]
_PLAIN: list[str | UID] = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
_USUAL = (  # what a series may hold, where the archive does not say: CT, MR, derived objects, X-ray, US
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.2.1",
    "1.2.840.10008.5.1.4.1.1.2.2",
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.5.1.4.1.1.7",
    "1.2.840.10008.5.1.4.1.1.66.4",
    "1.2.840.10008.5.1.4.1.1.30",
    "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.1",
    "1.2.840.10008.5.1.4.1.1.6.1",
)


class _Post:
    """Takes images as they come in; what goes wrong with the disk is kept for whoever waits."""

    def __init__(self, inbox: Inbox, series: RemoteSeries) -> None:
        self.inbox = inbox
        self.series = series
        self.problem: Problem | None = None

    def take(self, event: evt.Event) -> int:
        """C-STORE: only images of the series that was asked for, whoever sends."""
        request = event.request
        assert isinstance(request, C_STORE)
        uid = str(request.AffectedSOPInstanceUID)
        if self.inbox.progress.stop_wished or self.problem:
            return _NO_ROOM
        if not self.inbox.takes(uid) or str(event.dataset.get("SeriesInstanceUID", "")) != self.series.uid:
            return _NOT_OURS
        try:
            self.inbox.put(uid, event.encoded_dataset())
        except Problem as problem:
            self.problem = problem
            return _NO_ROOM
        return 0


def fetch(
    server: Server,
    word: str | None,
    series: RemoteSeries,
    images: Mapping[str, str],
    folder: Path,
    progress: Progress,
) -> Fetched:
    """Bring what is missing of a series. `images` are classes by UID; empty: not known.

    The whole series is asked for where nothing of it is here, else the missing images by their UIDs.
    """
    wanted = uids(images) or None
    inbox = Inbox(folder, wanted, progress)
    inbox.tell()
    post = _Post(inbox, series)
    said = ""
    if wanted is None or inbox.missing():
        with _road(server, word, sorted(filter(is_uid, set(images.values()))), post) as road:
            if not inbox.already:
                road.ask(_identifier("SERIES", series))
            for some in _batches(inbox.missing(), _AT_ONCE):
                road.ask(_identifier("IMAGE", series, some))
        said = road.said
    here = len(wanted) - len(inbox.missing()) if wanted else inbox.images
    total = max(series.images, here, len(wanted or ()))  # archives may list fewer images than there are
    if here < total:
        raise incomplete(server, here, total, said)
    return Fetched(folder, here, inbox.already, inbox.megabytes)


class _Road:
    """An association over which images are asked for, by C-GET or C-MOVE."""

    def __init__(self, server: Server, association: Association, post: _Post) -> None:
        self.server = server
        self.association = association
        self.post = post
        self.said = ""

    def ask(self, identifier: Dataset) -> None:
        """Ask and wait until all of it was sent. Raises `Problem`, `Cancelled`."""
        if not self.association.is_established:
            raise broke_off(self.server, DOING)
        for status, _ in self._answers(identifier):
            if self.post.problem:
                raise self.post.problem
            if self.post.inbox.progress.stop_wished:
                raise Cancelled
            if not status:
                raise broke_off(self.server, DOING)
            code = int(status.Status)
            if code == _SOME_FAILED:
                self.said = f"{status.get('NumberOfFailedSuboperations', 'some')} could not be sent"
            elif code not in _PENDING and code != 0:
                raise failed(self.server, DOING, code, str(status.get("ErrorComment", "") or ""))

    def _answers(self, identifier: Dataset) -> Iterator[tuple[Dataset, Dataset | None]]:
        if self.server.retrieve == "get":
            return self.association.send_c_get(identifier, GET)
        return self.association.send_c_move(identifier, self.server.own_title, MOVE)


@contextlib.contextmanager
def _road(server: Server, word: str | None, classes: Sequence[str], post: _Post) -> Iterator[_Road]:
    if server.retrieve == "get":
        stored = classes or _USUAL
        contexts = [build_context(GET), *_contexts(stored)]
        roles = [build_role(sop_class, scp_role=True) for sop_class in stored]
        with associated(server, word, contexts, roles, post.take) as association:
            yield _Road(server, association, post)
        return
    with _listening(server, post, classes), associated(server, word, [build_context(MOVE)]) as association:
        association.dimse_timeout = max(_DELIVERY, server.timeout)
        yield _Road(server, association, post)


def _contexts(classes: Sequence[str]) -> list[PresentationContext]:
    """For every class one context without compression, and one for each way to compress, as many as fit.

    An archive then sends each image as it has it: nothing is decoded and encoded on the way.
    """
    plain = [build_context(c, _PLAIN) for c in classes]
    packed = [build_context(c, s) for s in _COMPRESSED for c in classes]
    return [*plain, *packed][: _MOST - 1]


@contextlib.contextmanager
def _listening(server: Server, post: _Post, classes: Sequence[str] = ()) -> Iterator[None]:
    """Within, the archive can deliver to us: objects of these classes, which may be retired ones, and of all
    that DICOM knows today. Raises `PacsProblem` where the port is taken.
    """
    context = listening_context(server) if server.tls else None
    ours = entity(server)
    ours.require_called_aet = True
    known = (str(storage.abstract_syntax) for storage in AllStoragePresentationContexts)
    for sop_class in dict.fromkeys((*classes, *known)):
        if uid_to_service_class(sop_class) is ServiceClass:  # retired or private: not taken unasked
            register_uid(sop_class, f"Stored_{sop_class.replace('.', '_')}", StorageServiceClass)
        ours.add_supported_context(sop_class, [*_PLAIN, *_COMPRESSED])
    try:
        ours.start_server(
            (server.listen_host, server.listen_port),
            block=False,
            ssl_context=context,
            evt_handlers=[(evt.EVT_C_STORE, post.take)],
        )
    except OSError as error:
        raise PacsProblem(
            f"Port {server.listen_port}, on which {server.words} delivers, cannot be listened on: "
            f"{error.strerror or error}.",
            "Close the other program that uses it, or have another port entered in the archive.",
        ) from error
    try:
        yield
    finally:
        ours.shutdown()


def _identifier(level: str, series: RemoteSeries, images: Sequence[str] = ()) -> Dataset:
    made = Dataset()
    made.QueryRetrieveLevel = level
    made.StudyInstanceUID = series.study_uid
    made.SeriesInstanceUID = series.uid
    if images:
        made.SOPInstanceUID = list(images)
    return made


def _batches(of: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(of), size):
        yield of[start : start + size]
