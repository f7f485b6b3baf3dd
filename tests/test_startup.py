"""The window must stand before torch is thought of: a fresh interpreter shows what an import loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "torch",
    "torchvision",
    "timm",
    "pytorch_grad_cam",
    "skimage",
    "scipy",
    "sklearn",
    "matplotlib",
    "cv2",
    "pyqtgraph",
    "reportlab",
    "pydicom",
    "sqlalchemy",
    "alembic",
    "psycopg",
}


@pytest.mark.parametrize("module", ["viewer.app", "viewer.__main__", "ml.verbs.analyze"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(run.stdout.split())
