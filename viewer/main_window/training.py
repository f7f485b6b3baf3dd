"""Opens the training wizard, and makes its model known to the rest of the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ml.geometry import Rect
from viewer.actions.command import Bound
from viewer.main_window.parts import Parts
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.wizard.desk import Desk
from viewer.wizard.models_window import ModelsWindow
from viewer.wizard.window import WizardWindow
from viewer.work.surveying import Place


class Training(QObject):
    """One wizard at most. It lies over the window and leaves it usable."""

    changed = Signal()
    retrain_wished = Signal(str)  # name of the model to go on from

    def __init__(self, parts: Parts, status: StatusLine, slides: Slides, window: QWidget) -> None:
        super().__init__(window)
        self._slides = slides
        self._place: tuple[Path, Rect | None] | None = None  # where to go as soon as it is open
        self.models: ModelsWindow | None = None
        slides.page_changed.connect(self._go)
        self._parts, self._status, self._window = parts, status, window
        self.wizard: WizardWindow | None = None

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.training` do."""
        return {"train": Bound(self.open), "models": Bound(self.open_models)}

    def open_models(self) -> None:
        """Show the person's models, over whatever asked for them."""
        if self.models is None:
            self.models = ModelsWindow(self._parts.models, self._uses, self.wizard or self._window)
            self.models.removed.connect(
                lambda name: self._status.showMessage(f"“{name}” is deleted.", 15_000)
            )
            self.models.retrain_wished.connect(self.retrain_wished)
            self.models.finished.connect(self._forget_models)
        self.models.show()
        self.models.raise_()
        self.models.activateWindow()

    def open(self) -> None:
        """Show the wizard, at the training and the step that were looked at last."""
        if self.wizard is None:
            desk = Desk()
            desk.library = self._parts.keeping.ask
            self.wizard = WizardWindow(desk, self._window)
            self.wizard.model_made.connect(self._take_model)
            self.wizard.picture_wished.connect(self.show_picture)
            self.wizard.models_wished.connect(self.open_models)
            self.wizard.finished.connect(self._forget)
        self.wizard.show()
        self.wizard.raise_()
        self.wizard.activateWindow()

    def open_at(self, folder: Path) -> None:
        """Show the wizard at this training, which is filled in already."""
        self.open()
        assert self.wizard is not None
        self.wizard.desk.open(folder)

    def show_picture(self, path: Path, place: Place | None) -> None:
        """Open a picture that was learned from, and go to its place on the slide."""
        self._place = (path.absolute(), None if place is None else Rect(*place))
        self._slides.open(path)
        self._go(self._slides.page)
        self._window.raise_()
        self._window.activateWindow()

    def close(self) -> None:
        """Close the wizard; a training goes on without it."""
        if self.models is not None:
            self.models.close()
        if self.wizard is not None:
            self.wizard.close()

    def _go(self, page: SlidePage | None) -> None:
        if page is None or self._place is None or page.opened.info.path != self._place[0]:
            return
        rect, self._place = self._place[1], None
        if rect is not None:
            page.view.show_rect(rect.grown(2 * rect.width))

    def _uses(self, name: str, told: Callable[[tuple[str, ...]], None]) -> None:
        """Which files of the case library were analyzed by a model; none where it cannot be asked."""
        self._parts.keeping.ask(lambda library: library.analyzed_by(name), told, lambda _: told(()))

    def _forget_models(self, _: int = 0) -> None:
        if self.models is not None:
            self.models.deleteLater()
            self.models = None

    def _forget(self, _: int = 0) -> None:
        if self.models is not None:
            self.models.close()  # it lies over the wizard, and goes with it
        if self.wizard is not None:
            self.wizard.desk.deleteLater()
            self.wizard.deleteLater()
            self.wizard = None

    def _take_model(self, name: str) -> None:
        """The new model stands in *Analyze region*, or *Analyze series*, at once, chosen."""
        assert self.wizard is not None
        if self.wizard.desk.plan.kind == "scans":
            self._parts.settings.ct_model = name
        else:
            self._parts.settings.model = name
        self._parts.models.read()
        self._status.showMessage(f"The model “{name}” can be used now.", 15_000)
