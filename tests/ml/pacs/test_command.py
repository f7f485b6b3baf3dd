"""`parfocal-ml pacs` as a person and a program use it, against a real Orthanc."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import keyring
import pydicom
import pytest
from keyring.backends import fail

from ml import __main__ as command_line
from ml.pacs import address_book
from ml.verbs.pacs_command import PacsJsonTeller
from tests.ml.pacs.orthanc import PASSWORD, USER, Orthanc

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def pacs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `parfocal-ml pacs` in this process: exit code, stdout, stderr. `typed` is standard input."""

    def run(*words: object, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["parfocal-ml", "pacs", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = 0
        try:
            command_line.main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert PASSWORD not in said.out + said.err
        return code, said.out, said.err

    return run


@pytest.fixture
def known(pacs: Command, orthanc: Orthanc) -> tuple[str, str]:
    """Both ways to the archive, put into the list by commands."""
    words = ("localhost", "--port", orthanc.dicom_port, "--title", "ORTHANC")
    assert pacs("servers", "add-dimse", "dimse", *words)[0] == 0
    code, out, _ = pacs("servers", "add-web", "web", orthanc.url, "--user", USER)
    assert (code, "servers secret web" in out) == (0, True)
    code, out, _ = pacs("servers", "secret", "web", typed=PASSWORD + "\n")
    assert (code, "system's keyring" in out) == (0, True)
    return "dimse", "web"


def _events(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_servers_are_listed_and_forgotten(pacs: Command, known: tuple[str, str]) -> None:
    code, out, _ = pacs("servers")
    assert (code, [line.split()[0] for line in out.splitlines()]) == (0, ["dimse", "web"])
    facts = {event["name"]: event for event in _events(pacs("servers", "--json")[1])}
    assert (facts["web"]["user"], facts["web"]["encrypted"]) == (USER, False)
    assert PASSWORD not in address_book.file().read_text(encoding="utf-8")
    for name in known:
        assert pacs("echo", name)[0] == 0
        assert pacs("servers", "remove", name)[0] == 0
    assert keyring.get_password("Parfocal PACS", f"{USER}@{facts['web']['url']}") is None
    code, _, err = pacs("echo", "web")
    assert (code, "no server named “web”" in err) == (2, True)


def test_from_files_to_the_archive_and_back(
    pacs: Command, known: tuple[str, str], slices: tuple[Path, ...], tmp_path: Path
) -> None:
    header = pydicom.dcmread(slices[0], stop_before_pixels=True)
    study, series = header.StudyInstanceUID, header.SeriesInstanceUID
    for name in known:
        code, out, _ = pacs("send", name, *slices, "--json")
        assert (code, _events(out)[-1]) == (0, {"event": "done", "stored": len(slices)})
        code, out, _ = pacs("find", name, "--patient-name", "ProMED*", "--json")
        found = [event for event in _events(out) if event["event"] == "study"]
        assert (code, [one["uid"] for one in found]) == (0, [study])
        code, out, err = pacs("find", name, "--study", study)
        assert (code, series in out, "Done." in err) == (0, True, True)
        where = ("--study", study, "--series", series, "--out", tmp_path / name)
        code, out, _ = pacs("fetch", name, *where, "--json")
        events = _events(out)
        assert code == 0
        assert len([e for e in events if e["event"] == "image"]) == len(slices)
        assert (events[-1]["images"], events[-1]["already there"]) == (len(slices), 0)
        code, out, err = pacs("fetch", name, *where)
        assert (code, out) == (0, "")
        assert f"already there: {len(slices)}" in err
        assert len(list((tmp_path / name / series).iterdir())) == len(slices)


def test_ctrl_c_keeps_what_has_arrived(
    pacs: Command,
    known: tuple[str, str],
    slices: tuple[Path, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    header = pydicom.dcmread(slices[0], stop_before_pixels=True)
    pacs("send", "dimse", *slices)
    real = PacsJsonTeller.part
    pressed: list[object] = []

    def press(self: PacsJsonTeller, part: object) -> None:
        real(self, part)
        if not pressed:
            pressed.append(part)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(PacsJsonTeller, "part", press)
    where = ("--study", header.StudyInstanceUID, "--series", header.SeriesInstanceUID, "--out", tmp_path)
    code, out, _ = pacs("fetch", "dimse", *where, "--json")
    assert (code, _events(out)[-1]["event"]) == (130, "stopped")
    here = len(list(tmp_path.rglob("*.dcm")))
    assert 0 < here < len(slices)
    code, out, _ = pacs("fetch", "dimse", *where, "--json")
    assert (code, _events(out)[-1]["already there"]) == (0, here)


def test_what_is_refused_is_named(pacs: Command, known: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no DICOM", encoding="utf-8")
    code, out, _ = pacs("send", "dimse", tmp_path / "notes.txt", "--json")
    assert (code, _events(out)[-1]["refused"]) == (2, ["notes.txt: it is no DICOM file"])
    code, _, err = pacs("send", "dimse", tmp_path)
    assert (code, "no DICOM file to send" in err) == (2, True)
    code, _, err = pacs("send", "dimse", tmp_path / "gone")
    assert (code, "gone is not there" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("find", "web", "--date", "yesterday"), "is no date"),
        (("find", "web", "--limit", "0"), "finds nothing"),
        (("fetch", "web", "--study", "1.2.3", "--out", "x"), "no such study"),
        (("servers", "add-dimse", "a", "b c"), "is not the name of a computer"),
        (("servers", "add-web", "a", "http://x", "--token"), "anybody can read"),
        (("servers", "secret", "dimse"), "needs no sign-in"),
        (("servers", "secret", "web"), "Nothing was typed"),
        (("servers", "remove", "other"), "no server named"),
    ],
)
def test_words_that_lead_nowhere(
    pacs: Command, known: tuple[str, str], words: tuple[str, ...], what: str
) -> None:
    code, _, err = pacs(*words)
    assert (code, what in err) == (2, True), err
    assert len(err.splitlines()) == 2


def test_problems_are_events_for_programs(pacs: Command, known: tuple[str, str]) -> None:
    assert pacs("servers", "secret", "web", typed="wrong\n")[0] == 0
    code, out, _ = pacs("echo", "web", "--json")
    (failed,) = _events(out)
    assert (code, failed["event"]) == (2, "failed")
    assert "does not accept user and password" in str(failed["what"])
    keyring.set_keyring(fail.Keyring())
    code, _, err = pacs("echo", "web")
    assert (code, "no keyring" in err) == (2, True)
    assert pacs("servers", "remove", "web")[0] == 0
