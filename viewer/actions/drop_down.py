"""A button of the tool strip that holds several commands: the one used last, the others behind its arrow."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget


class DropDown(QToolButton):
    """Keeps the strip short. Alt and down opens the menu from the keyboard."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = tuple(actions)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.addActions(self._actions)
        self.setMenu(menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for action in self._actions:
            action.triggered.connect(lambda _=False, action=action: self._show(action))
        self._show(self._actions[0])

    def follow(self) -> bool:
        """Show what can be seen now; whether there is anything."""
        seen = [action for action in self._actions if action.isVisible()]
        if seen and not self.defaultAction().isVisible():
            self._show(seen[0])
        return bool(seen)

    def _show(self, action: QAction) -> None:
        if action is not self.defaultAction():
            self.setDefaultAction(action)
        self.setAccessibleName(f"{action.text()} and related tools")
