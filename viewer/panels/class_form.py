"""The form in which a class is made or edited: its name, the class above it, colour and key."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QColorDialog, QComboBox, QFormLayout, QLineEdit, QMenu, QPushButton, QWidget

from ml.annotation.shapes import Color
from viewer.panels.pieces import GRID, Text, column, named, row
from viewer.state.classes import KEYS, PART, AnnotationClass, ClassList

PALETTE: tuple[tuple[str, Color], ...] = (  # Okabe and Ito's, and grey
    ("Vermilion", (213, 94, 0)),
    ("Orange", (230, 159, 0)),
    ("Yellow", (240, 228, 66)),
    ("Bluish green", (0, 158, 115)),
    ("Sky blue", (86, 180, 233)),
    ("Blue", (0, 114, 178)),
    ("Reddish purple", (204, 121, 167)),
    ("Grey", (128, 128, 128)),
)


def swatch(color: Color | None, edge: int = 12) -> QIcon:
    """A square of a colour with a line round it; for no colour the line alone."""
    picture = QPixmap(QSize(edge, edge))
    picture.fill(QColor(*color) if color is not None else Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(QColor(128, 128, 128))
    painter.drawRect(0, 0, edge - 1, edge - 1)
    painter.end()
    return QIcon(picture)


class ClassForm(QWidget):
    """Says `done` with the class that was written; Enter keeps it, Esc leaves."""

    done = Signal(object, str)  # AnnotationClass, and the name of the one it takes the place of, or ""
    left = Signal()

    def __init__(self, classes: ClassList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes = classes
        self._before = ""
        self._color: Color = PALETTE[0][1]
        self.name = QLineEdit()
        self.above = QComboBox()
        self.color = QPushButton()
        self.key = QComboBox()
        self.keep, self.leave = QPushButton("Keep"), QPushButton("Cancel")
        self.trouble = Text()
        self._name_all()
        self.key.addItems(["none", *(f"Alt+{key}" for key in KEYS)])
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(3 * GRID)
        for word, widget in (("Name", self.name), ("Below", self.above), ("Colour", self.color)):
            form.addRow(word, widget)
        form.addRow("Key", self.key)
        layout = column(self)
        layout.addLayout(form)
        layout.addWidget(self.trouble)
        buttons = row(self.keep, self.leave)
        buttons.addStretch(1)
        layout.addLayout(buttons)
        self.keep.clicked.connect(self._keep)
        self.leave.clicked.connect(self.left)
        self.name.returnPressed.connect(self._keep)
        self.color.clicked.connect(self._ask_color)
        self.hide()

    def edit(self, edited: AnnotationClass | None) -> None:
        """Show a class to edit; None: a new one below the current class."""
        self._before = edited.name if edited is not None else ""
        items = self._classes.items
        self.above.clear()
        self.above.addItem("none", "")
        for one in items:
            if not self._before or not f"{one.name}{PART}".startswith(f"{self._before}{PART}"):
                self.above.addItem(one.name, one.name)
        self.name.setText(edited.own_name if edited is not None else "")
        self.above.setCurrentIndex(max(0, self.above.findData(edited.parent if edited is not None else "")))
        self.key.setCurrentIndex(KEYS.index(edited.key) + 1 if edited is not None and edited.key else 0)
        used = {one.color for one in items}
        free = next((color for _, color in PALETTE if color not in used), PALETTE[len(items) % 8][1])
        self.set_color(edited.color if edited is not None else free)
        self.trouble.say("")
        self.show()
        self.name.setFocus()
        self.name.selectAll()

    def set_color(self, color: Color) -> None:
        """Choose a colour."""
        self._color = color
        self.color.setIcon(swatch(color))
        self.color.setText(next((name for name, known in PALETTE if known == color), QColor(*color).name()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _name_all(self) -> None:
        named(self.name, "Name of the class", "What the class is called")
        named(self.above, "Class above", "The class that this one is a part of, as Tumor of Tumor: Positive")
        named(self.color, "Colour of the class", "The colour in the picture, in reports and in files")
        named(self.key, "Key of the class", "The key that gives this class")
        named(self.keep, "Keep", "Keep the class as it is written here")
        named(self.leave, "Cancel", "Leave the class as it was")

    def _ask_color(self) -> None:
        menu = QMenu(self)
        for name, color in PALETTE:
            action = menu.addAction(swatch(color), name)
            action.setData(color)
        other = menu.addAction("Other…")
        chosen = menu.exec(self.color.mapToGlobal(self.color.rect().bottomLeft()))
        if chosen is other:
            picked = QColorDialog.getColor(QColor(*self._color), self, "Colour of the class")
            if picked.isValid():
                self.set_color((picked.red(), picked.green(), picked.blue()))
        elif chosen is not None:
            self.set_color(tuple(chosen.data()))
        menu.deleteLater()

    def _keep(self) -> None:
        own = " ".join(self.name.text().split())
        above = str(self.above.currentData() or "")
        name = f"{above}{PART}{own}" if above else own
        if not own:
            self.trouble.say("A class needs a name.")
        elif name != self._before and self._classes.find(name) is not None:
            self.trouble.say(f"There is a class “{name}” already.")
        else:
            number = self.key.currentIndex()
            key = KEYS[number - 1] if number else ""
            self.done.emit(AnnotationClass(name, self._color, key), self._before)
