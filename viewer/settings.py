"""What the person has set, and what the window remembers: an ini file in the person's own folder."""

from __future__ import annotations

from pathlib import Path
from typing import Generic, Literal, TypeVar, cast

from PySide6.QtCore import QByteArray, QSettings

from ml import paths

T = TypeVar("T")
ThemeChoice = Literal["auto", "light", "dark"]


class Entry(Generic[T]):
    """One typed value of the ini file; what cannot be read as its type counts as not set."""

    def __init__(self, key: str, default: T, allowed: tuple[T, ...] = ()) -> None:
        self.key = key
        self.default = default
        self._allowed = allowed

    def __get__(self, settings: Settings, _: type[Settings] | None = None) -> T:
        value = settings.store.value(self.key)
        if value is None:
            return self.default
        read = _read(value, self.default)
        return self.default if self._allowed and read not in self._allowed else read

    def __set__(self, settings: Settings, value: T) -> None:
        settings.store.setValue(self.key, QByteArray(value) if isinstance(value, bytes) else value)


def _read(value: object, default: T) -> T:
    """A raw value of the file as the type of the default, or the default."""
    found: object = default
    if isinstance(default, bool):
        found = str(value).lower() in {"true", "1"}
    elif isinstance(default, bytes):
        found = value.data() if isinstance(value, QByteArray) else default
    elif isinstance(default, tuple):
        found = tuple(value) if isinstance(value, (list, tuple)) else (str(value),) if value else ()
    else:
        try:
            found = type(default)(str(value))  # type: ignore[call-arg]
        except ValueError:
            found = default
    return cast("T", found)


class Settings:
    """Typed settings. Every change is on disk at the latest when the program ends."""

    cache_mib = Entry("canvas/cache_mib", 512)
    inertia = Entry("canvas/inertia", True)
    profile = Entry("canvas/profile", True)  # colours from a file's profile, for slides that are opened
    theme: Entry[ThemeChoice] = Entry("window/theme", "auto", ("auto", "light", "dark"))
    geometry = Entry("window/geometry", b"")
    splitter = Entry("window/splitter", b"")
    last_tab = Entry("window/last_tab", 0)
    slides_shown = Entry("window/slides_shown", True)
    inspector_shown = Entry("window/inspector_shown", True)
    last_folder = Entry("files/last_folder", "")
    recent: Entry[tuple[str, ...]] = Entry("files/recent", ())
    model = Entry("analyze/model", "")
    ct_model = Entry("analyze/ct_model", "")
    report_hospital = Entry("report/hospital", "")
    report_author = Entry("report/author", "")
    report_logo = Entry("report/logo", "")  # SHA-256 of a picture in the store of drafts
    report_template = Entry("report/template", "slide")  # of slides: the one that was chosen last
    report_ct_template = Entry("report/ct_template", "ct")
    report_formats: Entry[tuple[str, ...]] = Entry("report/formats", ("pdf",))
    keep_identity = Entry("export/keep_identity", False)  # names of files and patients stay in exports
    private = Entry("ct/private", False)  # names of patients are hidden
    smooth = Entry("ct/smooth", True)
    archive = Entry("archive/last", "")  # the name of the picture archive that was asked last
    saved_windows: Entry[tuple[str, ...]] = Entry("ct/windows", ())  # "name|width|level"
    library = Entry("cases/library", "")  # the address of a department's; empty: this computer's own
    classes = Entry("annotations/classes", "")  # of annotations, as JSON; empty: those of the beginning
    switch_ms = Entry("work/switch_ms", 1.0)

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or paths.config() / "settings.ini"
        self.store = QSettings(str(self.path), QSettings.Format.IniFormat)

    def keys_of(self, command_id: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """The keys of a command: the person's own where they are set (`keys/<id>`), else the default."""
        value = self.store.value(f"keys/{command_id}")
        return default if value is None else _read(value, ("",))

    def save(self) -> None:
        """Write to disk now."""
        self.store.sync()
