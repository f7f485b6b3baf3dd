"""`make bench`: every benchmark in a process of its own, one after the other.

Each prints ratios between things measured in the same run, with their spread; nothing here passes or fails.
Names given on the command line choose some of them: `python -m tests.bench window`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run them all, go on after one that fails, and say so at the end."""
    chosen = sys.argv[1:]
    scripts = sorted(
        p for p in HERE.glob("bench_*.py") if not chosen or p.stem.removeprefix("bench_") in chosen
    )
    failed = []
    for script in scripts:
        print(f"\n== {script.stem.removeprefix('bench_')}", flush=True)
        if subprocess.run([sys.executable, str(script)], cwd=HERE.parent.parent, check=False).returncode:
            failed.append(script.name)
    print(f"\nfailed to run: {', '.join(failed)}" if failed else "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
