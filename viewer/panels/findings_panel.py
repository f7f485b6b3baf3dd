"""What the last analysis found on this slide, and what the person thinks of it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from viewer.panels.box_view import BoxView
from viewer.panels.class_table import ClassLine, ClassView
from viewer.panels.findings_words import (
    found_in_words,
    run_in_words,
    unlike_in_words,
    verdicts_in_words,
)
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, Heading, Notice, Text, column, named, row
from viewer.state.findings import Findings
from viewer.state.opened_slide import OpenedSlide

_TELL_MS = 100  # at most so often while scores stream in


class FindingsPanel(QWidget):
    """One sentence, classes, boxes with verdicts, the comment for the report."""

    jump_wished = Signal(object)  # Box
    accept_wished = Signal(object)  # Box
    reject_wished = Signal(object)  # Box
    annotate_wished = Signal(object)  # Box
    export_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opened: OpenedSlide | None = None
        self._findings: Findings | None = None
        self._links, self._comments = Links(), Links()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_TELL_MS)
        self._soon.timeout.connect(self.tell)
        self.found = Text(parent=self)
        font = self.found.font()
        font.setBold(True)
        self.found.setFont(font)
        self.unlike = Notice(parent=self)
        self.run = Text(quiet=True, parent=self)
        self.classes = ClassView(self)
        self.boxes_heading = Heading("Boxes", self)
        self.verdicts = QLabel(self)
        self.verdicts.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.boxes = BoxView(self)
        self.comment = QPlainTextEdit(self)
        self.comment.setPlaceholderText("Your comment, as it shall stand in the report")
        self.comment.setTabChangesFocus(True)
        named(self.comment, "Comment for the report", "Free text that stands in the report")
        self.export_button = QPushButton("Export report…", self)
        named(self.export_button, "Export report", "Preview and save the report of this slide (Ctrl+E)")
        self._lay_out()
        for mine, its in (
            (self.jump_wished, self.boxes.jump_wished),
            (self.accept_wished, self.boxes.accept_wished),
            (self.reject_wished, self.boxes.reject_wished),
            (self.annotate_wished, self.boxes.annotate_wished),
        ):
            its.connect(mine)
        self.comment.textChanged.connect(self._keep_comment)
        self.export_button.clicked.connect(self.export_wished)
        self.set_slide(None)
        self.set_findings(None)

    def _lay_out(self) -> None:
        heading = row(self.boxes_heading)
        heading.addStretch(1)
        heading.addWidget(self.verdicts)
        upper = QWidget(self)
        above: QVBoxLayout = column(upper)
        above.addWidget(self.found)
        above.addWidget(self.unlike)
        above.addWidget(self.run)
        above.addWidget(self.classes)
        above.addLayout(heading)
        above.addWidget(self.boxes, 1)
        self._rest = QWidget(upper)
        self._rest.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        above.addWidget(self._rest)
        lower = QWidget(self)
        below = column(lower, gap=GRID)
        label = Heading("Comment", self)
        label.setBuddy(self.comment)
        below.addWidget(label)
        below.addWidget(self.comment, 1)
        below.addWidget(self.export_button)
        parts = QSplitter(Qt.Orientation.Vertical, self)
        parts.addWidget(upper)
        parts.addWidget(lower)
        parts.setChildrenCollapsible(False)
        parts.setStretchFactor(0, 1)
        parts.setSizes([100 * GRID, 35 * GRID])
        parts.setHandleWidth(2 * GRID)
        column(self, margin=3 * GRID).addWidget(parts)

    def set_slide(self, opened: OpenedSlide | None) -> None:
        """Look at another slide: its comment, and whether there is something to report."""
        self._comments.drop()
        self._opened = opened
        self._show_comment(opened.comment if opened else "")
        if opened is not None:
            self._comments.follow(opened.comment_changed, self._show_comment)
        self.comment.setEnabled(opened is not None)
        self.export_button.setEnabled(opened is not None and self._findings is not None)
        if self._findings is None:
            self.tell()

    def set_findings(self, findings: Findings | None) -> None:
        """Show what another analysis found, or that there is none yet."""
        self._links.drop()
        self._soon.stop()
        self._findings = findings
        self.boxes.set_findings(findings)
        if findings is not None:
            for signal in (findings.scored, findings.boxes_changed, findings.decided):
                self._links.follow(signal, self._tell_soon)
            for signal in (findings.rule_changed, findings.finished):
                self._links.follow(signal, self._tell_now)
        self.tell()

    def go_next(self) -> None:
        """Go to the next open box."""
        self.boxes.go_next()

    def tell(self) -> None:
        """Say what there is now."""
        findings = self._findings
        for part in (self.boxes, self.boxes_heading, self.verdicts):
            part.setVisible(findings is not None and (bool(findings.boxes) or findings.analysis is None))
        self._rest.setVisible(not self.boxes.isVisibleTo(self))
        self.export_button.setEnabled(self._opened is not None and findings is not None)
        if findings is None:
            wanted = "Choose a region and press “Analyze region”." if self._opened else "Open a slide first."
            self.found.setText(f"No analysis yet. {wanted}")
            self.unlike.say("")
            self.run.say("")
            self.classes.set_lines(())
            return
        self.found.setText(found_in_words(findings))
        self.unlike.say(unlike_in_words(findings), "warning")
        self.run.say(run_in_words(findings))
        self.verdicts.setText(verdicts_in_words(findings))
        self.classes.set_lines(class_lines(findings))

    def _tell_soon(self, *_: object) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _tell_now(self, _: object) -> None:
        self._soon.stop()
        self.tell()

    def _show_comment(self, text: str) -> None:
        """Somebody else wrote it: what was kept, or another view."""
        if text != self.comment.toPlainText():
            with QSignalBlocker(self.comment):
                self.comment.setPlainText(text)

    def _keep_comment(self) -> None:
        if self._opened is not None:
            self._opened.set_comment(self.comment.toPlainText())


def class_lines(findings: Findings) -> tuple[ClassLine, ...]:
    """The table of classes of what has been scored so far; empty before the first score."""
    scores = findings.scores
    values = scores.values[scores.scored]
    if not len(values):
        return ()
    patch_mm2 = findings.spacing.area_mm2(scores.grid.patch.area)
    likeliest = values.argmax(axis=1)
    colors = findings.card.colors
    return tuple(
        ClassLine(
            name,
            colors[k] if k < len(colors) else None,
            float((likeliest == k).mean()),
            float((likeliest == k).sum()) * patch_mm2,
            float(values[:, k].mean()),
        )
        for k, name in enumerate(scores.class_names)
    )
