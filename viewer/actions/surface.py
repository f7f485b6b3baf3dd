"""The commands as Qt actions: in the menus, in the tool strip, under their keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar, QToolButton

from viewer.actions.command import Command, Kind
from viewer.actions.drop_down import DropDown
from viewer.theme.icons import icon


class Surface:
    """Puts commands where hands find them, and keeps them enabled and checked as things stand."""

    def __init__(self, window: QMainWindow, commands: Sequence[Command]) -> None:
        self.commands = {command.id: command for command in commands}
        self._actions = {command.id: _action(window, command) for command in commands}
        self._kind: Kind = "slide"
        self._lines: list[tuple[QAction, tuple[str, ...]]] = []  # of the strip, and the group behind each
        self._drops: list[tuple[QAction, DropDown]] = []  # of the strip
        for action in self._actions.values():
            window.addAction(action)  # so that keys work while the menu is hidden

    def action(self, command_id: str) -> QAction:
        """One command's action."""
        return self._actions[command_id]

    def fill_menus(self, window: QMainWindow, groups: Iterable[str]) -> None:
        """Menus in this order, each with its commands and lines between sections."""
        for group in groups:
            menu = window.menuBar().addMenu(group)
            last: int | None = None
            for command in self.commands.values():
                if command.group != group:
                    continue
                if last is not None and command.entry.section != last:
                    menu.addSeparator()
                last = command.entry.section
                menu.addAction(self._actions[command.id])
            menu.aboutToShow.connect(self.refresh)

    def fill_strip(
        self,
        strip: QToolBar,
        groups: Iterable[Iterable[str | tuple[str, ...]]],
        in_words: Iterable[str] = (),
    ) -> None:
        """Buttons, with lines between groups; those of `in_words` have their name beside the icon.

        Several in one place share a button that drops down.
        """
        for number, group in enumerate(map(tuple, groups)):
            if number:
                names = [n for name in group for n in ((name,) if isinstance(name, str) else name)]
                self._lines.append((strip.addSeparator(), tuple(names)))
            for name in group:
                if not isinstance(name, str):
                    drop = DropDown([self._actions[one] for one in name], strip)
                    self._drops.append((strip.addWidget(drop), drop))
                    continue
                strip.addAction(self._actions[name])
                button = strip.widgetForAction(self._actions[name])
                if isinstance(button, QToolButton):
                    button.setAccessibleName(self.commands[name].title)
                    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                    if name in in_words:
                        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

    def menu(self, parent: QMainWindow, names: Iterable[str]) -> QMenu:
        """A menu of what can be done here: only the commands that can be done now."""
        self.refresh()
        menu = QMenu(parent)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in names:
            if self.commands[name].enabled():
                menu.addAction(self._actions[name])
        return menu

    def show_kind(self, kind: Kind) -> None:
        """Offer what concerns slides, or what concerns CT, beside what concerns both."""
        self._kind = kind
        self.refresh()

    def refresh(self) -> None:
        """Ask every command anew whether it can be done, and whether it is on."""
        for name, action in self._actions.items():
            command = self.commands[name]
            action.setVisible(command.entry.kind in {"", self._kind})
            action.setEnabled(command.enabled())
            if action.isCheckable():
                action.setChecked(command.checked())
        for place, drop in self._drops:
            place.setVisible(drop.follow())
        for line, group in self._lines:
            line.setVisible(any(self._actions[name].isVisible() for name in group))


def _action(window: QMainWindow, command: Command) -> QAction:
    action = QAction(command.title, window)
    action.setObjectName(command.id)
    if command.icon:
        action.setIcon(icon(command.icon))
    keys = [QKeySequence(key) for key in command.keys if key]
    action.setShortcuts(keys)
    action.setStatusTip(command.tip)
    shown = f" ({keys[0].toString(QKeySequence.SequenceFormat.NativeText)})" if keys else ""
    action.setToolTip(f"{command.title.rstrip('…')}{shown}\n{command.tip}")
    action.setCheckable(command.bound.checked is not None)
    action.triggered.connect(lambda: _run(command, action))
    return action


def _run(command: Command, action: QAction) -> None:
    command.run()
    if action.isCheckable():  # Qt has flipped it; what counts is how things stand now
        action.setChecked(command.checked())
