"""C-GET and C-MOVE beside the usual road: an archive that lists no images, a stranger who delivers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import CTImageStorage  # type: ignore[attr-defined]

from ml.errors import Problem
from ml.pacs.dimse import FIND, DimsePacs
from ml.pacs.dimse_fetch import GET, _listening, _Post
from ml.pacs.inbox import Inbox
from ml.pacs.pacs import RemoteSeries
from ml.pacs.server import Server
from ml.progress import Progress
from tests.ml.pacs.orthanc import free_port


@pytest.fixture
def plain_archive(slices: tuple[Path, ...]) -> Iterator[Server]:
    """pynetdicom's own server: it gives a series of three, and refuses to list images."""

    def find(_: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        yield 0xC000, None

    def get(event: evt.Event) -> Iterator[object]:
        yield 3
        for path in slices[:3]:
            yield 0xFF00, pydicom.dcmread(path)

    listening = AE(ae_title="PLAIN")
    listening.add_supported_context(FIND)
    listening.add_supported_context(GET)
    listening.add_supported_context(CTImageStorage, scu_role=True, scp_role=True)
    port = free_port()
    handlers = [(evt.EVT_C_FIND, find), (evt.EVT_C_GET, get)]
    listening.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers)
    yield Server(name="plain", kind="dimse", host="127.0.0.1", port=port, title="PLAIN")
    listening.shutdown()


def test_a_series_whose_images_are_not_listed(
    plain_archive: Server, slices: tuple[Path, ...], tmp_path: Path
) -> None:
    header = pydicom.dcmread(slices[0], stop_before_pixels=True)
    series = RemoteSeries(header.StudyInstanceUID, header.SeriesInstanceUID, images=3)
    pacs = DimsePacs(plain_archive)
    fetched = pacs.fetch_series(series, tmp_path)
    assert (fetched.images, fetched.already) == (3, 0)
    for path in slices[:3]:
        wanted = pydicom.dcmread(path)
        assert pydicom.dcmread(tmp_path / f"{wanted.SOPInstanceUID}.dcm") == wanted
    with pytest.raises(Problem, match="3 of 5 images"):
        pacs.fetch_series(dataclasses.replace(series, images=5), tmp_path)


def test_images_of_another_series_are_not_taken(plain_archive: Server, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="failed while fetching a series"):
        DimsePacs(plain_archive).fetch_series(RemoteSeries("1.2", "1.3", images=1), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_stranger_delivers_nothing(slices: tuple[Path, ...], tmp_path: Path) -> None:
    """While we listen for a C-MOVE, only images that are wanted are taken, and only under our title."""
    wanted = pydicom.dcmread(slices[0], stop_before_pixels=True)
    port = free_port()
    server = Server(
        name="x",
        kind="dimse",
        host="localhost",
        retrieve="move",
        listen_host="127.0.0.1",
        listen_port=port,
        own_title="US",
    )
    inbox = Inbox(tmp_path, frozenset({str(wanted.SOPInstanceUID)}), Progress())
    post = _Post(inbox, RemoteSeries(wanted.StudyInstanceUID, wanted.SeriesInstanceUID))
    us = Server(name="us", kind="dimse", host="127.0.0.1", port=port, title="US")
    with _listening(server, post):
        sent = DimsePacs(us).send(slices[:2])
        assert (sent.stored, [one.path for one in sent.refused]) == (1, [slices[1]])
        with pytest.raises(Problem, match="Called AE title not recognised"):
            DimsePacs(dataclasses.replace(us, title="OTHER")).send(slices[:1])
    assert [path.stem for path in tmp_path.iterdir()] == [str(wanted.SOPInstanceUID)]
