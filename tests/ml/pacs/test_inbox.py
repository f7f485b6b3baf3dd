"""What arrives is whole, named after its UID, and never anywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.errors import Problem
from ml.pacs.inbox import Inbox, is_uid, uids
from ml.progress import Progress


@pytest.mark.parametrize("text", ["", "../../x", "1.2/3", "1..2", ".1", "1.2.", "1" * 65, "1.2\x00", "1.2\n"])
def test_what_is_no_uid_is_no_file(text: str, tmp_path: Path) -> None:
    assert not is_uid(text)
    assert not Inbox(tmp_path, None, Progress()).takes(text)
    with pytest.raises(Problem, match="which is no UID"):
        uids(["1.2.3", text])


def test_only_what_was_asked_for_is_taken(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "new" / "folder", frozenset({"1.2", "1.3"}), Progress())
    assert (inbox.takes("1.2"), inbox.takes("1.4")) == (True, False)
    inbox.put("1.2", b"content")
    assert inbox.missing() == ("1.3",)
    assert [path.name for path in inbox.folder.iterdir()] == ["1.2.dcm"]
    again = Inbox(inbox.folder, frozenset({"1.2", "1.3"}), Progress())
    assert (again.already, again.images) == (1, 1)


def test_half_a_file_does_not_count(tmp_path: Path) -> None:
    (tmp_path / ".1-abcd1234.dcm").write_bytes(b"half")
    assert Inbox(tmp_path, frozenset({"1.1"}), Progress()).missing() == ("1.1",)


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(Problem, match="could not be written"):
        Inbox(tmp_path / "file" / "folder", None, Progress())
