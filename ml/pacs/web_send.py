"""Sending files over DICOMweb: STOW-RS, some files a request."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from dicomweb_client.web import DICOMwebClient
from pydicom import dcmread
from pydicom.dataset import Dataset

from ml.pacs.outbox import Outgoing, look_at
from ml.pacs.pacs import Refused, Sent
from ml.pacs.server import Server
from ml.pacs.web_trouble import NotTaken, told
from ml.progress import Progress, Step

PHASE = "Sending images"
_FILES, _BYTES = 8, 16_000_000  # of one request at most: a stop takes effect between two
_REASONS = {
    0x0110: "the archive could not process it",
    0x0122: "the archive does not take this kind of object",
    0x0124: "this account is not allowed to store",
    0x0111: "the archive has it already and does not take it twice",
    0xA700: "the archive has no room left",
    0xA900: "its contents do not fit its kind",
    0xC000: "the archive cannot make sense of it",
    0xC122: "the archive does not take this encoding",
}


def send(server: Server, client: DICOMwebClient, files: Sequence[Path], progress: Progress) -> Sent:
    """Send files, several a request; where a request is refused as a whole, its files one by one."""
    outgoing, refused = look_at(files, progress)
    stored, began = 0, time.monotonic()
    for some in _requests(outgoing):
        progress.check()
        try:
            bad = _store(server, client, some)
        except NotTaken:
            bad = [one for single in some for one in _alone(server, client, single)]
        refused += bad
        stored += len(some) - len(bad)
        progress.step(Step(PHASE, stored + len(refused), len(files), time.monotonic() - began))
    return Sent(stored, tuple(refused))


def _alone(server: Server, client: DICOMwebClient, one: Outgoing) -> list[Refused]:
    try:
        return _store(server, client, [one])
    except NotTaken as problem:
        return [Refused(one.path, f"the archive does not take it (HTTP {problem.facts.get('status')})")]


def _store(server: Server, client: DICOMwebClient, some: Sequence[Outgoing]) -> list[Refused]:
    """Send one request; the files in it that were refused."""
    with told(server, f"sending {some[0].path.name}"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = client.store_instances([dcmread(one.path) for one in some])
    paths = {one.uid: one.path for one in some}
    failed = {
        str(item.get("ReferencedSOPInstanceUID", "")): item for item in answer.get("FailedSOPSequence", [])
    }
    return [Refused(paths[uid], _reason(item)) for uid, item in failed.items() if uid in paths]


def _reason(item: Dataset) -> str:
    code = int(item.get("FailureReason", 0) or 0)
    reason = _REASONS.get(code) or _REASONS.get(code & 0xFF00) or "the archive gives no reason"
    return f"{reason} (reason 0x{code:04X})"


def _requests(outgoing: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    group: list[Outgoing] = []
    size = 0
    for one in outgoing:
        length = one.path.stat().st_size
        if group and (len(group) == _FILES or size + length > _BYTES):
            yield group
            group, size = [], 0
        group.append(one)
        size += length
    if group:
        yield group
