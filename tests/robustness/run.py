"""Thousands of damaged files through the readers, each in a child process that is watched.

    python -m tests.robustness.run [VARIANTS]     needs PARFOCAL_DATA; 2,400 variants where nothing is said

A hang is more than 10 s, too much memory more than 2 GiB over an idle child, a crash a child that ends by a
signal, a fault anything raised that is not a `Problem`. Exit code 1 where there is any of them.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import psutil

HANG = 10.0  # s
MEMORY = 2 * 2**30  # bytes over the idle child
_BATCH = 60  # variants a child
_PLENTY = 2**50  # bytes
_PATIENCE = 120.0  # s that others may take
_LARGEST = 6 * 2**20  # bytes of a file that is copied so often
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Finding:
    """What became of one variant, where that is not well."""

    path: Path
    number: int
    what: str  # "hang", "memory", "crash -11", or the trace


def sources(data: Path) -> list[Path]:
    """Real files of every container that are small enough, by name."""
    folders = ("slides", "slides/dicom", "cmyk", "ct/odd_and_compressed", "ct/transfer_syntaxes")
    found = [p for folder in folders for p in sorted((data / folder).glob("*")) if p.is_file()]
    return [p for p in found if p.stat().st_size <= _LARGEST and p.suffix not in {".md", ".csv", ".json"}]


def wishes(paths: list[Path], count: int) -> list[tuple[Path, int]]:
    """Variants spread evenly over the files."""
    return [(paths[n % len(paths)], n // len(paths)) for n in range(count)]


def run(
    every: list[tuple[Path, int]], child: str = "tests.robustness.child"
) -> tuple[list[Finding], Counter[str]]:
    """Work through them; a child that is killed is followed by one that goes on after its last file."""
    findings: list[Finding] = []
    outcomes: Counter[str] = Counter()
    at = 0
    while at < len(every):
        batch = every[at : at + _BATCH]
        done = 0
        for index, outcome in _child(batch, child):
            done = index + 1
            known = outcome in {"shown", "refused"}
            outcomes[outcome if known else outcome.splitlines()[-1][:60]] += 1
            if not known:
                findings.append(Finding(*batch[index], outcome))
        at += max(done, 1)
    return findings, outcomes


def _child(batch: list[tuple[Path, int]], module: str) -> Iterator[tuple[int, str]]:
    """Index and outcome of each variant of a batch, until all are done or the child had to be ended."""
    with subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as process:
        yield from _watched(process, batch)


def _watched(process: subprocess.Popen[str], batch: list[tuple[Path, int]]) -> Iterator[tuple[int, str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps([[str(path), number] for path, number in batch]))
    process.stdin.close()
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=_pass_on, args=(process.stdout, lines), daemon=True)
    reader.start()
    current, idle, waited = -1, 0, 0.0
    while True:
        try:
            line = lines.get(timeout=0.25)
        except queue.Empty:
            waited += 0.25
            used = _memory(process.pid)
            over = current >= 0 and used > idle + MEMORY
            if current >= 0 and (waited > HANG or over):
                process.kill()
                process.wait()
                yield current, "memory" if over else "hang"
                return
            continue
        waited = 0.0
        if not line:
            break
        told = json.loads(line)
        if "others" in told:  # from here on it is others that read the file, and take what they like
            idle, waited = _PLENTY, -_PATIENCE
        elif "begin" in told:
            current = told["begin"]
            idle = _memory(process.pid)
        else:
            current = -1
            yield told["end"], told["outcome"]
    process.wait()
    reader.join()
    if process.returncode != 0 and current >= 0:
        yield current, f"crash {process.returncode}"
    elif process.returncode != 0:
        raise RuntimeError(f"a child ended with {process.returncode} before its first file")


def _pass_on(stream: TextIO, lines: queue.SimpleQueue[str]) -> None:
    for line in stream:
        lines.put(line)
    lines.put("")


def _memory(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def main() -> None:
    """Run and print."""
    data = os.environ.get("PARFOCAL_DATA")
    if not data:
        sys.exit("PARFOCAL_DATA is not set: the real slides and scans are not here.")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2400
    paths = sources(Path(data))
    findings, outcomes = run(wishes(paths, count))
    print(f"{count} variants of {len(paths)} files: {dict(outcomes)}")
    for finding in findings:
        print(f"{finding.path.name} variant {finding.number}: {finding.what}")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
