"""A real head CT to refer to, and dciodvfy where it is installed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ml.export.source import Source, read_source


@pytest.fixture(scope="session")
def slices(real_data: Path) -> tuple[Path, ...]:
    """Twelve neighbouring slices of the real head CT, in the order of their position."""
    import pydicom

    paths = sorted((real_data / "ct" / "cranium_series").glob("*.dcm"))
    places = {p: float(pydicom.dcmread(p, stop_before_pixels=True).ImagePositionPatient[2]) for p in paths}
    return tuple(sorted(paths, key=places.__getitem__)[40:52])


@pytest.fixture
def source(slices: tuple[Path, ...]) -> Iterator[Source]:
    """Their headers. The files are the same afterwards, to the byte."""
    before = [hashlib.sha256(path.read_bytes()).digest() for path in slices]
    yield read_source(slices)
    assert before == [hashlib.sha256(path.read_bytes()).digest() for path in slices]


@pytest.fixture
def sound() -> Callable[[Path], None]:
    """Asserts that dciodvfy, David Clunie's validator, finds no error in a file.

    Called last in a test: where it is not installed, the test skips after everything else was checked.
    """
    program = shutil.which("dciodvfy")

    def check(path: Path) -> None:
        if program is None:
            pytest.skip("dciodvfy is not installed (Debian package dicom3tools)")
        said = subprocess.run([program, "-new", str(path)], capture_output=True, text=True, check=False)
        lines = (said.stdout + said.stderr).splitlines()
        errors = [line for line in lines if line.startswith("Error")]
        assert not errors, "\n".join(errors)

    return check
