"""The bundle as a person gets it: installed into a bare Debian without Python, used, and taken away again.

    python -m bundle.bare_root build/cpu/parfocal_0.1.0_amd64.deb     # as root, on Debian

Prints how long each step took and what the programs said, and size and start beside those of the source
install (`.venv`); exit code 1 where something is not as it must be.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

RELEASE = "bookworm"
PERSON = "jane"
RESULTS = ("window.png", "report.pdf", "results.csv", "annotations.geojson")
_ELSEWHERE = (
    "/home",
    "/var/cache",
    "/var/log",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/tmp",  # noqa: S108 - of the bare root
    "/run",
    "/proc",
    "/sys",
    "/dev",
)
# The window stays open after its demo: it is closed once the demo has said what it wrote.
_DEMO = (
    "QT_QPA_PLATFORM=xcb {program} --demo out > told 2>&1 & p=$!; "
    "for n in $(seq 600); do grep -q Written told && break; kill -0 $p || break; sleep 1; done; "
    "sleep 1; kill $p; wait $p; cat told; true"
)
_SOURCE = Path(__file__).resolve().parent.parent.parent / ".venv"
_BOUND = ("proc", "sys", "dev")


def main() -> int:
    """Make the root, install, use, remove, compare."""
    package = Path(sys.argv[1]).resolve()
    root = package.parent / "bare-root"
    _make(root)
    with _bound(root):
        return _live(root, package)


def _live(root: Path, package: Path) -> int:
    troubles = []
    if _in(root, "sh", "-c", "command -v python3 python", check=False).returncode == 0:
        troubles.append("the bare root has a Python: the test says nothing")
    before = set(_files(root))
    shutil.copy2(package, root / "var/cache" / package.name)
    with _timed("install"):
        _in(root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", f"/var/cache/{package.name}")
    print(_as_person(root, "parfocal --version").stdout.strip())
    print(_as_person(root, "parfocal-ml --version").stdout.strip())
    with _timed("start: the version"):
        _as_person(root, "parfocal --version")
    with _timed("the main job under Xvfb: slide, region, analysis, report"):
        print(_as_person(root, f"xvfb-run -a sh -c '{_DEMO.format(program='parfocal')}'").stdout[-2000:])
    with _timed("the command line: a slide's facts and a table"):
        print(_as_person(root, "parfocal-ml doctor").stdout)
    for name in RESULTS:
        found = root / "home" / PERSON / "out" / name
        if not found.is_file() or not found.stat().st_size:
            troubles.append(f"{name} is missing")
    _tell_beside(root)
    if _in(root, "sh", "-c", "command -v python3 python", check=False).returncode == 0:
        troubles.append("the package brought a Python of the system with it")
    with _timed("remove"):
        _in(root, "apt-get", "purge", "-y", "-qq", "parfocal")
        _in(root, "apt-get", "autoremove", "-y", "-qq", "--purge")
    left = sorted(set(_files(root)) - before)
    troubles += [f"left behind: {path}" for path in left if "parfocal" in path.lower() or "/opt" in path]
    others = [path for path in left if "parfocal" not in path.lower()]
    print(f"Left by the packages that it depends on: {len(others)} files", *others[:10], sep="\n  ")
    print("\n".join(troubles) or "All is as it must be: nothing is left but the person's own data.")
    return 1 if troubles else 0


def _tell_beside(root: Path) -> None:
    """Size and start of the window: the package, and the source install where there is one."""
    print(f"Size: the package {_weigh(root / 'opt/parfocal'):,.0f} MB")
    if not (_SOURCE / "bin/parfocal").exists():
        return
    print(f"Size: the source install, with what only developers need, {_weigh(_SOURCE):,.0f} MB")
    with TemporaryDirectory() as home:
        line = _DEMO.format(program=_SOURCE / "bin/parfocal")
        command = ["xvfb-run", "-a", "sh", "-c", line]
        environment = dict(os.environ, PARFOCAL_HOME=home)
        with _timed("the same job by the source install"):
            told = subprocess.run(
                command, cwd=home, env=environment, capture_output=True, text=True, check=True
            )
        print(told.stdout)


def _weigh(folder: Path) -> float:
    """MB of 10^6 bytes on the disk; what is linked counts once."""
    told = subprocess.run(["du", "-s", "-B1", str(folder)], capture_output=True, text=True, check=True).stdout
    return int(told.split()[0]) / 1e6


def _make(root: Path) -> None:
    """A minimal Debian with a screen that nobody sees, and one person."""
    for name in _BOUND:  # of a test that was killed: what is deleted would be this computer's own
        if os.path.ismount(root / name):
            subprocess.run(["umount", "-R", "-l", str(root / name)], check=True)
    shutil.rmtree(root, ignore_errors=True)
    with _timed("debootstrap"):
        mirror = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
        subprocess.run(
            ["debootstrap", "--variant=minbase", RELEASE, str(root), mirror],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    for name in (
        "resolv.conf",
        "apt/apt.conf.d",
        "apt/sources.list",
        "apt/sources.list.d",
        "apt/trusted.gpg.d",
    ):
        ours = Path("/etc") / name
        if ours.is_dir():
            shutil.copytree(ours, root / "etc" / name, dirs_exist_ok=True)
        elif ours.exists():
            shutil.copy2(ours, root / "etc" / name)
    with _bound(root):
        _in(root, "apt-get", "update", "-qq")
        _in(root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "xvfb", "xauth")
        _in(root, "useradd", "--create-home", PERSON)


@contextmanager
def _bound(root: Path) -> Iterator[None]:
    """With what every program expects of a running system."""
    try:
        for name in _BOUND:
            subprocess.run(["mount", "--rbind", f"/{name}", str(root / name)], check=True)
            subprocess.run(["mount", "--make-rslave", str(root / name)], check=True)
        yield
    finally:
        for name in reversed(_BOUND):
            subprocess.run(["umount", "-R", "-l", str(root / name)], check=False)


def _in(root: Path, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run something in the root. Raises `RuntimeError` with what it said."""
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "DEBIAN_FRONTEND": "noninteractive",
        "LANG": "C.UTF-8",
    }
    told = subprocess.run(
        ["chroot", str(root), *command], capture_output=True, text=True, check=False, env=environment
    )
    if check and told.returncode:
        raise RuntimeError(
            f"{' '.join(command)} ended with {told.returncode}:\n{told.stdout[-3000:]}{told.stderr[-3000:]}"
        )
    return told


def _as_person(root: Path, line: str) -> subprocess.CompletedProcess[str]:
    return _in(root, "su", "-", PERSON, "-c", line)


def _files(root: Path) -> Iterator[str]:
    """Every file's path as the root sees it, but for what changes by itself and what is the person's."""
    for folder, folders, names in os.walk(root):
        inside = "/" + str(Path(folder).relative_to(root)).removeprefix(".")
        folders[:] = [name for name in folders if not (Path(inside) / name).as_posix().startswith(_ELSEWHERE)]
        yield from ((Path(inside) / name).as_posix() for name in names)


@contextmanager
def _timed(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
