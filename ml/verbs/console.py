"""What a command tells while it works: lines for a person on stderr, or JSON lines on stdout."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Protocol, TextIO

from ml.errors import Problem
from ml.progress import Cancelled, Progress, Step, is_first
from ml.results.analysis import Analysis
from ml.results.cam import CamMap, CamPart
from ml.results.ct_analysis import CtCam
from ml.results.ct_scores import CtPart, CtPlanned
from ml.results.scores import Planned, ScorePart
from ml.results.slide_answer import SlideAnswer

DONE, UNSOUND, REFUSED, STOPPED = 0, 1, 2, 130
"""Exit codes: all there; looked through and found wanting (`dataset`); a problem that a person can mend;
stopped by Ctrl-C (128 + the signal's number)."""

_BREATH = 0.1  # seconds between JSON lines of the same phase
_PAUSE = 2.0  # seconds between lines of the same phase where the output is not a terminal


class Teller(Protocol):
    """Whoever listens to a run and tells it on."""

    def step(self, step: Step) -> None:
        """Where the work stands."""

    def part(self, part: object) -> None:
        """A piece of the result."""

    def end(self, event: str, facts: Mapping[str, object]) -> None:
        """How it ended: "done" or "stopped", and what there is now."""

    def failed(self, problem: Problem) -> None:
        """That it failed, and what a person can do about it."""


class Told(Protocol):
    """A part that says itself what it is: an epoch, a trial of a search."""

    event: str  # its name among JSON lines; everything else in it are its facts

    def in_words(self) -> str:
        """One line for a person."""


class PersonTeller:
    """One line that renews itself on a terminal; elsewhere a line now and then. Everything goes to stderr."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._told = ("", 0.0)  # phase, when
        self._open_line = False

    def step(self, step: Step) -> None:
        """The line of a phase, and notes on lines of their own."""
        if step.note:
            self._line(step.note)
        phase, when = self._told
        now = time.monotonic()
        finished = bool(step.total) and step.done == step.total
        if self._terminal:
            self._stream.write(f"\r\x1b[K{in_words(step)}")
            self._stream.flush()
            self._open_line = True
        elif step.phase != phase or finished or now - when > _PAUSE:
            self._line(in_words(step))
            self._told = (step.phase, now)

    def part(self, part: object) -> None:
        """The plan is worth a line (how much is skipped as background), and whatever has words of its own."""
        if isinstance(part, Planned):
            skipped = f", {part.grid.skipped_share:.0%} of the region is background and skipped"
            self._line(f"{part.grid.count} patches{skipped if part.grid.skipped_share > 0 else ''}")
        elif hasattr(part, "in_words"):
            self._line(part.in_words())

    def end(self, event: str, facts: Mapping[str, object]) -> None:
        """What there is now, one fact a line."""
        self._line("Stopped; what was finished is kept." if event == "stopped" else "Done.")
        for name, value in facts.items():
            text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
            self._line(f"  {name}: {text}")

    def failed(self, problem: Problem) -> None:
        """What happened, and on the next line what to try."""
        self._line(problem.what)
        if problem.remedy:
            self._line(problem.remedy)

    def _line(self, text: str) -> None:
        self._stream.write(("\r\x1b[K" if self._open_line else "") + text + "\n")
        self._stream.flush()
        self._open_line = False


class JsonTeller:
    """Every event as one JSON object a line; scores with their numbers, Grad-CAM maps by their count."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._told = ("", 0.0)  # phase, when
        self._began = time.monotonic()

    def step(self, step: Step) -> None:
        """`{"event": "step", …}`; of one phase not more than some ten a second. `elapsed`: s of the run."""
        phase, when = self._told
        now = time.monotonic()
        if step.phase == phase and now - when < _BREATH and not step.note and step.done != step.total:
            return
        self._told = (step.phase, now)
        left = step.seconds_left
        rate = {"rate": round(step.rate, 3), "seconds_left": None if left is None else round(left, 1)}
        where = {"phase": step.phase, "done": step.done, "total": step.total}
        self._write("step", **where, note=step.note, **rate, elapsed=round(now - self._began, 2))

    def part(self, part: object) -> None:
        """`planned`, `scores`, `cam_started`, `cam`; `epoch`, `trial` and whatever else names its event."""
        if isinstance(part, Planned):
            grid = part.grid
            self._write(
                "planned",
                classes=list(part.class_names),
                origin=[grid.origin.x, grid.origin.y],
                patch=[grid.patch.width, grid.patch.height],
                rows=grid.rows,
                columns=grid.columns,
                patches=grid.count,
                skipped_share=round(grid.skipped_share, 4),
            )
        elif isinstance(part, ScorePart):
            values = [[round(float(v), 6) for v in row] for row in part.values]
            self._write("scores", rows=part.rows.tolist(), columns=part.columns.tolist(), values=values)
        elif isinstance(part, CamMap):
            self._write("cam_started", class_index=part.class_index, cells=part.cells)
        elif isinstance(part, CamPart):
            self._write("cam", patches=len(part.rows))
        elif (event := getattr(part, "event", "")) and dataclasses.is_dataclass(part):
            self._write(event, **{item.name: getattr(part, item.name) for item in dataclasses.fields(part)})
        else:
            self._ct_part(part)

    def _ct_part(self, part: object) -> None:
        """The same of a CT series: `planned`, `scores`, `cam`; slices from 1."""
        if isinstance(part, CtPlanned):
            self._write("planned", classes=list(part.class_names), slices=len(part.slices), of=part.count)
        elif isinstance(part, CtPart):
            values = [[round(float(v), 6) for v in row] for row in part.values]
            self._write("scores", slices=[int(n) + 1 for n in part.slices], values=values)
        elif isinstance(part, CtCam):
            self._write("cam", slice=part.slice_number + 1, class_index=part.class_index)

    def end(self, event: str, facts: Mapping[str, object]) -> None:
        """`done` or `stopped`, with the facts."""
        self._write(event, **facts)

    def failed(self, problem: Problem) -> None:
        """`failed`, with what happened, what to try and the facts behind it."""
        facts = {name: str(value) for name, value in problem.facts.items()}
        self._write("failed", what=problem.what, remedy=problem.remedy, facts=facts)

    def _write(self, event: str, **facts: object) -> None:
        line = json.dumps(_finite({"event": event, **facts}), ensure_ascii=False, default=str)
        self._stream.write(line + "\n")
        self._stream.flush()


def _finite(value: object) -> object:
    """Dataclasses laid open; numbers that JSON does not have (NaN, infinity) become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _finite(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def run_told(run: Callable[[Progress], Mapping[str, object]], *, as_json: bool) -> int:
    """Run a verb, tell how it goes and how it ended; the exit code. `run` returns the facts of the end.

    A fact `sound` that is false makes the exit code `UNSOUND`, a fact `complete` that is false `STOPPED`.
    """
    teller: Teller = JsonTeller() if as_json else PersonTeller()
    if not is_first():  # of several processes of a training only one speaks
        teller = PersonTeller(io.StringIO())
    progress = Progress(teller.step, teller.part)
    try:
        with stopping(progress):
            facts = run(progress)
    except Problem as problem:
        teller.failed(problem)
        return REFUSED
    except Cancelled:
        teller.end("stopped", {})
        return STOPPED
    if not facts.get("complete", True):
        teller.end("stopped", facts)
        return STOPPED
    teller.end("done", facts)
    return DONE if facts.get("sound", True) else UNSOUND


def in_words(step: Step) -> str:
    """A step for a person: "Scoring patches 120 of 1003, 45.0 a second, 20 s left"."""
    text = step.phase
    if step.total:
        text += f" {step.done} of {step.total}"
    if step.done and step.rate:
        text += f", {step.rate:.3g} a second"
    left = step.seconds_left
    if left is not None and step.done < step.total:
        text += f", {left:.0f} s left" if left < 120 else f", {left / 60:.0f} min left"
    return text


@contextmanager
def stopping(progress: Progress) -> Iterator[None]:
    """Within, the first Ctrl-C wishes to stop and keep what is there; the second one breaks off."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def wish(_: int, __: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        progress.stop()

    before = signal.signal(signal.SIGINT, wish)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def outcome(analysis: Analysis) -> dict[str, object]:
    """What a finished or stopped analysis comes to, in a few facts."""
    likeness = analysis.scores.likeness
    return {
        "patches": int(analysis.scores.scored.sum()),
        "of": analysis.scores.grid.count,
        "seconds": round(analysis.provenance.seconds, 2),
        "device": analysis.provenance.device,
        "notes": list(analysis.notes),
        **({} if analysis.slide_answer is None else _of_the_slide(analysis.slide_answer)),
        **({} if likeness is None else likeness.as_facts()),
    }


def _of_the_slide(answer: SlideAnswer) -> dict[str, object]:
    shares = {name: round(p, 4) for name, p in zip(answer.class_names, answer.probabilities, strict=True)}
    return {"slide": answer.likeliest, "slide_probabilities": shares, "slide_in_words": answer.in_words()}
