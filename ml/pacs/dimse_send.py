"""Sending files over DIMSE: C-STORE, as they are on the disk."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydicom import dcmread
from pynetdicom import build_context
from pynetdicom.association import Association

from ml.pacs.association import associated
from ml.pacs.outbox import Outgoing, look_at
from ml.pacs.pacs import Refused, Sent
from ml.pacs.server import Server
from ml.pacs.trouble import broke_off
from ml.progress import Progress, Step

PHASE = "Sending images"
_MOST = 128  # presentation contexts of one association (PS3.8)
_WARNINGS = {0xB000, 0xB006, 0xB007, 0x0107, 0x0116}  # stored, with something to say about it
_REASONS = {
    0xA700: "the archive has no room left",
    0xA900: "its contents do not fit its kind",
    0xC000: "the archive cannot make sense of it",
    0x0122: "the archive does not take this kind of object",
    0x0124: "this computer is not allowed to store",
    0x0111: "the archive has it already and does not take it twice",
}


def send(server: Server, word: str | None, files: Sequence[Path], progress: Progress) -> Sent:
    """Send files one after the other; those that are refused are named, the others go on.

    Raises `PacsProblem` when the connection breaks off, `Cancelled` between two files.
    """
    outgoing, refused = look_at(files, progress)
    stored, began = 0, time.monotonic()
    for some in _conversations(outgoing):
        kinds = list(dict.fromkeys((one.sop_class, one.syntax) for one in some))
        contexts = [build_context(sop_class, syntax) for sop_class, syntax in kinds]
        with associated(server, word, contexts) as association:
            for one in some:
                progress.check()
                reason = _store(server, association, one)
                if reason:
                    refused.append(Refused(one.path, reason))
                else:
                    stored += 1
                done = stored + len(refused)
                progress.step(Step(PHASE, done, len(files), time.monotonic() - began))
    return Sent(stored, tuple(refused))


def _store(server: Server, association: Association, one: Outgoing) -> str:
    """Why a file was refused; empty where it is stored."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that do not keep to the standard
            status = association.send_c_store(dcmread(one.path))
    except ValueError:  # no accepted context, or a file that cannot be encoded
        accepted = {
            (str(c.abstract_syntax), str(c.transfer_syntax[0])) for c in association.accepted_contexts
        }
        if (one.sop_class, one.syntax) not in accepted:
            return "the archive does not take this kind of object in this encoding"
        return "it cannot be encoded as DICOM wants it"
    if not status:
        raise broke_off(server, f"sending {one.path.name}")
    code = int(status.Status)
    if code == 0 or code in _WARNINGS:
        return ""
    comment = str(status.get("ErrorComment", "") or "").strip()
    reason = _REASONS.get(code) or _REASONS.get(code & 0xF000) or "the archive gives no reason"
    return f"{comment or reason} (status 0x{code:04X})"


def _conversations(outgoing: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    """Files in groups whose kinds fit into one association."""
    group: list[Outgoing] = []
    kinds: set[tuple[str, str]] = set()
    for one in outgoing:
        kind = (one.sop_class, one.syntax)
        if kind not in kinds and len(kinds) == _MOST:
            yield group
            group, kinds = [], set()
        group.append(one)
        kinds.add(kind)
    if group:
        yield group
