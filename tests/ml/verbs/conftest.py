"""What the commands are tried on: a slide file, a small study of real pictures; and how they are called."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml import __main__ as command_line
from tests.ml.verbs.small_study import write_study

Said = tuple[int, list[dict[str, Any]], str]
"""Exit code, what standard output says as JSON lines, standard error."""


@pytest.fixture
def as_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs `parfocal-ml … --json` in this process, as a program calls it."""

    def run(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["parfocal-ml", *map(str, words), "--json"])
        with pytest.raises(SystemExit) as caught:
            command_line.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return int(caught.value.code or 0), [json.loads(line) for line in said.out.splitlines()], said.err

    return run


@pytest.fixture
def small_study(real_data: Path, tmp_path: Path) -> Path:
    """The recipe of a small study of real pictures; its data lie in the same folder."""
    return write_study(real_data, tmp_path / "study")


@pytest.fixture(scope="session")
def tissue_slide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pyramidal TIFF, 1536 × 1280 at 0.5 µm/px: scikit-image's ihc picture, and glass around it."""
    import tifffile
    from skimage.data import immunohistochemistry

    picture = immunohistochemistry()
    glass = np.full((1280, 1536, 3), 244, dtype=np.uint8)
    glass[100 : 100 + 1024, 200 : 200 + 1024] = np.tile(picture, (2, 2, 1))
    path = tmp_path_factory.mktemp("slides") / "tissue.tif"
    with tifffile.TiffWriter(path) as file:
        for step in (1, 4):
            level = np.ascontiguousarray(glass[::step, ::step])
            file.write(
                level,
                tile=(256, 256),
                photometric="rgb",
                resolution=(20000 / step, 20000 / step),  # px a cm: 0.5 µm/px
                resolutionunit="CENTIMETER",
                subfiletype=int(step > 1),
            )
    return path
