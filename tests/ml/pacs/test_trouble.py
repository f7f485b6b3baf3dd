"""What goes wrong is told in words: which server, what happened, what to try. And no secret leaks."""

from __future__ import annotations

import dataclasses
import gc
import logging
import socket
import struct
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pynetdicom import AE, evt

from ml.errors import Problem
from ml.pacs import secret
from ml.pacs.opening import open_pacs
from ml.pacs.pacs import Query, RemoteSeries
from ml.pacs.server import Server
from tests.ml.pacs.orthanc import PASSWORD, USER, Orthanc, entry, free_port, opened
from tests.ml.pacs.wire import wire


def _refused(server: Server) -> Problem:
    with pytest.raises(Problem) as caught, open_pacs(server) as pacs:
        pacs.echo()
    assert caught.value.what.endswith(".")
    assert caught.value.remedy
    return caught.value


def test_nobody_listens(server: Server, web_server: Server) -> None:
    port = free_port()
    secret.keep(dataclasses.replace(web_server, url=f"http://localhost:{port}/rs"), PASSWORD)
    for other in (
        dataclasses.replace(server, port=port),
        dataclasses.replace(web_server, url=f"http://localhost:{port}/rs"),
    ):
        problem = _refused(other)
        assert "nothing listens on that port" in problem.what
        assert other.words in problem.what


def test_a_name_that_nobody_knows(server: Server) -> None:
    web = Server(name="web", kind="dicomweb", url="https://nowhere.invalid/rs")
    for other in (dataclasses.replace(server, host="nowhere.invalid"), web):
        assert "Nobody knows the name" in _refused(other).what


def test_a_wrong_title(server: Server) -> None:
    problem = _refused(dataclasses.replace(server, title="OTHER"))
    assert "Called AE title not recognised" in problem.what
    assert "not called “OTHER”" in problem.remedy


def test_a_port_that_speaks_something_else(orthanc: Orthanc, server: Server) -> None:
    assert "not answer in DICOM." in _refused(dataclasses.replace(server, port=orthanc.web_port)).what
    web = Server(name="web", kind="dicomweb", url=f"http://localhost:{orthanc.dicom_port}/rs")
    assert "does not answer in DICOMweb" in _refused(web).what
    assert "agree on no encryption" in _refused(dataclasses.replace(server, tls=True)).what
    assert (
        "agree on no encryption"
        in _refused(dataclasses.replace(web, url=orthanc.url.replace("http", "https"))).what
    )


def test_a_wrong_address_on_the_right_server(web_server: Server) -> None:
    other = dataclasses.replace(web_server, url=web_server.url.replace("dicom-web", "other"))
    secret.keep(other, PASSWORD)
    problem = _refused(other)
    assert "404" in problem.what
    assert "/studies" in problem.remedy


def test_a_wrong_password(web_server: Server) -> None:
    secret.keep(web_server, "wrong-" + PASSWORD)
    problem = _refused(web_server)
    assert "does not accept user and password" in problem.what
    assert "servers secret orthanc" in problem.remedy
    assert PASSWORD not in problem.details()
    assert "wants a sign-in" in _refused(dataclasses.replace(web_server, sign_in="none", user="")).what


@pytest.mark.parametrize("road", ["get", "web"])
def test_a_certificate_that_is_not_trusted(secure_orthanc: Orthanc, certificates: Path, road: str) -> None:
    server = dataclasses.replace(entry(secure_orthanc, road, certificates), ca_file="")
    if road == "web":
        secret.keep(server, PASSWORD)
    assert "shows a certificate that is not trusted" in _refused(server).what


@pytest.mark.parametrize("road", ["get", "web"])
def test_a_certificate_of_ours_that_is_missing(
    secure_orthanc: Orthanc, certificates: Path, road: str
) -> None:
    server = dataclasses.replace(entry(secure_orthanc, road, certificates), certificate_file="", key_file="")
    if road == "web":
        secret.keep(server, PASSWORD)
    problem = _refused(server)
    assert "agree on no encryption" in problem.what or "broke off" in problem.what


def test_files_of_certificates_that_are_wrong(server: Server, certificates: Path, tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("no certificate", encoding="utf-8")
    gone = dataclasses.replace(server, tls=True, ca_file=str(tmp_path / "gone.pem"))
    assert "gone.pem for “orthanc”" in _refused(gone).what
    wrong = dataclasses.replace(server, tls=True, ca_file=str(tmp_path / "text.pem"))
    assert "cannot be used" in _refused(wrong).what
    mixed = dataclasses.replace(
        server,
        tls=True,
        ca_file=str(certificates / "ca.pem"),
        certificate_file=str(certificates / "client.pem"),
        key_file=str(certificates / "server-key.pem"),
    )
    assert "cannot be used" in _refused(mixed).what
    listening = dataclasses.replace(server, tls=True, retrieve="move")
    from ml.pacs.tls import listening_context

    with pytest.raises(Problem, match="no certificate to receive with"):
        listening_context(listening)


def test_the_port_for_deliveries_is_taken(server: Server, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", server.listen_port)):
        other = dataclasses.replace(server, retrieve="move")
        with open_pacs(other) as pacs, pytest.raises(Problem, match="cannot be listened on"):
            pacs.fetch_series(RemoteSeries("1.2", "1.3", images=1), tmp_path)


def test_a_title_that_the_archive_cannot_deliver_to(
    server: Server, slices: tuple[Path, ...], tmp_path: Path
) -> None:
    other = dataclasses.replace(server, retrieve="move", own_title="STRANGER")
    header = pydicom.dcmread(slices[0], stop_before_pixels=True)
    series = RemoteSeries(header.StudyInstanceUID, header.SeriesInstanceUID)
    with open_pacs(other) as pacs:
        pacs.send(slices[:2])
        with pytest.raises(Problem) as caught:
            pacs.fetch_series(series, tmp_path)
    assert "failed while fetching a series" in caught.value.what


def test_a_series_that_is_not_there(orthanc: Orthanc, tmp_path: Path) -> None:
    for road in ("get", "web"):
        with opened(entry(orthanc, road)) as pacs, pytest.raises(Problem) as caught:
            pacs.fetch_series(RemoteSeries("1.2.3", "1.2.4", images=5), tmp_path / road)
        assert "0 of 5 images" in caught.value.what or "failed while" in caught.value.what


@pytest.mark.parametrize("road", ["get", "web"])
def test_a_broken_wire_and_the_rest_afterwards(
    orthanc: Orthanc, slices: tuple[Path, ...], tmp_path: Path, road: str
) -> None:
    """The connection is cut in the middle of the pixels; the second try fetches what is missing."""
    whole = entry(orthanc, road)
    header = pydicom.dcmread(slices[0], stop_before_pixels=True)
    with opened(whole) as pacs:
        pacs.send(slices)
        (series,) = (
            one for one in pacs.find_series(header.StudyInstanceUID) if one.uid == header.SeriesInstanceUID
        )
    port = orthanc.web_port if road == "web" else orthanc.dicom_port
    with wire(port, after=1_000_000) as cut:
        changed = {"url": f"http://localhost:{cut}/dicom-web"} if road == "web" else {"port": cut}
        other = dataclasses.replace(whole, **changed)
        with opened(other) as pacs, pytest.raises(Problem) as caught:
            pacs.fetch_series(series, tmp_path)
    assert "broke off" in caught.value.what
    here = len(list(tmp_path.glob("*.dcm")))
    assert 0 < here < len(slices)
    with opened(whole) as pacs:
        fetched = pacs.fetch_series(series, tmp_path)
    assert (fetched.already, fetched.images) == (here, len(slices))
    for path in tmp_path.iterdir():
        assert pydicom.dcmread(path).pixel_array.shape == (256, 256)


def test_user_and_password_over_dimse() -> None:
    """Against pynetdicom's own server, which can look at them: Orthanc does not."""
    seen: list[tuple[bytes, bytes]] = []

    def look(event: evt.Event) -> tuple[bool, bytes | None]:
        seen.append((event.primary_field, event.secondary_field))
        return event.secondary_field == PASSWORD.encode(), None

    listening = AE(ae_title="GUARDED")
    listening.add_supported_context("1.2.840.10008.1.1")
    port = free_port()
    listening.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_USER_ID, look)])
    try:
        server = Server(
            name="guarded",
            kind="dimse",
            host="127.0.0.1",
            port=port,
            title="GUARDED",
            sign_in="password",
            user=USER,
        )
        secret.keep(server, PASSWORD)
        with open_pacs(server) as pacs:
            assert "answers" in pacs.echo()
        secret.keep(server, "wrong")
        assert "refuses the connection" in _refused(server).what
    finally:
        listening.shutdown()
    assert seen == [(USER.encode(), PASSWORD.encode()), (USER.encode(), b"wrong")]


def test_an_archive_that_does_not_stop_is_hung_up_on() -> None:
    """It goes on answering after the wish to stop."""
    sent: list[int] = []

    def answer(event: evt.Event) -> Iterator[tuple[int, pydicom.Dataset | None]]:
        for number in range(20_000):
            if not event.assoc.is_established:
                return
            found = pydicom.Dataset()
            found.StudyInstanceUID = f"1.2.{number}"
            sent.append(number)
            yield 0xFF00, found

    listening = AE(ae_title="DEAF")
    listening.add_supported_context("1.2.840.10008.5.1.4.1.2.2.1")
    port = free_port()
    listening.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_FIND, answer)])
    try:
        deaf = Server(name="deaf", kind="dimse", host="127.0.0.1", port=port, title="DEAF")
        with open_pacs(deaf) as pacs:
            found = pacs.find_studies(Query(), limit=10)
    finally:
        listening.shutdown()
    assert (len(found.studies), found.more) == (10, True)
    assert len(sent) < 20_000


def test_no_log_holds_a_secret_or_a_name(
    orthanc: Orthanc, slices: tuple[Path, ...], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    server = dataclasses.replace(entry(orthanc, "get"), sign_in="password", user=USER)
    for one in (server, entry(orthanc, "web")):
        with opened(one) as pacs:
            pacs.send(slices[:2])
            found = pacs.find_studies(Query(patient_name="ProMED*"))
            (series, *_) = pacs.find_series(found.studies[0].uid)
            pacs.fetch_series(series, tmp_path / one.kind)
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert PASSWORD not in said
    assert "ProMED" not in said


def test_a_silent_server_is_given_up() -> None:
    """Somebody takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        held: list[socket.socket] = []

        def accept() -> None:
            for _ in range(4):
                try:
                    held.append(silent.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept)
        thread.start()
        web = Server(name="web", kind="dicomweb", url=f"http://localhost:{port}/rs", timeout=0.5)
        assert "does not answer within 0.5 s" in _refused(web).what
        dimse = Server(name="dimse", kind="dimse", host="localhost", port=port, timeout=0.5)
        assert "not answer" in _refused(dimse).what
        silent.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        for connection in held:
            connection.close()


def test_a_connection_that_is_broken_off_leaves_no_socket() -> None:
    """The other side is not there, or hangs up in the midst of it."""
    nobody = Server(name="nobody", kind="dimse", host="127.0.0.1", port=free_port(), timeout=2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        rude = dataclasses.replace(nobody, port=listening.getsockname()[1])

        def hang_up() -> None:
            for _ in range(2):
                near = listening.accept()[0]
                near.recv(1)
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
                near.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", ResourceWarning)
            for server in (nobody, rude):
                _refused(server)
            thread.join(10)
            gc.collect()
    assert not [str(one.message) for one in told if "unclosed" in str(one.message)]
