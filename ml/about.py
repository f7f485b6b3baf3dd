"""Which Parfocal this is: version, commit, and the versions of what decides its results."""

from __future__ import annotations

import platform
import shutil
import subprocess

from ml import __version__, paths
from ml.libraries import versions_of

_TOLD = (  # distributions whose version changes what a person sees or what a number is
    "PySide6-Essentials",
    "torch",
    "torchvision",
    "timm",
    "grad-cam",
    "openslide-python",
    "openslide-bin",
    "tifffile",
    "imagecodecs",
    "pydicom",
    "highdicom",
    "pynetdicom",
    "numpy",
    "scipy",
    "scikit-image",
    "scikit-learn",
    "shapely",
    "SQLAlchemy",
    "typst",
)


def commit() -> str:
    """The first twelve digits of the commit that this was made from; "" where nobody knows.

    A bundle holds it in a file; a source tree is asked by git.
    """
    root = paths.resources().parent
    written = root / "COMMIT"
    if written.is_file():
        return written.read_text(encoding="utf-8").strip()
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return ""
    told = subprocess.run(  # noqa: S603 - git itself, on our own folder
        [git, "-C", str(root), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip()


def version_text(program: str) -> str:
    """ "parfocal 0.1.0 (commit 0123456789ab)", then a line for Python and one for each library."""
    made = commit()
    lines = [f"{program} {__version__}" + (f" (commit {made})" if made else "")]
    lines.append(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    found = versions_of(_TOLD)
    lines += [f"{name} {found[name]}" if name in found else f"{name}: not there" for name in _TOLD]
    return "\n".join(lines) + "\n"
