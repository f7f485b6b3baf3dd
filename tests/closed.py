"""A folder into which nobody may write, not even root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def closed(folder: Path) -> Iterator[None]:
    """Within the block the folder is read-only: by its mode, for root by a mount of itself.

    Skips where root may not mount.
    """
    if os.geteuid() != 0:
        before = folder.stat().st_mode
        folder.chmod(0o500)
        try:
            yield
        finally:
            folder.chmod(before)
        return
    mount = shutil.which("mount")
    ways = ([mount, "--bind", folder, folder], [mount, "-o", "remount,bind,ro", folder])
    done = [1]
    if mount is not None:
        done = [subprocess.run(way, capture_output=True, check=False).returncode for way in ways]
    try:
        if any(done):
            pytest.skip("root may write anywhere, and may not mount a folder read-only here")
        yield
    finally:
        if done[0] == 0:
            subprocess.run(["umount", "-l", folder], check=True)
