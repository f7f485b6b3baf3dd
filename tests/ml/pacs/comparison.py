"""What tests of archives share: a series that is there, and files that are the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pydicom

from ml.pacs.pacs import Pacs, RemoteSeries


def remote(pacs: Pacs, slices: Sequence[Path]) -> RemoteSeries:
    """The series in the archive, sent there if need be."""
    header = pydicom.dcmread(slices[0], stop_before_pixels=True)
    found = [one for one in pacs.find_series(header.StudyInstanceUID) if one.uid == header.SeriesInstanceUID]
    if not found or found[0].images < len(slices):
        assert pacs.send(slices).stored == len(slices)
        found = [
            one for one in pacs.find_series(header.StudyInstanceUID) if one.uid == header.SeriesInstanceUID
        ]
    return found[0]


def same(folder: Path, originals: Sequence[Path]) -> None:
    """Every file is there, with all elements and pixels as they were, and nothing besides."""
    names = set()
    for path in originals:
        wanted = pydicom.dcmread(path)
        name = f"{wanted.SOPInstanceUID}.dcm"
        names.add(name)
        found = pydicom.dcmread(folder / name)
        assert found == wanted
        assert found.file_meta.TransferSyntaxUID == wanted.file_meta.TransferSyntaxUID
    assert {path.name for path in folder.iterdir()} == names
