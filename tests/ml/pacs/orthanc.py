"""A real Orthanc on loopback, with or without encryption, for as long as a test needs it."""

from __future__ import annotations

import dataclasses
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from ml.pacs import secret
from ml.pacs.opening import open_pacs
from ml.pacs.pacs import Pacs
from ml.pacs.server import Server

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
USER, PASSWORD = "jane", "s3cret-of-the-test"


class MemoryKeyring(KeyringBackend):
    """Keeps secrets as long as a test runs."""

    # Negative: any class that is known counts as a keyring of this computer, and the best one is taken. Who
    # wants this one says so; for all other tests there is none, as for the processes that they start.
    priority = -1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[(service, username)] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


@dataclass(frozen=True)
class Orthanc:
    """Where it listens."""

    web_port: int
    dicom_port: int
    move_port: int  # where it delivers what is asked for by C-MOVE as PARFOCAL
    secure: bool

    @property
    def url(self) -> str:
        return f"http{'s' if self.secure else ''}://localhost:{self.web_port}/dicom-web"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(folder: Path, certificates: Path | None = None) -> Iterator[Orthanc]:
    """Start Orthanc with storage in a folder; it is ended afterwards. Skips where it is not installed."""
    program = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")
    if program is None or not PLUGIN.exists():
        pytest.skip("Orthanc is not installed (Debian packages orthanc and orthanc-dicomweb)")
    made = Orthanc(free_port(), free_port(), free_port(), certificates is not None)
    settings = _settings(made, folder)
    if certificates is not None:
        settings |= {
            "DicomTlsEnabled": True,
            "DicomTlsPrivateKey": str(certificates / "server-key.pem"),
            "DicomTlsCertificate": str(certificates / "server.pem"),
            "DicomTlsTrustedCertificates": str(certificates / "ca.pem"),
        }
    (folder / "orthanc.json").write_text(json.dumps(settings), encoding="utf-8")
    process = subprocess.Popen(
        [program, str(folder / "orthanc.json")], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr
    said = []
    for line in process.stderr:
        said.append(line)
        if "Orthanc has started" in line:
            break
    else:
        process.wait()
        pytest.fail("Orthanc did not start:\n" + "".join(said[-20:]))
    drain = threading.Thread(target=process.stderr.read, name="orthanc-log")
    drain.start()
    try:
        yield made
    finally:
        process.terminate()
        process.wait(30)
        drain.join(30)
        process.stderr.close()


def entry(orthanc: Orthanc, road: str, certificates: Path | None = None) -> Server:
    """The entry of an Orthanc by one of the three roads."""
    if road == "web":
        made = Server(
            name="orthanc",
            kind="dicomweb",
            url=orthanc.url,
            sign_in="password",
            user=USER,
        )
    else:
        made = Server(
            name="orthanc",
            kind="dimse",
            host="localhost",
            port=orthanc.dicom_port,
            title="ORTHANC",
            retrieve="move" if road == "move" else "get",
            listen_host="127.0.0.1",
            listen_port=orthanc.move_port,
            tls=certificates is not None,
        )
    if certificates is None:
        return made
    files = {
        "ca_file": str(certificates / "ca.pem"),
        "certificate_file": str(certificates / "client.pem"),
        "key_file": str(certificates / "client-key.pem"),
    }
    return dataclasses.replace(made, **files)


def opened(server: Server) -> Pacs:
    """The archive of an entry, its password put into the keyring first."""
    if server.sign_in != "none":
        secret.keep(server, PASSWORD)
    return open_pacs(server)


def _settings(made: Orthanc, folder: Path) -> dict[str, object]:
    peer = {"AET": "PARFOCAL", "Host": "127.0.0.1", "Port": made.move_port, "UseDicomTls": made.secure}
    return {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        "HttpPort": made.web_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {USER: PASSWORD},
        "DicomServerEnabled": True,
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": True,
        "DicomPort": made.dicom_port,
        "DicomAlwaysAllowGet": True,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowMove": True,
        "DicomModalities": {"parfocal": peer},
        "DefaultEncoding": "Utf8",
        "StorageCompression": False,
        "ConcurrentJobs": 2,
    }
