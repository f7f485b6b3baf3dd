"""DICOMweb with a server of the test's own: small pages, tokens, answers that Orthanc never gives."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pydicom
import pytest

from ml.errors import Problem
from ml.pacs import secret
from ml.pacs.opening import open_pacs
from ml.pacs.pacs import RemoteSeries
from ml.pacs.server import Server
from ml.pacs.trouble import SeriesIncomplete

TOKEN = "t0ken-of-the-test"


@dataclass
class Archive:
    """Five images, listed two at a time."""

    server: Server
    files: tuple[Path, ...]
    tokens: list[str] = field(default_factory=list)
    status: int = 200
    content_type: str = 'multipart/related; type="application/dicom"; boundary=b0'
    gone: frozenset[int] = frozenset()  # images that it lists and does not have
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def archive(slices: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    made: list[Archive] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            own = made[0]
            place = urlsplit(self.path)
            own.asked.append(place.path)
            own.tokens.append(self.headers.get("Authorization", ""))
            if own.status != 200:
                self._send(own.status, b"no", "text/plain")
            elif place.path.endswith("/instances"):
                self._send(200, _listed(own, parse_qs(place.query)), "application/dicom+json")
            else:
                self._images(own, place.path)

        def _images(self, own: Archive, path: str) -> None:
            wanted = [int(path.rpartition("/")[2].split(".")[-1])] if "/instances/" in path else range(5)
            bodies = [own.files[n].read_bytes() for n in wanted if n not in own.gone]
            if not bodies:
                self._send(404, b"", "text/plain")
                return
            parts = [b"--b0\r\nContent-Type: application/dicom\r\n\r\n" + body + b"\r\n" for body in bodies]
            self._send(200, b"".join(parts) + b"--b0--\r\n", own.content_type)

        def _send(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{listening.server_address[1]}/rs"
    server = Server(name="small", kind="dicomweb", url=url, sign_in="token")
    secret.keep(server, TOKEN)
    made.append(Archive(server, _renamed(slices, tmp_path_factory.mktemp("five"))))
    yield made[0]
    listening.shutdown()
    thread.join(10)
    listening.server_close()


def _renamed(slices: tuple[Path, ...], folder: Path) -> tuple[Path, ...]:
    """Five images whose UIDs end with their numbers."""
    paths = []
    for number, path in enumerate(slices[:5]):
        dataset = pydicom.dcmread(path)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        paths.append(folder / f"{number}.dcm")
        dataset.save_as(paths[-1])
    return tuple(paths)


def _listed(own: Archive, query: dict[str, list[str]]) -> bytes:
    start = int(query.get("offset", ["0"])[0])
    page = range(5)[start : start + 2]
    return json.dumps([{"00080018": {"vr": "UI", "Value": [f"1.2.3.{n}"]}} for n in page]).encode()


SERIES = RemoteSeries("1.2", "1.3", images=5)


def test_small_pages_and_a_token(archive: Archive, tmp_path: Path) -> None:
    with open_pacs(archive.server) as pacs:
        assert pacs.fetch_series(SERIES, tmp_path).images == 5
        assert pacs.fetch_series(RemoteSeries("1.2", "1.3"), tmp_path).already == 5  # number not said
    for number, path in enumerate(archive.files):
        assert (tmp_path / f"1.2.3.{number}.dcm").read_bytes() == path.read_bytes()
    assert set(archive.tokens) == {f"Bearer {TOKEN}"}
    assert archive.asked.count("/rs/studies/1.2/series/1.3") == 1


def test_images_that_are_listed_and_not_there(archive: Archive, tmp_path: Path) -> None:
    archive.gone = frozenset({1, 3})
    with open_pacs(archive.server) as pacs:
        with pytest.raises(SeriesIncomplete, match="3 of 5 images"):
            pacs.fetch_series(SERIES, tmp_path)
        archive.gone = frozenset()
        assert pacs.fetch_series(SERIES, tmp_path).already == 3


@pytest.mark.parametrize(
    ("status", "what"),
    [
        (401, "does not accept the token"),
        (403, "does not allow this account to go on listing images"),
        (503, "failed while listing images"),
        (404, "not found"),
    ],
)
def test_refusals_in_words(archive: Archive, status: int, what: str, tmp_path: Path) -> None:
    archive.status = status
    with open_pacs(archive.server) as pacs, pytest.raises(Problem, match=what) as caught:
        pacs.fetch_series(SERIES, tmp_path)
    assert TOKEN not in caught.value.details()


def test_an_answer_without_parts(archive: Archive, tmp_path: Path) -> None:
    archive.content_type = "text/html"
    with open_pacs(archive.server) as pacs, pytest.raises(Problem, match="does not answer in DICOMweb"):
        pacs.fetch_series(SERIES, tmp_path)
    assert not list(tmp_path.iterdir())
