"""Real archives on loopback, a keyring in memory, and a wire that can be cut."""

from __future__ import annotations

import dataclasses
import ssl
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from ml.pacs.pacs import Pacs
from ml.pacs.server import Server
from tests.ml.pacs.certificates import write_certificates
from tests.ml.pacs.orthanc import MemoryKeyring, Orthanc, entry, opened, running
from tests.ml.pacs.wire import wire

ROADS = ("get", "move", "web")


@pytest.fixture(autouse=True)
def memory_keyring() -> Iterator[MemoryKeyring]:
    """No test touches the person's own keyring."""
    before = keyring.get_keyring()
    made = MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the test's own certificates."""
    return write_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """A real Orthanc that holds nothing at first."""
    with running(tmp_path_factory.mktemp("orthanc")) as made:
        yield made


@pytest.fixture(scope="session")
def secure_orthanc(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[Orthanc]:
    """One behind TLS that asks for a certificate, over DIMSE and over the web.

    Encryption of the web is done by a port in front, as in many hospitals: Debian's Orthanc 1.10 falls over
    when it has to do it itself.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates / "ca.pem")
    context.load_cert_chain(certificates / "server.pem", certificates / "server-key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    folder = tmp_path_factory.mktemp("secure")
    with running(folder, certificates) as made, wire(made.web_port, context=context) as port:
        yield dataclasses.replace(made, web_port=port)


@pytest.fixture
def server(orthanc: Orthanc) -> Server:
    """Its entry for DIMSE, without encryption."""
    return entry(orthanc, "get")


@pytest.fixture
def web_server(orthanc: Orthanc) -> Server:
    """Its entry for DICOMweb."""
    return entry(orthanc, "web")


@pytest.fixture(params=ROADS)
def pacs(request: pytest.FixtureRequest, orthanc: Orthanc) -> Iterator[Pacs]:
    """The archive, by C-GET, by C-MOVE and over DICOMweb."""
    with opened(entry(orthanc, request.param)) as made:
        yield made


@pytest.fixture(params=ROADS)
def secure_pacs(
    request: pytest.FixtureRequest, secure_orthanc: Orthanc, certificates: Path
) -> Iterator[Pacs]:
    """The same over TLS."""
    with opened(entry(secure_orthanc, request.param, certificates)) as made:
        yield made


@pytest.fixture(scope="session")
def slices(real_data: Path) -> tuple[Path, ...]:
    """Twelve slices of the real head CT."""
    return tuple(sorted((real_data / "ct" / "cranium_series").glob("*.dcm"))[:12])
