"""What people install on Linux: a Debian package, and one file that installs itself for one person."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from pathlib import Path

from bundle.links import linked

HERE = Path(__file__).resolve().parent.parent
ID = "org.parfocal.Parfocal"
SIZES = (16, 32, 48, 64, 128, 256)  # px of the icon
# What Qt, fonts and the programs load from the system; names as in packaging/install.sh.
DEPENDS = (
    "fontconfig",
    "fonts-dejavu-core | fonts-noto-core | fonts-freefont-ttf | fonts-liberation",
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libgl1",
    "libglib2.0-0 | libglib2.0-0t64",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
    "libxkbcommon0",
)


def debian_package(bundle: Path, version: str, flavour: str, out: Path) -> Path:
    """Write `parfocal_VERSION_amd64.deb`; the programs in /opt/parfocal. Raises CalledProcessError."""
    stage = out / "deb"
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(bundle, stage / "opt/parfocal", symlinks=True, copy_function=linked)
    _share(stage / "usr/share")
    programs = stage / "usr/bin"
    programs.mkdir(parents=True)
    for name in ("parfocal", "parfocal-ml"):
        (programs / name).symlink_to(f"../../opt/parfocal/{name}")
    _papers(stage / "usr/share/doc/parfocal", bundle)
    control = stage / "DEBIAN"
    control.mkdir()
    size = sum(path.lstat().st_size for path in stage.rglob("*")) // 1024
    (control / "control").write_text(_control(version, flavour, size), encoding="utf-8")
    target = out / f"parfocal_{version}_amd64.deb"
    # zstd unpacks fast; level 10 is within 5 % of xz and takes a third of its time.
    command = ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z10", "--build", str(stage), str(target)]
    subprocess.run(command, check=True)
    shutil.rmtree(stage)
    return target


def self_installing(bundle: Path, version: str, out: Path) -> Path:
    """Write `Parfocal-VERSION-x86_64.run` with makeself: installs into the home folder, without root."""
    stage = out / "run"
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(bundle, stage / "parfocal", symlinks=True, copy_function=linked)
    _share(stage / "share")
    shutil.copy2(HERE / "linux/install-for-me.sh", stage / "install-for-me.sh")
    target = out / f"Parfocal-{version}-x86_64.run"
    options = ["--zstd", "--complevel", "10", "--tar-quietly", "--quiet"]
    subprocess.run(
        ["makeself", *options, str(stage), str(target), f"Parfocal {version}", "./install-for-me.sh"],
        check=True,
    )
    shutil.rmtree(stage)
    return target


def _share(share: Path) -> None:
    """Desktop entry, kinds of files, metadata and icons."""
    for folder, suffix in (
        ("applications", ".desktop"),
        ("mime/packages", ".mime.xml"),
        ("metainfo", ".metainfo.xml"),
    ):
        (share / folder).mkdir(parents=True)
        shutil.copy2(HERE / "linux" / f"{ID}{suffix}", share / folder / f"{ID}{suffix.replace('.mime', '')}")
    drawing = HERE.parent / "resources/parfocal.svg"
    scalable = share / "icons/hicolor/scalable/apps"
    scalable.mkdir(parents=True)
    shutil.copy2(drawing, scalable / f"{ID}.svg")
    for size in SIZES:
        folder = share / f"icons/hicolor/{size}x{size}/apps"
        folder.mkdir(parents=True)
        draw_icon(drawing, size, folder / f"{ID}.png")


def draw_icon(drawing: Path, size: int, target: Path) -> None:
    """The icon as pixels."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(drawing)).render(painter)
    painter.end()
    if not image.save(str(target)):
        raise OSError(f"{target} was not written")


def _papers(folder: Path, bundle: Path) -> None:
    folder.mkdir(parents=True)
    licences = bundle / "LICENCES.txt"
    own = (bundle / "_internal/LICENSE").read_text(encoding="utf-8")
    (folder / "copyright").write_text(
        f"{own}\n\nOther components: /opt/parfocal/{licences.name}\n", encoding="utf-8"
    )
    changes = (HERE.parent / "CHANGELOG.md").read_bytes()
    with gzip.GzipFile(folder / "changelog.gz", "wb", 9, mtime=0) as file:
        file.write(changes)


def _control(version: str, flavour: str, size: int) -> str:
    return f"""Package: parfocal
Version: {version}
Section: science
Priority: optional
Architecture: amd64
Maintainer: The Parfocal founders <parfocal@localhost>
Installed-Size: {size}
Depends: {", ".join(DEPENDS)}
Recommends: xdg-utils
Description: viewer for whole-slide images and CT with local, explained analysis
 Whole-slide images and CT from a local disk, smooth at every magnification;
 analysis of regions with heatmap, Grad-CAM and boxes; annotated reports; and
 training of models from labelled cases. For research only.
 .
 This package runs its networks on the {"processor" if flavour == "cpu" else "processor or an NVIDIA GPU"}.
"""
