"""Libraries without their tables for debuggers still load, and those that would not stay as they were."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "packaging"))
from bundle import thinning  # noqa: E402

needs_binutils = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("strip") is None or shutil.which("gcc") is None,
    reason="needs gcc and binutils on Linux",
)


@needs_binutils
def test_a_library_is_smaller_and_does_the_same(tmp_path: Path) -> None:
    source = tmp_path / "a.c"
    source.write_text("static int hidden(int n) { return n * 3; }\nint times(int n) { return hidden(n); }\n")
    made, linked = tmp_path / "in/liba.so.1", tmp_path / "installed.so"
    made.parent.mkdir()
    subprocess.run(["gcc", "-g", "-O0", "-shared", "-fPIC", "-o", made, source], check=True)
    linked.hardlink_to(made)
    before = made.read_bytes()
    saved = thinning.strip(made.parent)
    assert saved == len(before) - made.stat().st_size > 0
    assert ctypes.CDLL(str(made)).times(14) == 42
    assert linked.read_bytes() == before, "the installed library is another file now"
    assert [path.name for path in made.parent.iterdir()] == [made.name]


@needs_binutils
def test_one_that_strip_ruins_stays_as_it_is(tmp_path: Path) -> None:
    """NumPy's OpenBLAS, patched by auditwheel: stripped, the loader refuses it."""
    libraries = Path(np.__file__).parent.parent / "numpy.libs"
    source = next(iter(libraries.glob("libscipy_openblas64_*.so")), None)
    if source is None:
        pytest.skip("this NumPy brings no OpenBLAS of its own")
    made = tmp_path / "in" / source.name
    made.parent.mkdir()
    shutil.copy2(source, made)
    subprocess.run(["strip", "--strip-unneeded", "-o", tmp_path / "ruined.so", made], check=True)
    if thinning.is_sound(tmp_path / "ruined.so"):
        pytest.skip("this strip does not ruin it")
    with pytest.raises(OSError, match=r"page-aligned|ELF"):
        ctypes.CDLL(str(tmp_path / "ruined.so"))
    assert thinning.strip(made.parent) == 0
    assert made.read_bytes() == source.read_bytes()


def test_large_json_says_the_same_in_less(tmp_path: Path) -> None:
    told = {"a": [{"keyword": "Rows", "path": ["é", 1.5]}] * 40_000}
    large, small = tmp_path / "large.json", tmp_path / "small.json"
    large.write_text(json.dumps(told, indent=4), encoding="utf-8")
    small.write_text('{ "a":  1 }', encoding="utf-8")
    before = large.stat().st_size
    assert thinning.compact(tmp_path) == before - large.stat().st_size > 0
    assert json.loads(large.read_text(encoding="utf-8")) == told
    assert small.read_text(encoding="utf-8") == '{ "a":  1 }'
