"""What a command tells a person and a program, and the wish to stop by Ctrl-C."""

from __future__ import annotations

import io
import json
import os
import signal

import numpy as np
import pytest

from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Rect, Size
from ml.patches import PatchGrid
from ml.progress import Progress, Step
from ml.results.cam import CamMap, CamPart
from ml.results.scores import Planned, ScorePart
from ml.verbs.console import JsonTeller, PersonTeller, in_words, stopping

GRID = PatchGrid.over(Shape.rectangle(Rect(0, 0, 40, 20)), Size(100, 100), Size(10, 10), 8)
PART = ScorePart(np.array([0, 1]), np.array([2, 3]), np.float32([[0.25, 0.75], [1, 0]]))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_steps_in_words() -> None:
    assert in_words(Step("Finding tissue", 0, 0)) == "Finding tissue"
    assert in_words(Step("Scoring", 30, 90, 10.0)) == "Scoring 30 of 90, 3 a second, 20 s left"
    assert in_words(Step("Scoring", 1, 1000, 1.0)) == "Scoring 1 of 1000, 1 a second, 17 min left"
    assert in_words(Step("Scoring", 90, 90, 10.0)) == "Scoring 90 of 90, 9 a second"


def test_a_person_reads_lines() -> None:
    out = io.StringIO()
    teller = PersonTeller(out)
    teller.part(Planned(GRID, ("a", "b")))
    for done in (0, 4, 8):
        teller.step(Step("Scoring", done, 8, done / 4, "Halved." if done == 4 else ""))
    teller.end("stopped", {"files": 3})
    lines = out.getvalue().splitlines()
    assert lines == [
        "8 patches",
        "Scoring 0 of 8",
        "Halved.",
        "Scoring 8 of 8, 4 a second",
        "Stopped; what was finished is kept.",
        "  files: 3",
    ]


def test_on_a_terminal_one_line_renews_itself() -> None:
    out = Terminal()
    teller = PersonTeller(out)
    teller.step(Step("Scoring", 1, 8))
    teller.step(Step("Scoring", 2, 8))
    teller.failed(Problem("It broke.", "Mend it."))
    assert out.getvalue().count("\n") == 2
    assert out.getvalue().endswith("\r\x1b[KIt broke.\nMend it.\n")


def test_a_program_reads_one_object_a_line() -> None:
    out = io.StringIO()
    teller = JsonTeller(out)
    teller.part(Planned(GRID, ("a", "b")))
    teller.step(Step("Scoring", 2, 8, 1.0))
    teller.part(PART)
    teller.part(CamMap.empty(GRID, 1, 2))
    teller.part(CamPart(PART.rows, PART.columns, np.zeros((2, 2, 2), np.float32)))
    teller.end("done", {"patches": 8})
    teller.failed(Problem("It µ broke.", "Mend it.", error=ValueError("x")))
    planned, step, scores, cam_started, cam, done, failed = map(json.loads, out.getvalue().splitlines())
    assert planned == {
        "event": "planned",
        "classes": ["a", "b"],
        "origin": [0, 0],
        "patch": [10, 10],
        "rows": 2,
        "columns": 4,
        "patches": 8,
        "skipped_share": 0.0,
    }
    assert (step["done"], step["rate"], step["seconds_left"]) == (2, 2.0, 3.0)
    assert scores == {"event": "scores", "rows": [0, 1], "columns": [2, 3], "values": [[0.25, 0.75], [1, 0]]}
    assert cam_started == {"event": "cam_started", "class_index": 1, "cells": 2}
    assert cam == {"event": "cam", "patches": 2}
    assert done == {"event": "done", "patches": 8}
    assert failed == {
        "event": "failed",
        "what": "It µ broke.",
        "remedy": "Mend it.",
        "facts": {"error": "x"},
    }


def test_the_first_ctrl_c_wishes_and_the_second_breaks_off() -> None:
    before = signal.getsignal(signal.SIGINT)
    progress = Progress()
    with stopping(progress):
        os.kill(os.getpid(), signal.SIGINT)
        assert progress.stop_wished
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
