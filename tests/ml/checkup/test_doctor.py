"""The check of this computer: each kind of trouble is made for real, found, explained, and named nobody."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import imagecodecs
import pytest

from ml import paths
from ml.checkup import decoders, fonts, library, machine, networks
from ml.checkup.finding import Finding
from ml.checkup.settings_file import read_settings, settings_in_words
from ml.memory import Memory
from ml.verbs import doctor


def by_name(found: object) -> dict[str, Finding]:
    return {one.what: one for one in found}  # type: ignore[attr-defined]


@pytest.fixture
def case_library() -> Path:
    """A sound library with a backup, by SQLite itself."""
    file = paths.data() / "library.sqlite"
    backups = file.with_name("library-backups")
    backups.mkdir()
    with closing(sqlite3.connect(file)) as made:
        made.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        made.execute("INSERT INTO alembic_version VALUES ('0001')")
        made.executescript("CREATE TABLE filler (text); ")
        made.executemany("INSERT INTO filler VALUES (?)", [("x" * 500,)] * 200)
        made.commit()
    shutil.copyfile(file, backups / "library-000001.sqlite")
    return file


def test_a_sound_library_with_a_young_backup_is_good(case_library: Path) -> None:
    found = by_name(library.library(""))
    assert [one.state for one in found.values()] == ["good", "good"]
    assert "tables of version 0001" in found["Case library"].words
    assert "1 backup, the newest less than an hour old" in found["Backup of cases"].words


def test_a_damaged_library_is_bad_and_its_backup_is_named(case_library: Path) -> None:
    with case_library.open("r+b") as raw:
        raw.seek(4096 * 3)
        raw.write(b"\xff" * 4096 * 4)
    found = by_name(library.library(""))
    assert found["Case library"].state == "bad"
    assert "backup is opened" in found["Case library"].means
    assert found["Backup of cases"].good


def test_tables_of_a_newer_program_an_old_backup_and_a_clock_set_back_are_told(case_library: Path) -> None:
    backup = case_library.with_name("library-backups") / "library-000001.sqlite"
    with closing(sqlite3.connect(case_library)) as changed:
        changed.execute("UPDATE alembic_version SET version_num = '9999'")
        changed.commit()
    os.utime(backup, (time.time() - 30 * 86_400,) * 2)
    found = by_name(library.library(""))
    assert found["Case library"].state == "bad"
    assert "newer version" in found["Case library"].means
    assert found["Backup of cases"].state == "look"
    assert "30 days old" in found["Backup of cases"].words
    assert machine.clock(case_library).good
    os.utime(backup, (time.time() + 86_400,) * 2)
    assert machine.clock(case_library).state == "bad"


def test_a_library_that_is_gone_or_on_a_server_is_told(case_library: Path) -> None:
    case_library.unlink()
    assert by_name(library.library(""))["Case library"].words == "its file is gone"
    (on_server,) = library.library("postgresql://doe:secret@host/db")
    assert on_server.good
    assert not any(word in on_server.in_words() for word in ("doe", "secret", "host"))


def test_a_folder_that_cannot_be_written_to_is_bad(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "cache").write_text("a file where a folder belongs", encoding="ascii")
    monkeypatch.setenv("PARFOCAL_HOME", str(tmp_path / "home"))
    found = by_name(machine.folders())
    assert [name for name, one in found.items() if one.state == "bad"] == ["Folder: Cache"]
    assert "FileExistsError" in found["Folder: Cache"].words
    assert found["Folder: Cache"].do
    assert not list((tmp_path / "home").rglob(".parfocal-check-*"))


def test_every_decoder_gives_back_what_it_was_given() -> None:
    found = by_name(decoders.codecs())
    assert all(one.good for one in found.values()), [one.in_words() for one in found.values()]
    assert {"JPEG", "JPEG 2000", "JPEG-LS", "DICOM", "OpenSlide"} <= found.keys()
    assert "RLE" in found["DICOM"].words


def test_a_decoder_that_is_wrong_or_missing_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError("no such library in /home/doe")

    right = imagecodecs.jpeg8_decode
    monkeypatch.setattr(imagecodecs, "jpeg8_decode", lambda raw: 255 - right(raw))
    monkeypatch.setattr(imagecodecs, "jpegls_decode", missing)
    found = by_name(decoders.codecs())
    assert found["JPEG"].words == "is read wrongly: another picture comes out"
    assert not [one.words for one in found.values() if "decod" in one.words]
    assert found["JPEG"].state == found["DICOM"].state == "bad"
    assert "JPEG-LS" in found["DICOM"].words


def test_missing_fonts_little_memory_and_no_keyring_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "font_file", lambda name: paths.data() / name)
    assert fonts.fonts().state == "bad"
    monkeypatch.setattr(machine, "memory_there_is", lambda: Memory(4 * 2**30, 2**30))
    assert machine.memory().state == "look"
    monkeypatch.setattr(machine, "memory_there_is", lambda: Memory(4 * 2**30, 2**20))
    assert machine.memory().state == "bad"
    assert machine.memory().do == "Close other programs."
    monkeypatch.setattr(machine, "memory_there_is", lambda: Memory(4 * 2**30, 2**20, limited=True))
    assert "container" in machine.memory().words
    assert "container" in machine.memory().do
    monkeypatch.setattr(machine, "keyrings", lambda: ([], True))
    assert "not used" in machine.keyring().words


def test_the_driver_is_asked_and_an_answer_of_another_form_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 570.86.15\necho 570.86.15\n", encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setattr(networks, "Path", lambda _: tmp_path / "none")
    monkeypatch.setattr(networks.shutil, "which", lambda _: str(program))
    assert networks.driver_version() == "570.86.15"
    program.write_text("#!/bin/sh\necho no devices of doe\n", encoding="ascii")
    assert networks.driver_version() == ""


def test_a_look_that_fails_is_a_finding_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Finding:
        raise ValueError("DOE")

    monkeypatch.setattr(machine, "memory", fail)
    monkeypatch.setattr(networks, "torch", lambda: iter(()))
    found = by_name(doctor.findings(""))
    assert found["Memory"].state == "bad"
    assert found["Memory"].words == "could not be looked at (ValueError)"
    assert "Models" in found
    text = doctor.as_text(found.values())
    assert "DOE" not in text
    assert str(Path.home()) not in text


def test_settings_are_read_as_qt_writes_them_and_told_without_names() -> None:
    from PySide6.QtCore import QByteArray

    from viewer.settings import Settings

    settings = Settings()
    settings.cache_mib, settings.private = 300, True
    settings.recent, settings.last_folder = ("/data/DOE, JANE/a.svs", "/b.svs"), "C:\\DOE"
    settings.report_author, settings.library = "DOE", "postgresql://doe:secret@host/db"
    settings.geometry = b"DOE\0\1"
    settings.store.setValue("keys/open", "Ctrl+D")
    settings.store.setValue("DOE/strange", QByteArray(b"DOE"))
    settings.save()
    assert read_settings()["cases/library"] == "postgresql://doe:secret@host/db"
    text = "\n".join(settings_in_words())
    assert "canvas/cache_mib = 300" in text
    assert "ct/private = true" in text
    assert "report/author = (set; left out)" in text
    assert "keys of your own = 1" in text
    assert not any(word in text for word in ("DOE", "doe", "secret", "host"))
