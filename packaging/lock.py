"""Renew the hash-locked requirements from the ranges in pyproject.toml (`make lock`).

`requirements.txt` is what the window and inference need, `requirements-dev.txt` adds tests and training with
the same versions of what they share, `requirements-bundle.txt` is for `make bundle` beside those. All
hold for every platform and Python 3.11+, and name no package index: pip takes the one it is set up for.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMON = [
    "pip",
    "compile",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
]


def main() -> None:
    """Resolve with uv, in an environment of its own that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
        inputs = ["pyproject.toml", "packaging/build.in"]
        extras = [word for name in ("cluster", "dev", "parquet", "train") for word in ("--extra", name)]
        # The longer list first: what training allows is narrower than what the window does.
        dev = [*extras, *inputs, "-o", "packaging/requirements-dev.txt"]
        base = ["-c", "packaging/requirements-dev.txt", *inputs, "-o", "packaging/requirements.txt"]
        tools = ["-c", "packaging/requirements-dev.txt", "packaging/bundle.in"]
        tools += ["-o", "packaging/requirements-bundle.txt"]
        for arguments in (dev, base, tools):
            upgrade = ["--upgrade"] if "--upgrade" in sys.argv else []
            uv = [python, "-m", "uv", *COMMON, *upgrade, *arguments]
            subprocess.run(uv, check=True, cwd=HERE.parent, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
