"""What a run leaves that ended unexpectedly: real processes that end so, without a window."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ml import paths
from ml.crash import Recorder, left_behind, reports
from ml.traces import name_of, native_trace, place_of, trace_of

ROOT = Path(__file__).resolve().parents[2]
SECRET = "DOE_JANE_1950"
NOTED = "r = Recorder(); r.ran('open'); r.ran('analyze'); r.holds({'slides': 2}); "


def ended(code: str) -> int:
    """Run this with a recorder that is imported, in a folder that is named after a patient."""
    run = subprocess.run(
        [sys.executable, "-c", f"import os, signal; from ml.crash import Recorder; {code}"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return run.returncode


def logged() -> str:
    """Every byte in the log folder."""
    return "".join(f.read_text(errors="replace") for f in paths.logs().rglob("*") if f.is_file())


def test_an_abort_leaves_a_report_that_is_told_once() -> None:
    assert ended(f"{NOTED}{SECRET} = '{SECRET}'; os.abort()") == -signal.SIGABRT
    (report,) = left_behind()
    assert report.in_words == "crash"
    assert report.text.startswith("A crash outside Python: Aborted\n")
    assert "Open: slides: 2\nLast commands: open, analyze\n" in report.text
    assert "(another file):1 in <module>" in report.text
    assert SECRET not in logged()
    assert left_behind() == ()
    assert reports() == (report,)
    assert [file.name for file in (paths.logs() / "runs").iterdir()] == []


def test_a_segmentation_fault_and_a_kill_are_told_apart() -> None:
    assert ended(f"{NOTED}import faulthandler; faulthandler._sigsegv()") == -signal.SIGSEGV
    assert ended(f"{NOTED}os.kill(os.getpid(), signal.SIGKILL)") == -signal.SIGKILL
    crashed, killed = sorted(left_behind(), key=lambda report: report.in_words)
    assert "A crash outside Python: Segmentation fault" in crashed.text
    assert killed.in_words == "killed or power cut"
    assert "There is no trace" in killed.text


def test_an_error_that_ends_the_run_is_one_report() -> None:
    assert ended(f"f = lambda: 1 / 0\nwith Recorder() as r:\n    r.ran('open')\n    open('{SECRET}')") == 1
    (report,) = left_behind()
    assert report.text.startswith("An error that nobody caught: FileNotFoundError (ENOENT) (at the start")
    assert "Last commands: open" in report.text
    assert SECRET not in logged()
    assert reports() == (report,)


def test_a_run_that_ends_as_it_should_leaves_nothing() -> None:
    assert ended("\nwith Recorder() as r:\n    r.ran('open')") == 0
    assert left_behind() == ()
    assert reports() == ()


def test_a_run_that_goes_on_is_left_alone() -> None:
    with Recorder() as recorder:
        recorder.ran("open")
        assert left_behind() == ()
        waiting = [
            sys.executable,
            "-c",
            f"import sys; from ml.crash import Recorder; {NOTED}print(flush=True); sys.stdin.read()",
        ]
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        with subprocess.Popen(waiting, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            other.stdout.readline()
            assert left_behind() == ()
            other.kill()
            other.wait()
            assert [report.in_words for report in left_behind()] == ["killed or power cut"]


def test_the_same_error_is_written_once_and_old_reports_go() -> None:
    def fail() -> None:
        raise KeyError(SECRET)

    with Recorder() as recorder:
        for _ in range(3):
            with pytest.raises(KeyError) as caught:
                fail()
            recorder.fault(caught.value)
        assert len(reports()) == 1
        for number in range(40):
            recorder.report("Qt ended the program", (f"place {number}",))
    assert len(reports()) <= 20
    assert SECRET not in logged()


def test_a_full_disk_does_not_end_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    with Recorder() as recorder:
        monkeypatch.setattr(Path, "write_text", full)
        recorder.ran("open")
        recorder.holds({"slides": 1})
        assert recorder.fault(ValueError("x")) is None


def test_a_damaged_note_is_a_report_without_its_words() -> None:
    runs = paths.logs() / "runs"
    runs.mkdir()
    (runs / "99999998-1.run").write_text("{" + SECRET, encoding="utf-8")
    (runs / "99999999-1.run").write_text(
        f'{{"commands": ["/home/{SECRET}", "fit"], "open": {{"{SECRET}/x": 1}}, "started": 1.0}}'
    )
    (runs / "99999999-1.native").write_text(
        f"Fatal Python error: Aborted\n{SECRET}\nFatal Python error: /{SECRET}\n"
    )
    assert len(left_behind()) == 2
    assert SECRET not in logged()
    assert "Last commands: …, fit" in logged()


@pytest.mark.parametrize(
    ("file", "place"),
    [
        (f"/home/{SECRET}/.venv/lib/python3.11/site-packages/torch/nn/x.py", "torch/nn/x.py"),
        (f"C:\\Users\\{SECRET}\\app\\viewer\\canvas\\tiles.py", "viewer/canvas/tiles.py"),
        (f"/home/{SECRET}/python/lib/python3.11/threading.py", "threading.py"),
        (f"/home/{SECRET}/{SECRET}.py", "(another file)"),
        (f"<{SECRET}>", "(another file)"),
        ("<frozen runpy>", "<frozen runpy>"),
    ],
)
def test_source_files_are_named_without_their_folders(file: str, place: str) -> None:
    assert place_of(file) == place


def test_a_trace_holds_types_and_places_of_the_whole_chain() -> None:
    try:
        try:
            raise PermissionError(13, SECRET, SECRET)
        except PermissionError as error:
            raise ExceptionGroup(SECRET, [ValueError(SECRET)]) from error
    except ExceptionGroup as error:
        lines = trace_of(error)
    assert "  raised PermissionError (EACCES)" in lines
    assert lines[-2:] == ("  raised ExceptionGroup", "  raised in the group ValueError")
    assert SECRET not in "".join(lines)
    assert name_of(KeyError(SECRET)) == "KeyError"
    assert native_trace(f'{SECRET}\n  File "/x/ml/paths.py", line 3 in data\n') == (
        "  ml/paths.py:3 in data",
    )
