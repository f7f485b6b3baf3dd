"""Libraries of the build machine's own system that PyInstaller puts into a bundle, and their licences.

They have no Python metadata: the package that a file comes from is asked of dpkg, and its licence stands in
the table below, written by hand and checked by its words against /usr/share/doc/PACKAGE/copyright. Those
files name the licences of tools, tests and build scripts too, so that no program can tell from them which one
is the library's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from bundle.licences import Licence

DOCUMENTS = Path("/usr/share/doc")
READ = {  # licence -> Debian packages (without "t64") whose library is under it
    "LGPL-2.1-or-later": (
        "libatk1.0-0 libblkid1 libcairo-gobject2 libcairo2 libcrypt1 libdatrie1 libfribidi0 "
        "libgcrypt20 libgdk-pixbuf-2.0-0 libglib2.0-0 libgpg-error0 libkeyutils1 "
        "libmount1 libnsl2 libpango-1.0-0 libpangocairo-1.0-0 libpangoft2-1.0-0 libsystemd0 "
        "libthai0 libatspi2.0-0 libatk-bridge2.0-0 libgraphite2-3 libc6"
    ),
    "GPL-3.0-or-later WITH GCC-exception-3.1": "libgcc-s1 libstdc++6 libgomp1 libquadmath0",
    "AFL-2.1 OR GPL-2.0-or-later": "libdbus-1-3",
    "BSD-3-Clause OR GPL-2.0-only": "libcap2",
    "BSD": "libbsd0 libmd0 libtirpc3 libuuid1 libzstd1 liblz4-1 libpcre2-8-0",
    "MIT": (
        "libbrotli1 libdrm2 libegl1 libexpat1 libffi8 libfontconfig1 libgbm1 libgl1 "
        "libglvnd0 libglx0 libharfbuzz0b libpixman-1-0 libtinfo6 libncursesw6 libwayland-client0 "
        "libwayland-server0 libx11-6 libx11-xcb1 libxau6 "
        "libxcb-cursor0 libxcb-glx0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 "
        "libxcb-render-util0 libxcb-render0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 "
        "libxcb-xfixes0 libxcb-xkb1 libxcb1 libxcomposite1 "
        "libxcursor1 libxdamage1 libxdmcp6 libxext6 libxfixes3 libxi6 libxinerama1 "
        "libxkbcommon-x11-0 libxkbcommon0 libxrandr2 libxrender1 libxft2 libxss1 libcom-err2 "
        "libgssapi-krb5-2 libk5crypto3 libkrb5-3 libkrb5support0"
    ),
    "Apache-2.0": "libssl3",
    "bzip2 (BSD)": "libbz2-1.0",
    "FTL (BSD) OR GPL-2.0-or-later": "libfreetype6",
    "IJG AND BSD-3-Clause": "libjpeg62-turbo",
    "public domain": "libselinux1 libsqlite3-0 liblzma5",
    "Zlib": "zlib1g libpng16-16",
    "TCL (BSD)": "libtcl8.6 libtk8.6",
    "PSF-2.0": ("libpython3.11 libpython3.11-stdlib libpython3.11-minimal "),
    "GPL-3.0-or-later": "libreadline8 libgdbm6 libgdbm-compat4",
}
LICENCES = {package: words for words, packages in READ.items() for package in packages.split()}


def collect(sources: Iterable[Path], ours: Iterable[Path]) -> list[Licence]:
    """What comes from the system, one for each package; `ours` are folders whose licences are told elsewhere.

    Files that no package has are told by their own name, and nobody has looked at those.
    """
    folders = tuple(folder.resolve() for folder in ours)
    python = Path(sys.base_prefix).resolve()
    found: dict[str, Licence] = {}
    for source in sorted({path.resolve() for path in sources}):
        if source.is_relative_to(python) and package_of(source) is None:
            found["Python"] = _python()
        elif not any(source.is_relative_to(folder) for folder in folders):
            name = package_of(source) or source.name
            found[name] = licence_of(name)
    return list(found.values())


def licence_of(package: str) -> Licence:
    """As it was read; without words where nobody has."""
    words = LICENCES.get(package.removesuffix("t64"), "")
    papers = DOCUMENTS / package / "copyright"
    return Licence(package, "of the system", words, (papers,) if papers.is_file() else ())


def package_of(path: Path) -> str | None:
    """The Debian package that has this file; None where there is none, or no dpkg."""
    if shutil.which("dpkg") is None:
        return None
    # dpkg may know a file by its place before /lib became a link to /usr/lib.
    for place in (path, Path(os.sep, *path.parts[2:])) if path.parts[1:2] == ("usr",) else (path,):
        told = subprocess.run(["dpkg", "-S", str(place)], capture_output=True, text=True, check=False)
        if told.returncode == 0:
            return told.stdout.split(":")[0]
    return None


def _python() -> Licence:
    texts = tuple(Path(os.__file__).parent.glob("LICENSE*"))
    return Licence("Python", ".".join(map(str, sys.version_info[:3])), "PSF-2.0", texts)
