"""`python -m bundle`, from packaging/: build the bundle, check licences, say what it weighs; then packages.

python -m bundle build [--flavour cpu|gpu] [--out build]
python -m bundle installers [--flavour cpu|gpu] [--out build]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bundle import data_licences, licences, linux, system_libraries, thinning
from bundle.contents import PLATFORMS
from bundle.cpu_torch import without_cuda
from bundle.weight import told

ROOT = Path(__file__).resolve().parent.parent.parent
_PATIENCE_S = 900  # for the main job of the bundle, on a busy computer


def main() -> int:
    """The exit code: 1 where a licence forbids shipping."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("build", "installers"))
    parser.add_argument("--flavour", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--out", type=Path, default=ROOT / "build")
    wishes = parser.parse_args()
    out: Path = wishes.out.resolve() / wishes.flavour
    return (build if wishes.what == "build" else installers)(out, wishes.flavour)


def build(out: Path, flavour: str) -> int:
    """Make `out/parfocal`; a bundle with a licence that forbids shipping is taken away again."""
    started = time.monotonic()
    (out / "work").mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, PARFOCAL_FLAVOUR=flavour)
    if flavour == "cpu":
        import torch

        if torch.version.cuda is not None:  # not a CPU build of its own
            torches = str(without_cuda(out / "torch"))
            before = os.environ.get("PYTHONPATH", "")
            environment |= {"PARFOCAL_TORCH": torches}
            environment |= {"PYTHONPATH": os.pathsep.join(filter(None, (torches, str(ROOT), before)))}
    command = [sys.executable, "-m", "PyInstaller", str(ROOT / "packaging/parfocal.spec"), "--noconfirm"]
    command += ["--distpath", str(out), "--workpath", str(out / "work"), "--log-level", "WARN"]
    subprocess.run(command, check=True, cwd=ROOT, env=environment)
    folder = out / "parfocal"
    _thin(folder / "_internal")
    (folder / "_internal" / "COMMIT").write_text(_commit(), encoding="utf-8")
    kinds, troubles = data_licences.collect(folder / "_internal")
    papers = folder / "LICENCES.txt"
    found, more = licences.collect(folder / "_internal", papers, _of_the_system(out), kinds)
    troubles += more
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    if troubles:
        shutil.rmtree(folder)
        return 1
    print("\n".join(told(folder)))
    _try(folder)
    print(f"{len(found)} packages, {len(kinds)} kinds of data: all may be shipped")
    print(f"Built in {time.monotonic() - started:.0f} s")
    return 0


def _thin(inside: Path) -> None:
    saved = {"JSON without spaces": thinning.compact(inside)}
    if PLATFORMS[sys.platform].strip:
        saved["tables for debuggers"] = thinning.strip(inside)
    print(*(f"{what}: {size / 1e6:,.0f} MB less" for what, size in saved.items()), sep="\n")


def _try(folder: Path) -> None:
    """The main job, without a screen: what no import names is missed here. Raises CalledProcessError."""
    if not sys.platform.startswith("linux"):  # elsewhere the window would stay open
        return
    screens = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "PYTHONPATH"}
    with TemporaryDirectory() as home:
        environment = {key: value for key, value in os.environ.items() if key not in screens}
        environment["PARFOCAL_HOME"] = home
        command = [str(folder / "parfocal"), "--demo", f"{home}/demo"]
        subprocess.run(command, check=True, env=environment, timeout=_PATIENCE_S)


def installers(out: Path, flavour: str) -> int:
    """Make what people install on this system out of the bundle."""
    from ml import __version__

    folder = out / "parfocal"
    if not folder.is_dir():
        print(f"There is no bundle in {out.name}: build it first (make bundle).", file=sys.stderr)
        return 1
    if not sys.platform.startswith("linux"):
        print("See packaging/windows and packaging/macos: these are made with that system's own tools.")
        return 1
    for made in (
        linux.debian_package(folder, __version__, flavour, out),
        linux.self_installing(folder, __version__, out),
    ):
        print(f"{made.name}: {made.stat().st_size / 1e6:,.0f} MB")
    return 0


def _of_the_system(out: Path) -> list[licences.Licence]:
    """What `parfocal.spec` found outside the environment and this tree."""
    sources = json.loads((out / "libraries.json").read_text(encoding="utf-8"))
    return system_libraries.collect(map(Path, sources), (Path(sys.prefix), ROOT, out))


def _commit() -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return told.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
