"""What concerns the window as a whole: what it hides, what it asks, what it says about itself."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMainWindow, QMessageBox, QToolBar

from ml.geometry import Point
from viewer.actions.command import Command
from viewer.main_window.analyzing import Analyzing
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.viewing import Viewing
from viewer.panels.command_palette import CommandPalette
from viewer.panels.settings_dialog import SettingsDialog
from viewer.panels.shortcuts_dialog import ShortcutsDialog
from viewer.settings import ThemeChoice

_ABOUT = """<h3>Parfocal {version}</h3>
<p>A viewer for whole-slide images with local, explained analysis.</p>
<p><b>Research use only.</b> Not a medical device: nothing here may decide about a patient.</p>
<p>Apache License 2.0. Icons: Lucide (ISC licence). Built with Qt, OpenSlide, PyTorch, timm and
pytorch-grad-cam.</p>"""


class Asking(QObject):
    """Commands that are not about one slide."""

    changed = Signal()

    def __init__(
        self,
        window: QMainWindow,
        parts: Parts,
        frame: Frame,
        strip: QToolBar,
        analyzing: Analyzing,
        viewing: Viewing,
    ) -> None:
        super().__init__(window)
        self._window, self._parts, self._frame, self._strip = window, parts, frame, strip
        self._analyzing, self._viewing = analyzing, viewing
        self._was_maximized = False
        self.only_picture = False
        self.commands: tuple[Command, ...] = ()  # set when they are bound
        self.menu_point: Point | None = None  # where the context menu was asked for

    def escape(self) -> None:
        """One step back: the message, the tool, the full picture, the run, and at last the selection."""
        if self._frame.banner.problem is not None:
            self._frame.banner.dismiss()
        elif self._viewing.shown is not None and self._viewing.shown.take_back():
            pass
        elif self.only_picture:
            self.toggle_only_picture()
        elif not self._stop_work() and (opened := self._parts.session.slide) is not None:
            opened.select(None)

    def _stop_work(self) -> bool:
        """Stop what runs: an analysis before whatever else takes its time. Whether there was anything."""
        parts = self._parts
        works = (parts.analysis, parts.ct_analysis, parts.ct_results, parts.archive, parts.ct_finding)
        others = (parts.figures, parts.annotation_files)
        running = next((work for work in (*works, *others) if work.running), None)
        if running is not None:
            running.stop()
        return running is not None

    def toggle_only_picture(self) -> None:
        """Hide everything but the picture, or bring it back."""
        self.only_picture = not self.only_picture
        shown = not self.only_picture
        self._frame.show_only_picture(self.only_picture)
        for bar in (self._strip, self._window.menuBar(), self._window.statusBar()):
            bar.setVisible(shown)
        if self.only_picture:
            self._was_maximized = self._window.isMaximized()
            self._window.showFullScreen()
        elif self._was_maximized:
            self._window.showMaximized()
        else:
            self._window.showNormal()
        self.changed.emit()

    def toggle_slides(self) -> None:
        """Show or hide the list of slides."""
        self._frame.toggle_slides()
        self.changed.emit()

    def toggle_inspector(self) -> None:
        """Show or hide the inspector."""
        self._frame.toggle_inspector()
        self.changed.emit()

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Light, dark, or as the system."""
        self._parts.settings.theme = choice
        self._parts.theme.choose(choice)
        self.changed.emit()

    def has_theme(self, choice: ThemeChoice) -> bool:
        """Whether this is the theme that was chosen."""
        return self._parts.settings.theme == choice

    def explain_here(self) -> None:
        """Grad-CAM of the patch where the menu was asked for, or under the cursor."""
        point = self.menu_point or self._viewing.point
        if point is not None:
            self._analyzing.explain(point)

    def show_palette(self) -> None:
        """Find a command by its name."""
        palette = CommandPalette(self._for_what_is_shown(), self._window)
        palette.exec()
        palette.deleteLater()

    def show_keys(self) -> None:
        """The list of keys."""
        dialog = ShortcutsDialog(self._for_what_is_shown(), self._window)
        dialog.exec()
        dialog.deleteLater()

    def _for_what_is_shown(self) -> tuple[Command, ...]:
        """The commands for slides, or those for CT, with those for both: their keys are the same."""
        other = "slide" if self._viewing.page is None and self._viewing.shown is not None else "ct"
        return tuple(command for command in self.commands if command.entry.kind != other)

    def show_settings(self) -> None:
        """What can be set once and for all."""
        dialog = SettingsDialog(self._parts.settings, self._window)
        if dialog.exec() == SettingsDialog.DialogCode.Accepted:
            self._parts.cache.set_budget(self._parts.settings.cache_mib * 2**20)
        dialog.deleteLater()

    def show_about(self) -> None:
        """Version, licences and purpose."""
        from ml import __version__

        QMessageBox.about(self._window, "About Parfocal", _ABOUT.format(version=__version__))

    def quit(self) -> None:
        """Close the window; what runs is stopped first."""
        self._window.close()
