"""Libraries in a file and on a real server, which the tests start themselves."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from viewer.cases.library import Library
from viewer.cases.values import Item, ItemFacts

_NUMBERS = count()


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of the tests' own, of the Debian package; it listens on a socket in its folder."""

    programs: Path
    folder: Path
    become: tuple[str, ...]  # the command before each command: as root it refuses to run

    @property
    def address(self) -> str:
        """Of its first database."""
        return f"postgresql+psycopg://tester@/postgres?host={self.folder}"

    def do(self, program: str, *arguments: str) -> None:
        """Run one of its programs."""
        data = ["-D", str(self.folder / "data")]
        command = [*self.become, str(self.programs / program), *data, *arguments]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr + done.stdout

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        self.do("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """End it as a power cut would."""
        self.do("pg_ctl", "-w", "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """An empty server. Skips where PostgreSQL is not installed."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    if programs is None:
        pytest.skip("PostgreSQL is not installed: /usr/lib/postgresql holds no version")
    as_root = os.geteuid() == 0
    if as_root and not _user("postgres"):
        pytest.skip("PostgreSQL does not run as root, and there is no user “postgres”")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: the path of a socket has at most 107 characters
    if as_root:
        shutil.chown(folder, "postgres", "postgres")
    made = Server(programs, folder, ("runuser", "-u", "postgres", "--") if as_root else ())
    made.do("initdb", "-U", "tester", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
    made.start()
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _user(name: str) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


@pytest.fixture
def database_address(server: Server) -> Iterator[str]:
    """The address of a database of its own on the server."""
    name = f"cases_{next(_NUMBERS)}"
    engine = sa.create_engine(server.address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield server.address.replace("/postgres?", f"/{name}?")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


@pytest.fixture(params=["file", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a library may lie: what holds of one holds of the other."""
    if request.param == "file":
        return tmp_path / "library.sqlite"
    return str(request.getfixturevalue("database_address"))


@pytest.fixture
def open_library(place: Path | str) -> Iterator[Callable[[str], Library]]:
    """Opens the library for somebody: twice for two workstations. All are closed in the end."""
    with ExitStack() as opened:

        def open_one(author: str = "me") -> Library:
            library = Library.open(place, author)
            opened.callback(library.close)
            return library

        yield open_one


@pytest.fixture
def library(open_library: Callable[[], Library]) -> Library:
    return open_library()


@pytest.fixture
def item(library: Library) -> Item:
    case = library.new_case("One")
    return library.add(case.id, ItemFacts("slide", Path("/slides/a.svs"), "file:1:a", "a.svs", {"levels": 3}))
