"""Heads of CT with tables as the wizard asks for them: a line a slice, a column a finding."""

from __future__ import annotations

from pathlib import Path

from tests.ml.train.test_scan_study import write_heads


def write_with_a_new_one(folder: Path, slices: int) -> Path:
    """Twelve patients with a table in `heads`; of a thirteenth, in `new`, nobody labelled anything."""
    heads = folder / "heads"
    write_heads(heads, patients=13, slices=slices)
    (heads / "p12").rename(folder / "new")
    lines = ["file,left,right"]
    for patient in range(12):
        for number in range(slices):
            left, right = (int(number % 2 and patient % 3 == kind) for kind in (0, 1))
            lines.append(f"p{patient}/ID_{patient:02d}{number}.dcm,{left},{right}")
    (heads / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    return heads


def widen(table: Path) -> None:
    """Turn the table of `write_heads`, a line a finding, into one with a line a slice."""
    truth: dict[str, dict[str, str]] = {}
    for line in table.read_text(encoding="utf-8").splitlines()[1:]:
        name, _, value = line.partition(",")
        identity, _, kind = name.rpartition("_")
        truth.setdefault(identity, {})[kind] = value
    lines = [f"p{int(name[3:5])}/{name}.dcm,{own['left']},{own['right']}" for name, own in truth.items()]
    table.write_text("\n".join(["file,left,right", *lines]), encoding="utf-8")
