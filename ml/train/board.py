"""Curves of a run for TensorBoard."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from ml.errors import Problem
from ml.report.atomic import cannot_write
from ml.train.curve import Curves


class Board:
    """Listens to a run and writes its curves into a folder, one TensorBoard run a network.

    `tensorboard --logdir FOLDER` shows them, also while it runs. Use it in a `with`.
    """

    def __init__(self, folder: Path, text: str = "") -> None:
        """`text` (the recipe) stands beside the curves. Raises `Problem` where the folder cannot be made."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise Problem("TensorBoard is not installed.", 'Install "parfocal[train]".') from error
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder.name, error) from error
        self._folder, self._text = folder, text
        self._kind = SummaryWriter
        self._writers: dict[str, SummaryWriter] = {}
        self._curves = Curves()

    def hear(self, part: object) -> None:
        """An event of the run; other than epochs leave nothing."""
        points = self._curves.points(part)
        if points is None:
            return
        writer = self._writers.get(points.network)
        if writer is None:
            name = points.network.replace(", ", "-").replace(" ", "-")
            writer = self._writers[points.network] = self._kind(str(self._folder / name))
            if self._text:
                writer.add_text("recipe", f"```\n{self._text}\n```")
        for name, value in points.values.items():
            writer.add_scalar(name, value, points.epoch)
        writer.flush()

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            writer.close()
