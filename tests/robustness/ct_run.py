"""Damaged CT files through `ml.volume`, each in a child process that is watched and beside a sound file.

    python -m tests.robustness.ct_run [VARIANTS]   1,000 where nothing is said; real files with PARFOCAL_DATA

Over what `tests.robustness.run` finds, a value or a place that is shown and differs from what pydicom or GDCM
reads in the same file is a finding, and so is a file that is neither shown nor named.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from tests.ml.volume.compressed import LOSSLESS, PLAIN, save, written
from tests.robustness.run import Finding, run, wishes

_CHILD = "tests.robustness.ct_child"


def small_sources(folder: Path) -> list[Path]:
    """A slice of 48 × 40 px in each transfer syntax, written anew: bone in tissue in air, with noise."""
    rows, columns = np.mgrid[:48, :40]
    radius = np.hypot(rows - 24, columns - 20)
    head = np.where(radius < 16, 1064, 24) + 1000 * (np.abs(radius - 15) < 2)
    noise = np.random.default_rng(5).integers(-20, 20, head.shape)
    stored = (head + noise).astype(np.int16)
    facts = {"RescaleType": "HU", "WindowCenter": "40", "WindowWidth": "80", "SliceThickness": "5"}
    return [
        save(folder / f"s{syntax[18:]}.dcm", written(stored, syntax, **facts))
        for syntax in (*PLAIN, *LOSSLESS)
    ]


def real_sources(data: Path) -> list[Path]:
    """Real CT in every transfer syntax, and one slice of a series."""
    folder = data / "ct"
    odd = ("693_J2KR.dcm", "693_UNCR.dcm", "bad_sequence.dcm", "eCT_Supplemental.dcm", "explicit_VR-UN.dcm")
    found = [folder / "odd_and_compressed" / name for name in odd]
    found += sorted((folder / "transfer_syntaxes").glob("CT*"))
    return [*found, folder / "cranium_series" / "IM0054.dcm"]


def run_ct(paths: list[Path], count: int) -> tuple[list[Finding], Counter[str]]:
    """Variants spread evenly over the files."""
    return run(wishes(paths, count), _CHILD)


def main() -> None:
    """Run and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    data = os.environ.get("PARFOCAL_DATA")
    with tempfile.TemporaryDirectory() as scratch:
        paths = small_sources(Path(scratch)) + (real_sources(Path(data)) if data else [])
        findings, outcomes = run_ct(paths, count)
    print(f"{count} variants of {len(paths)} files: {dict(outcomes)}")
    for finding in findings:
        print(f"{finding.path.name} variant {finding.number}: {finding.what}")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
