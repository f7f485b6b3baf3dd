"""What step 5 tells of the time of a training, and what that training took: three kinds (PARFOCAL_DATA).

Both run as the window runs them, `parfocal-ml rehearse` and `parfocal-ml train`; once with the computer as it
is, once (argument `busy`) beside as many processes that work without end as there are processors.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

RETINA = ("diabetic_retinopathy", "glaucoma", "normal")
TISSUE = ("colon_aca", "colon_n", "lung_aca", "lung_n", "lung_scc")


def main() -> int:
    """A line a kind, as the page has it."""
    data = os.environ.get("PARFOCAL_DATA")
    if not data:
        print("PARFOCAL_DATA is not set: the pictures are not here")
        return 0
    others = (os.cpu_count() or 1) if "busy" in sys.argv[1:] else 0
    print(f"{os.cpu_count()} processors, {others} processes beside it, load {os.getloadavg()[0]:.1f}")
    print("| training | told, s | as busy, s | measuring, s | taken, s | half way told in all, s |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name, busy(others):
        for kind, recipe, root in recipes(Path(data), Path(name)):
            print(f"| {kind} | {told_and_taken(recipe, root, Path(name) / kind)} |", flush=True)
    return 0


def recipes(data: Path, folder: Path) -> Iterator[tuple[str, Any, Path]]:
    """What the wizard makes of each kind, of fewer pictures so that it takes minutes."""
    from ml.train.scan_plan import Scans
    from ml.train.study_recipe import Source, StudyRecipe, Task
    from viewer.wizard.starts import begun, recipe_named
    from viewer.wizard.ways import with_way

    plan = begun("patches")
    frozen = StudyRecipe(
        "frozen", "Frozen", "1", Task(TISSUE), plan.network, plan.fit, division=plan.division
    )
    source = Source("tissue", "patches/lung_colon", group="group", most=900)
    yield "900 patches, the last layer", replace(frozen, sources=(source,)), data
    plan = with_way(begun("pictures"), "all")
    whole = StudyRecipe("whole", "Whole", "1", Task(RETINA), plan.network, plan.fit, vary=plan.vary)
    source = Source("retina", "retina", group="patient", most=180)
    division = replace(plan.division, folds=3, duplicates="warn")
    yield "180 photographs, the whole network", replace(whole, sources=(source,), division=division), data
    from tests.cohorts.hemorrhage import write_cohort

    write_cohort(folder / "hemorrhage", 30, 11)
    ct = recipe_named("hemorrhage")
    scans = Scans("hemorrhage", "hemorrhage", any_class="any")
    fit, division = replace(ct.fit, epochs=3), replace(ct.division, folds=3)
    yield "CT slices of 30 patients", replace(ct, scans=(scans,), fit=fit, division=division), folder


def told_and_taken(recipe: Any, root: Path, out: Path) -> str:
    """The columns of one kind."""
    from ml.train.duration import Rates, parts_of
    from ml.train.pace import Pace
    from ml.train.toml_text import toml_of

    out.mkdir()
    (out / "recipe.toml").write_text(toml_of(recipe), encoding="utf-8")
    words = [str(out / "recipe.toml"), "--data", str(root), "--out"]
    events, measuring = run(["rehearse", *words, str(out / "rehearsal")])
    told = events[-1]
    events, taken = run(["train", *words, str(out / "out")])
    pace = Pace(parts_of(recipe, int(told["pictures"]), Rates.of(told)))
    halfway = float("nan")
    for event in events:
        if event["event"] != "step" or event["elapsed"] > taken / 2:
            continue
        pace.hear(event["phase"], event["done"] / event["total"] if event["total"] else 0.0, event["elapsed"])
        halfway = event["elapsed"] + (pace.seconds_left or 0.0)
    span = f"{told['low']:.0f} to {told['high']:.0f}"
    return f"{span} | {told['busy']:.2f} | {measuring:.0f} | {taken:.0f} | {halfway:.0f}"


def run(words: Sequence[str]) -> tuple[list[dict[str, Any]], float]:
    """All that a command tells, and how long it took."""
    from viewer.work.child import command_line

    began = time.monotonic()
    done = subprocess.run([*command_line(), *words, "--json"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(
            f"{words[0]} ended with {done.returncode}: {done.stdout[-500:]} {done.stderr[-2000:]}"
        )
    return [json.loads(line) for line in done.stdout.splitlines()], time.monotonic() - began


@contextlib.contextmanager
def busy(processes: int) -> Iterator[None]:
    """Others that work meanwhile."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


if __name__ == "__main__":
    sys.exit(main())
