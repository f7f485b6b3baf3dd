"""One picture archive: where it is and how to speak with it. Never a secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from ml.errors import Problem

Kind = Literal["dimse", "dicomweb"]
Retrieve = Literal["get", "move"]
SignIn = Literal["none", "password", "token"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TITLE = re.compile(r"[ -\[\]-~]{1,16}")  # the representation AE: 16 printable letters, no backslash
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Server:
    """What a person types once about an archive. Checked when it is made: raises `Problem`.

    DIMSE needs host, port and the two titles; DICOMweb needs the URL under which `/studies` lies.
    Passwords and tokens are in the system's keyring: see `ml.pacs.secret`.
    """

    name: str  # to ask for it by, on the command line and in the window
    kind: Kind
    host: str = ""  # DIMSE: name or address
    port: int = 104  # DIMSE
    title: str = "ANY-SCP"  # DIMSE: the archive's application entity title
    own_title: str = "PARFOCAL"  # DIMSE: ours, as the archive knows it
    retrieve: Retrieve = "get"  # DIMSE: C-GET, or C-MOVE to our own title
    listen_host: str = ""  # C-MOVE: the address that we listen on; empty: all of this computer's
    listen_port: int = 11112  # C-MOVE: the port that the archive has for our title
    url: str = ""  # DICOMweb: https://archive.example/dicom-web
    tls: bool = False  # DIMSE; of DICOMweb the URL says it
    ca_file: str = ""  # PEM of who vouches for the archive; empty: whom the system trusts
    certificate_file: str = ""  # PEM of our own certificate, where the archive asks for one
    key_file: str = ""  # PEM of its key, without a passphrase
    sign_in: SignIn = "none"
    user: str = ""  # with a password
    plain_password: bool = False  # allows a password or token over a connection that is not encrypted
    timeout: float = 30.0  # seconds without an answer after which the archive counts as gone

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise Problem(*problem, server=self.name)

    @property
    def encrypted(self) -> bool:
        """Whether the connection is."""
        return self.tls if self.kind == "dimse" else self.url.lower().startswith("https://")

    @property
    def loopback(self) -> bool:
        """Whether it runs on this very computer."""
        host = self.host if self.kind == "dimse" else urlsplit(self.url).hostname or ""
        return host.lower() in _LOOPBACK

    @property
    def address(self) -> str:
        """Where it is, for messages and as the name of its secret: `host:port` or the URL."""
        return f"{self.host}:{self.port}" if self.kind == "dimse" else self.url.rstrip("/")

    @property
    def words(self) -> str:
        """Which server, for a sentence: “north” (pacs.example:104, NORTH)."""
        return f"“{self.name}” ({self.address}{f', {self.title}' if self.kind == 'dimse' else ''})"

    def _problem(self) -> tuple[str, str] | None:
        """What is wrong with it and what to do; None where nothing is."""
        if not _NAME.fullmatch(self.name):
            return (
                f"“{self.name}” is no name for a server.",
                "Use letters, digits, dot, dash and underscore, at most 64 of them.",
            )
        if not 0 < self.timeout <= 3600:
            return f"A timeout of {self.timeout:g} s is not usable.", "Give 1 to 3600 seconds."
        if bool(self.certificate_file) != bool(self.key_file):
            return "A certificate and its key belong together.", "Give both files, or none."
        return (
            self._dimse_problem() if self.kind == "dimse" else self._web_problem()
        ) or self._secret_problem()

    def _dimse_problem(self) -> tuple[str, str] | None:
        if not self.host or re.search(r"[\s/]", self.host):
            return f"“{self.host}” is not the name of a computer.", "Give a host, like pacs.example."
        if not (0 < self.port < 65536 and 0 < self.listen_port < 65536):
            return "A port is not between 1 and 65535.", "Ask whoever runs the archive for it; 104 is usual."
        for title in (self.title, self.own_title):
            if not _TITLE.fullmatch(title) or not title.strip():
                return f"“{title}” is no application entity title.", "It has 1 to 16 plain letters."
        if self.sign_in == "token":
            return "DIMSE knows no tokens.", "Sign in with user and password, or use DICOMweb."
        return None

    def _web_problem(self) -> tuple[str, str] | None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return f"“{self.url}” is no web address.", "Give one like https://archive.example/dicom-web."
        if parts.username or parts.password:
            return (
                "The web address holds a user or a password.",
                "Leave them out: give the user apart, and let the keyring keep the password.",
            )
        if parts.query or parts.fragment:
            return "The web address goes on after the path.", "Give it without ? and #."
        return None

    def _secret_problem(self) -> tuple[str, str] | None:
        if self.sign_in == "password" and not self.user:
            return "There is a password to be, but no user.", "Give the user too."
        open_road = not (self.encrypted or self.loopback or self.plain_password)
        if self.sign_in != "none" and open_road:
            return (
                f"{self.words} would get its {self.sign_in} over a connection that anybody can read.",
                "Use https or TLS. Only if nothing else is possible, allow it with plain_password.",
            )
        return None
