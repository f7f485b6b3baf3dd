"""What a bundle is made of, without making one."""

from __future__ import annotations

import configparser
import ctypes
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from email.message import Message
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "packaging"))
from bundle import contents, cpu_torch, licences, linux, system_libraries, weight  # noqa: E402

ID = linux.ID


def _licence(words: str, name: str = "somebody") -> licences.Licence:
    return licences.Licence(name, "1", words, ())


@pytest.mark.parametrize(
    "words",
    [
        "MIT",
        "BSD-3-Clause",
        "Apache-2.0",
        "GNU Lesser General Public License v3 (LGPLv3)",
        "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only",
        "MPL-2.0",
        "Python Software Foundation License",
        "(MIT OR GPL-2.0-only) AND BSD-3-Clause",
        "GPL-3.0-or-later WITH GCC-exception-3.1",
    ],
)
def test_licences_that_allow_shipping(words: str) -> None:
    assert not _licence(words).trouble


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("GPL-3.0-only", "forbids"),
        ("GNU General Public License v2 (GPLv2)", "forbids"),
        ("GNU Affero General Public License v3", "forbids"),
        ("AGPL-3.0", "forbids"),
        ("CC-BY-NC-4.0", "forbids"),
        ("Apache Software License AND GNU General Public License v2 (GPLv2)", "forbids"),
        ("GPL-2.0-or-later AND MIT", "forbids"),
        ("(MIT OR BSD-3-Clause) AND GPL-3.0-only", "forbids"),
        ("GPL-3.0-or-later", "forbids"),
        ("MIT AND Somebody-1.0", "nobody has looked"),
        ("", "nobody has looked"),
        ("UNKNOWN", "nobody has looked"),
    ],
)
def test_licences_that_stop_the_build(words: str, told: str) -> None:
    assert told in _licence(words).trouble


def test_everything_that_the_window_needs_may_be_shipped() -> None:
    """Of the locked list of the base install: what is installed here of it."""
    text = (ROOT / "packaging/requirements.txt").read_text(encoding="utf-8")
    names = sorted(set(re.findall(r"(?m)^([A-Za-z0-9._-]+)==", text)))
    found = []
    for name in names:
        try:
            found.append(licences.licence_of(importlib.metadata.distribution(name)))
        except importlib.metadata.PackageNotFoundError:  # another system's
            continue
    assert len(found) > 60
    assert not [one.trouble for one in found if one.trouble]


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="asks dpkg")
def test_libraries_of_the_system_have_a_licence_too(tmp_path: Path) -> None:
    unknown = tmp_path / "libfrom_somewhere.so.1"
    unknown.write_bytes(b"")
    own = tmp_path / "environment" / "numpy.so"
    own.parent.mkdir()
    own.write_bytes(b"")
    system = [next(Path("/lib").glob(f"*/{name}")) for name in ("libgcc_s.so.1", "libz.so.1")]
    found = system_libraries.collect([unknown, own, *system], [own.parent])
    troubles = {one.name: one.trouble for one in found}
    assert troubles.keys() == {unknown.name, "libgcc-s1", "zlib1g"}
    assert not troubles["libgcc-s1"]
    assert not troubles["zlib1g"]
    assert "nobody has looked" in troubles[unknown.name]
    assert all(one.texts for one in found if one.name != unknown.name)


def test_what_a_python_prompt_brings_may_not_be_shipped_and_is_left_out() -> None:
    assert "forbids" in system_libraries.licence_of("libreadline8").trouble
    assert "readline" in contents.NEVER
    troubled = {name for name in system_libraries.LICENCES if system_libraries.licence_of(name).trouble}
    assert troubled == {"libreadline8", "libgdbm6", "libgdbm-compat4"}


def test_a_licence_is_read_from_the_most_exact_place() -> None:
    class Fake(importlib.metadata.Distribution):
        def __init__(self, fields: list[tuple[str, str]]) -> None:
            self._told = Message()
            for key, value in [("Name", "x"), ("Version", "1"), *fields]:
                self._told[key] = value

        metadata = property(lambda self: self._told)  # type: ignore[assignment]

        def read_text(self, filename: str) -> str | None:
            return None

        def locate_file(self, path: object) -> Path:
            return Path(str(path))

    old = ("Classifier", "License :: OSI Approved :: MIT License")
    assert licences.licence_of(Fake([("License-Expression", "BSD-2-Clause"), old])).words == "BSD-2-Clause"
    assert licences.licence_of(Fake([old, ("License", "see file")])).words == "MIT License"
    assert licences.licence_of(Fake([("License", "ISC\nand a page of text")])).words == "ISC"


def test_what_is_named_exists() -> None:
    """A package that was renamed would only be missed by the person who starts the bundle."""
    missing = [name for name in (*contents.WHOLE, *contents.NAMED, *contents.DATA) if not _there(name)]
    assert not missing
    for name in contents.METADATA:
        importlib.metadata.version(name)


def _there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def test_what_the_program_tells_of_has_its_metadata_along() -> None:
    from ml import about

    told = {name.lower() for name in about._TOLD}
    assert told <= {name.lower() for name in contents.METADATA}


def test_the_desktop_entry_starts_the_program_and_knows_its_files() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(ROOT / f"packaging/linux/{ID}.desktop", encoding="utf-8")
    facts = entry["Desktop Entry"]
    assert (facts["Exec"], facts["Icon"], facts["Type"]) == ("parfocal %F", ID, "Application")
    kinds = {kind for kind in facts["MimeType"].split(";") if kind}
    tree = ElementTree.parse(ROOT / f"packaging/linux/{ID}.mime.xml")
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    declared = {node.get("type") for node in tree.iter(f"{space}mime-type")}
    assert declared <= kinds, "each kind of file that is declared is also offered"


def test_the_metadata_names_the_version_and_the_desktop_entry() -> None:
    tree = ElementTree.parse(ROOT / f"packaging/linux/{ID}.metainfo.xml")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert tree.find("releases/release").get("version") == project["version"]
    assert tree.findtext("launchable") == f"{ID}.desktop"
    assert tree.findtext("id") == ID


def test_the_same_system_packages_as_the_source_install_asks_for() -> None:
    script = (ROOT / "packaging/install.sh").read_text(encoding="utf-8")
    asked = set(re.findall(r"(?m)^(?:libraries=')?lib\S+\.so\.\d+ (\S+?)'?$", script))
    depends = {one for line in linux.DEPENDS for one in line.split(" | ")}
    assert len(asked) > 12
    assert asked <= depends


def test_the_weight_is_told_by_part(tmp_path: Path) -> None:
    for name, size in (("_internal/torch/lib/a.so", 3_000_000), ("_internal/numpy.libs/b.so", 1_000_000)):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(bytes(size))
    (tmp_path / "parfocal").write_bytes(bytes(500_000))
    (tmp_path / "parfocal-ml").symlink_to("parfocal")
    (tmp_path / "_internal/COMMIT").write_bytes(bytes(7))
    parts = weight.weigh(tmp_path)
    assert parts == {"torch": 3_000_000, "numpy": 1_000_000, "programs": 500_000, "single files": 7}
    assert weight.told(tmp_path)[0].endswith(": 5 MB")


@pytest.mark.skipif(shutil.which("gcc") is None or sys.platform != "linux", reason="needs gcc on Linux")
def test_a_stand_in_library_has_the_symbols_and_does_nothing(tmp_path: Path) -> None:
    chosen = {
        "_Z9is_it_onv": cpu_torch.Symbol("FUNC", 10, ""),
        "_ZTI5Thing": cpu_torch.Symbol("OBJECT", 24, ""),
        "a_table": cpu_torch.Symbol("OBJECT", 64, ""),
    }
    source, made = tmp_path / "a.s", tmp_path / "a.so"
    source.write_text(cpu_torch.assembly(chosen), encoding="ascii")
    subprocess.run(["gcc", "-shared", "-nostdlib", "-o", made, source, "-lstdc++"], check=True)
    _, offered = cpu_torch.symbols(made)
    assert chosen.keys() <= offered.keys()
    assert (offered["a_table"].size, offered["_ZTI5Thing"].size) == (64, 24)
    library = ctypes.CDLL(str(made))
    assert library._Z9is_it_onv() == 0
    assert bytes((ctypes.c_char * 64).in_dll(library, "a_table")) == bytes(64)
