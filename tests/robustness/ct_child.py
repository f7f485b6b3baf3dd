"""Opens damaged CT files, each beside a sound one, and compares what is shown with what others read in them.

python -m tests.robustness.ct_child   (the parent's list on standard input, as JSON: [[path, number], …])
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

from ml.volume.opening import open_ct
from ml.volume.series import Found
from ml.volume.slice import CtSlice, Hounsfield
from ml.volume.volume import load
from tests.ml.volume.scans import ct_dataset, write
from tests.robustness.ct_referee import Truth, truth_of
from tests.robustness.mutate import variant

SOUND = "sound.dcm"


def outcome_of(target: Path, source: Path) -> str:
    """What became of a damaged file: "shown" as others read it, "refused" in words, or what is wrong."""
    found = open_ct(target.parent)
    reasons = [left.reason for left in (*found.broken, *found.others) if left.path == target]
    if not _sound_one_opens(found):
        return "the sound file beside it does not open"
    shown, missing = _loaded(found, target)
    reasons += missing
    if any(len(reason) < 20 or not reason.isprintable() for reason in reasons):
        return f"a reason that says nothing: {reasons}"
    if not shown:
        return "refused" if reasons else "lost: neither shown nor named"
    print(json.dumps({"others": True}), flush=True)
    return _wrong(shown, target, source, bool(missing)) or "shown"


def _sound_one_opens(found: Found) -> bool:
    slices = [
        (series, n) for series in found.series for n, s in enumerate(series.slices) if s.path.name == SOUND
    ]
    return len(slices) == 1 and bool(load(slices[0][0]).arrived[slices[0][1]])


def _loaded(found: Found, target: Path) -> tuple[list[tuple[CtSlice, Hounsfield]], list[str]]:
    """The slices of a file with their values, and why others of it cannot be read."""
    shown, missing = [], []
    for series in found.series:
        numbers = [n for n, slice_ in enumerate(series.slices) if slice_.path == target]
        if not numbers:
            continue
        volume = load(series)
        shown += [(series.slices[n], volume.hounsfield(n)) for n in numbers if volume.arrived[n]]
        missing += [volume.missing.get(n, "") for n in numbers if not volume.arrived[n]]
    return shown, missing


def _wrong(shown: list[tuple[CtSlice, Hounsfield]], target: Path, source: Path, is_told: bool) -> str:
    """In which value what is shown differs from what pydicom or GDCM reads; empty where it does not.

    Where neither reads the damaged file, it must still show what the sound one does, unless other slices of
    it have been refused, so that a person knows of the damage.
    """
    truth = truth_of(target)
    if truth is None and not is_told:
        truth = truth_of(source)
        name = "that of the sound file; nobody else reads the damaged one"
        truth = None if truth is None else replace(truth, name=name)
    wrong = [_differs(slice_, values, truth) for slice_, values in shown if truth is not None]
    return next(filter(None, wrong), "")


def _differs(slice_: CtSlice, values: np.ndarray, truth: Truth) -> str:
    expected = truth.frame(slice_.frame)
    if expected is None or expected.shape != values.shape:
        return f"shown with another shape: {values.shape}"
    told = slice_.scaling
    seen = np.ones(values.shape, bool) if told.padding is None else values != -1024
    off = np.abs(values.astype(float) - expected)[seen] > truth.tolerance(expected[seen])
    if off.any() and not told.may_wrap:
        return f"{int(off.sum())} values differ from {truth.name}'s"
    for name, ours, theirs in truth.places(slice_):
        if ours is not None and theirs is not None and not np.allclose(ours, theirs):
            return f"{name} differs: {ours} and {theirs}"
    return ""


def main() -> None:
    """Work through the list on standard input."""
    warnings.simplefilter("ignore")
    wishes = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as scratch:
        sound = ct_dataset(
            np.arange(64, dtype=np.int16).reshape(8, 8), SeriesInstanceUID="1.9.9", PatientID="s"
        )
        write(Path(scratch) / SOUND, sound)
        for index, (path, number) in enumerate(wishes):
            source = Path(path)
            target = Path(scratch) / f"{number}-{source.stem}.dcm"
            target.write_bytes(variant(source.read_bytes(), source.name, number))
            print(json.dumps({"begin": index}), flush=True)
            began = time.monotonic()
            try:
                outcome = outcome_of(target, source)
            except Exception:  # what no reader may let through
                outcome = traceback.format_exc()
            print(json.dumps({"end": index, "outcome": outcome, "s": time.monotonic() - began}), flush=True)
            target.unlink()


if __name__ == "__main__":
    main()
