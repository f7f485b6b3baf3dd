"""Pictures, scans, weights and fonts in a bundle have a licence that somebody has looked at."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import skimage
from pydicom.data import get_testdata_file

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "packaging"))
from bundle import data_licences, licences, unused  # noqa: E402
from bundle.data_licences import Data  # noqa: E402


def _put(folder: Path, name: str, source: Path) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, folder / name)


def test_our_own_data_may_be_shipped(tmp_path: Path) -> None:
    for source in (ROOT / "resources").rglob("*"):
        if source.is_file():
            _put(tmp_path / "bundle", f"resources/{source.relative_to(ROOT / 'resources')}", source)
    lines, troubles = data_licences.collect(tmp_path / "bundle")
    assert troubles == []
    assert any("Lucide" in line for line in lines)
    assert any("lung-colon" in line for line in lines)


def test_what_samples_is_made_of_goes_in_and_may_be_shipped(tmp_path: Path) -> None:
    for name in ("ihc.png", "retina.jpg"):
        assert not unused.is_file(f"skimage/data/{name}")
        _put(tmp_path, f"skimage/data/{name}", Path(skimage.__file__).parent / "data" / name)
    lines, troubles = data_licences.collect(tmp_path)
    assert troubles == []
    assert len(lines) == 2
    assert unused.is_file("skimage/data/astronaut.png")
    assert not unused.is_file("skimage/data/__init__.pyi"), "lazy_loader reads it"
    assert not unused.is_file("skimage/data/README.txt"), "copied when a picture is asked for"


@pytest.mark.parametrize("place", ["pydicom/data/test_files", "resources/icons", "elsewhere"])
def test_a_scan_that_may_not_be_sold_stops_the_build(tmp_path: Path, place: str) -> None:
    """The head CT that was a sample once: its header names the collection."""
    source = get_testdata_file("693_J2KI.dcm", download=False)
    _put(tmp_path, f"{place}/head.dcm", Path(str(source)))
    troubles = data_licences.collect(tmp_path)[1]
    assert f"{place}/head.dcm names “cq500”, which may not be sold" in troubles
    assert unused.is_file("pydicom/data/test_files/693_J2KI.dcm")


def test_data_that_nobody_looked_at_stops_the_build(tmp_path: Path) -> None:
    _put(tmp_path, "somebody/weights.pth", ROOT / "resources/parfocal.svg")
    _put(tmp_path, "somebody/module.py", ROOT / "ml/paths.py")
    assert data_licences.collect(tmp_path)[1] == ["nobody has looked at the licence of somebody/weights.pth"]


@pytest.mark.parametrize("words", ["CC-BY-NC-SA-4.0", "CC-BY-NC-4.0", "GPL-3.0-only"])
def test_a_row_with_a_licence_that_forbids_stops_the_build(tmp_path: Path, words: str) -> None:
    _put(tmp_path, "somebody/a.svg", ROOT / "resources/parfocal.svg")
    troubles = data_licences.collect(tmp_path, [Data("somebody/*", words, "somewhere")])[1]
    assert len(troubles) == 1
    assert "forbids shipping" in troubles[0]


def test_every_row_allows_shipping() -> None:
    for row in data_licences.TABLE:
        assert not licences.Licence(row.pattern, "", row.licence, ()).trouble, row


def test_the_list_that_people_get_names_the_data(tmp_path: Path) -> None:
    (tmp_path / "bundle/_internal").mkdir(parents=True)
    target = tmp_path / "LICENCES.txt"
    licences.collect(tmp_path / "bundle/_internal", target, (), ["a.csv (1 files): CC0-1.0. Mine."])
    assert "a.csv (1 files): CC0-1.0. Mine." in target.read_text(encoding="utf-8")
