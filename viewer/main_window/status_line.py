"""The line at the bottom: magnification, cursor, running work, device, and what this program is for."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from ml.geometry import Point, Spacing
from ml.progress import Step
from ml.report.words import SPACE, length
from ml.slide.slide import KnownSpacing
from viewer.panels.pieces import GRID
from viewer.panels.quantities import time_left
from viewer.theme.colors import colors
from viewer.work.opening import Opening

_OPENING, _OPENING_MS = "Opening ", 5000


class StatusLine(QStatusBar):
    """Plain words in fixed places, so that nothing jumps while numbers run."""

    stop_wished = Signal()
    goto_wished = Signal()  # magnification or place was clicked
    kept_wished = Signal()  # whether all is saved was clicked

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scale = _Clickable("Click to type a magnification or a place (Ctrl+G)")
        self.cursor_place = _Clickable("Click to type a place (Ctrl+G)")
        self.altered = QLabel()
        self.kept = _Clickable("Whether everything that you did is kept")
        self.kept.setAccessibleName("Saved or not")
        self.device = QLabel()
        self.about: object = None  # what the result that waits is about; None: no file alone
        self._loads = False  # the line of work tells of a load
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._uncover)
        self.work = _WorkLine()
        self.work.stop.clicked.connect(self.stop_wished)
        research = QLabel("Research use only")
        research.setToolTip("Not a medical device: nothing here may decide about a patient.")
        self.scale.setAccessibleName("Magnification and pixel size")
        self.cursor_place.setAccessibleName("Place under the cursor")
        self.altered.setAccessibleName("What is changed about the picture")
        self.altered.setToolTip("See the Image panel. Analyses use the pixels as they were scanned.")
        self.device.setAccessibleName("Computing device")
        widest = "00,000 · 00,000 px · 00.00 mm · 00.00 mm · high 0.00"
        self.cursor_place.setMinimumWidth(self.fontMetrics().horizontalAdvance(widest))
        self.addWidget(self.scale)
        self.addWidget(self.cursor_place)
        self.addPermanentWidget(self.work, 1)  # takes the room that is left
        self.addPermanentWidget(self.altered)  # never hidden by a message
        self.addPermanentWidget(self.kept)
        self.kept.clicked.connect(self.kept_wished)
        for widget in (self.device, research):
            self.addPermanentWidget(widget)
        for label in (self.scale, self.cursor_place):
            label.clicked.connect(self.goto_wished)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(GRID, 0, 2 * GRID, 0)
        self.work.hide()

    def follow_opening(self, opening: Opening) -> None:
        """Say what is being opened, until it is there."""
        opening.started.connect(lambda path: self.showMessage(f"{_OPENING}{path.name} …", _OPENING_MS))
        for ended in (opening.opened, opening.is_ct, opening.failed):
            ended.connect(lambda *_: self._end_opening(opening))

    def showEvent(self, event: QShowEvent) -> None:
        """Qt hides what a message covers only where it is seen already: at the start, it would be over it."""
        super().showEvent(event)
        self._uncover()

    def _uncover(self) -> None:
        if self.currentMessage() and (self.scale.isVisible() or self.cursor_place.isVisible()):
            self.hideOrShow()

    def event(self, event: QEvent) -> bool:
        """Laid out anew, as in another theme, Qt shows again what a message covers: hidden a turn later."""
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest and self.currentMessage():
            self._soon.start()
        return done

    def _end_opening(self, opening: Opening) -> None:
        if not opening.busy and self.currentMessage().startswith(_OPENING):
            self.clearMessage()

    def show_scale(
        self, magnification: float | None, known: KnownSpacing | None, *, slide: bool = True
    ) -> None:
        """ "×20 (0.50 µm/px, from the file)"; says so when the pixel size is not known."""
        self.scale.setText(scale_in_words(magnification, known) if slide else "")

    def show_altered(self, text: str) -> None:
        """That the picture is not as the file has it: nobody shall judge a stain unaware of that."""
        self.altered.setText(text)

    def show_kept(self, words: str, tip: str, *, warn: bool = False) -> None:
        """ "Saved", "Saving …", or in the colour of a loss why it is not."""
        self.kept.setText(words)
        self.kept.setToolTip(tip)
        self.kept.setStyleSheet(f"color: {colors().danger}" if warn else "")

    def show_place(self, point: Point | None, spacing: Spacing | None, value: str = "") -> None:
        """Where the cursor is, and what the shown layer says there."""
        self.cursor_place.setText("" if point is None else place_in_words(point, spacing, value))

    def show_words(self, words: str) -> None:
        """What stands under the cursor, in words."""
        self.cursor_place.setText(words)

    def show_device(self, text: str) -> None:
        """What computes, in a word; the reason is in the Analyze panel and the tool tip."""
        self.device.setText(text.split(":", maxsplit=1)[0])
        self.device.setToolTip(text)

    def show_step(self, step: Step) -> None:
        """How far the running work is."""
        self._loads = False
        self.work.show_step(step)

    def show_loading(self, step: Step | None) -> None:
        """What is kept of a slide comes in, which nobody stops; None: it is over. Running work goes first."""
        if step is not None and (self._loads or not self.work.is_running):
            self._loads = True
            self.work.show_step(step)
            self.work.stop.hide()
        elif step is None and self._loads:
            self._loads = False
            self.work.end("")

    def end_work(self, text: str, of: object = None) -> None:
        """The work is over: its result waits here in one line until the next run. `of`: what it is about."""
        self.about = of
        self.work.end(text)

    def leave(self, opened: object) -> None:
        """This is looked at now: what was found in another file is not said beside it."""
        if self.about is not None and self.about is not opened and not self.work.is_running:
            self.end_work("")


class _Clickable(QLabel):
    """Words that answer to a click."""

    clicked = Signal()

    def __init__(self, tip: str) -> None:
        super().__init__()
        self.setToolTip(tip)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Only where there are words."""
        if event.button() == Qt.MouseButton.LeftButton and self.text():
            self.clicked.emit()


class _OneLine(QLabel):
    """A sentence that gives way: cut with dots where there is no room, whole in its tool tip."""

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shown)
        painter.end()


class _WorkLine(QWidget):
    """Words, a thin bar, and Stop."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = _OneLine()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(120, 6)
        self.bar.setAccessibleName("Progress of the analysis")
        self.stop = QToolButton()
        self.stop.setText("Stop")
        self.stop.setToolTip("Stop the run; what is there is kept (Esc)")
        self.setFixedHeight(self.stop.sizeHint().height())  # so that the line is as high at rest
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 0)
        row.addWidget(self.text, 1)
        for widget in (self.bar, self.stop):
            row.addWidget(widget)

    def show_step(self, step: Step) -> None:
        self.text.setText(step_in_words(step))
        self.bar.setMaximum(step.total)  # 0: not known yet, the bar moves to and fro
        self.bar.setValue(step.done)
        for widget in (self.bar, self.stop):
            widget.show()
        self.show()

    @property
    def is_running(self) -> bool:
        """Whether it tells of work that goes on."""
        return self.isVisible() and self.bar.isVisible()

    def end(self, text: str) -> None:
        self.text.setText(text)
        for widget in (self.bar, self.stop):
            widget.hide()
        self.setVisible(bool(text))


def scale_in_words(magnification: float | None, known: KnownSpacing | None) -> str:
    """ "×20 (0.50 µm/px, from the file)"."""
    if known is None or magnification is None:
        return "Pixel size not known"
    number = f"{magnification:.3g}" if magnification < 100 else f"{magnification:.0f}"
    um = f"{known.spacing.mean:.2f}" if known.spacing.mean >= 0.1 else f"{known.spacing.mean:.3f}"
    source = f"from {known.source}" if known.source.startswith("the ") else known.source
    return f"×{number} ({um}{SPACE}µm/px, {source})"


def place_in_words(point: Point, spacing: Spacing | None, value: str = "") -> str:
    """ "1,204 · 877 px · 601 µm · 438 µm", and a layer's value."""
    parts = [f"{point.x:,.0f} · {point.y:,.0f}{SPACE}px"]
    if spacing is not None:
        parts.append(f"{length(point.x * spacing.x)} · {length(point.y * spacing.y)}")
    return " · ".join([*parts, value] if value else parts)


def step_in_words(step: Step) -> str:
    """ "Scoring patches: 412 of 1,880, 18 /s, 1 min left"."""
    parts = [f"{step.done:,} of {step.total:,}"] if step.total else []
    if step.total and step.rate:
        parts.append(f"{step.rate:.3g}{SPACE}/s")
    if (left := time_left(step.seconds_left)) and step.done < step.total:
        parts.append(left)
    return f"{step.phase}: {', '.join(parts)}" if parts else step.phase
