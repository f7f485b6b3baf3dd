"""What a computer of a cluster does: it gets a task, gives back what came of it as files in memory."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml import __version__
from ml.batch.item import Outcome, Task
from ml.errors import Problem
from ml.progress import Progress
from ml.verbs.analyze import AnalyzeRequest, analyze, answered, known_spacing
from ml.verbs.analyze_command import request_from
from ml.verbs.batch_work import bounded, do, words_of, write_slide
from ml.zoo.store import find

if TYPE_CHECKING:
    from ml.results.analysis import Analysis

Packed = Mapping[str, bytes]
"""Files by their path within a folder, with slashes."""

_models: dict[str, Path] = {}  # of this process: where a model that was sent is laid down


@dataclass(frozen=True)
class Sent:
    """A task with what travels along: references into the object store, or nothing."""

    task: Task
    model: Any  # of `Packed`; an empty one for a built-in model
    files: Any | None  # of `Packed`: the slide's


def version() -> str:
    """Of the Parfocal that is installed there."""
    return __version__


def whole(sent: Sent) -> tuple[Outcome, Packed]:
    """Look at one item and write its results. Whatever goes wrong with it is its outcome."""
    with _at_home(sent) as task:
        return _packed_results(do(task, Progress()), task)


def part(sent: Sent, rows: tuple[int, int]) -> Analysis | Outcome:
    """Look at some rows of a slide's grid."""
    with _at_home(sent) as task:
        return bounded(lambda: analyze(replace(request_from(words_of(task)), rows=rows), Progress()))


def together(sent: Sent, *parts: Analysis | Outcome) -> tuple[Outcome, Packed]:
    """Join the parts of a slide, and write its results."""
    from ml.results.joined import joined

    analyses = [part for part in parts if not isinstance(part, Outcome)]
    if len(analyses) < len(parts):
        return next(part for part in parts if isinstance(part, Outcome)), {}
    began = time.perf_counter()
    whole_one = joined(analyses)
    with _at_home(sent) as task:
        request = request_from(words_of(task))
        outcome = bounded(lambda: write_slide(task, request, answered(whole_one, request, Progress()), began))
        seconds = outcome.seconds + whole_one.provenance.seconds
        return _packed_results(replace(outcome, seconds=seconds), task)


def measured(task: Task) -> tuple[int, int, int]:
    """Rows and columns of a slide's grid, and rows of a block that is read at once. Raises `Problem`."""
    from ml.annotation.shapes import Shape
    from ml.results.overlap import overlapping
    from ml.slide.opening import open_slide

    request: AnalyzeRequest = request_from(words_of(task))
    card = find(request.model).card
    if card.reach > 1 or card.preparation is not None:  # means over neighbours, whole pictures: not parted
        return 0, 0, 1
    with open_slide(request.slide) as slide:
        spacing, info = known_spacing(request, slide.info), slide.info
    region = request.region or Shape.rectangle(info.bounds)
    grid = overlapping(region, info.size, card.cell_on(spacing.spacing), card.reach, card.patch_pixels)
    return grid.rows, grid.columns, max(1, BLOCK_PIXELS // card.patch_pixels)


BLOCK_PIXELS = 1024  # as `ml.infer.loader` reads, which would bring torch along; a test holds them equal


def pack_model(name: str) -> Packed:
    """The files of a model that the other computers may not have; nothing for a built-in one."""
    from ml import paths

    bundle = find(name).path
    if bundle.is_relative_to(paths.resources()):
        return {}
    if bundle.is_file():
        return {bundle.name: bundle.read_bytes()}
    files = (file for file in sorted(bundle.rglob("*")) if file.is_file())
    return {f"{bundle.name}/{file.relative_to(bundle).as_posix()}": file.read_bytes() for file in files}


def unpack(packed: Packed, folder: Path) -> None:
    """Write files into a folder. Raises `Problem` for a path that leads out of it."""
    for name, content in packed.items():
        target = (folder / name).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise Problem(f"A file named {name} was sent, which would lie elsewhere.", "Check the cluster.")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


@contextmanager
def _at_home(sent: Sent) -> Iterator[Task]:
    """The task with paths of this computer; what was laid down for it is taken away."""
    import ray

    with tempfile.TemporaryDirectory(prefix="parfocal-") as name:
        here, task = Path(name), sent.task
        item = task.item
        if sent.files is not None:
            packed: Packed = ray.get(sent.files)
            base = here / "files"
            unpack(packed, base / item.path.name if item.path.suffix == "" else base)
            item = replace(item, path=base / item.path.name)
        wanted = replace(task.wanted, model=_model_here(task.wanted.model, ray.get(sent.model)))
        yield Task(item, wanted, here / "results" / item.name)


def _model_here(name: str, packed: Packed) -> str:
    """What to ask for a model by: its own name, or where it was laid down once for this process."""
    if not packed:
        return name
    if name not in _models:
        folder = Path(tempfile.mkdtemp(prefix="parfocal-model-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        unpack(packed, folder)
        _models[name] = folder / next(iter(packed)).split("/", 1)[0]
    return str(_models[name])


def _packed_results(outcome: Outcome, task: Task) -> tuple[Outcome, Packed]:
    if outcome.state != "done":
        return outcome, {}
    files = (file for file in sorted(task.folder.rglob("*")) if file.is_file())
    return outcome, {file.relative_to(task.folder).as_posix(): file.read_bytes() for file in files}
