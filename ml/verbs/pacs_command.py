"""`parfocal-ml pacs`: what the window's panel for archives does, in a terminal."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ml.errors import Problem
from ml.pacs import address_book
from ml.pacs.opening import open_pacs
from ml.pacs.pacs import Arrived, Pacs, Query, RemoteSeries, Study
from ml.pacs.server import Server
from ml.pacs.trouble import SeriesIncomplete
from ml.progress import Cancelled, Progress
from ml.verbs.console import DONE, REFUSED, STOPPED, JsonTeller, PersonTeller, Teller, stopping

Facts = dict[str, object]


class PacsJsonTeller(JsonTeller):
    """Adds `study`, `series` and `image` to the events."""

    def part(self, part: object) -> None:
        """What was found, or an image that has arrived."""
        if isinstance(part, Study):
            self._write("study", **dataclasses.asdict(part))
        elif isinstance(part, RemoteSeries):
            self._write("series", **dataclasses.asdict(part))
        elif isinstance(part, Arrived):
            self._write("image", uid=part.uid, path=str(part.path))


class PacsPersonTeller(PersonTeller):
    """What was found goes to standard output, a line each, for people and for other commands."""

    def part(self, part: object) -> None:
        """A study or a series in one line; an image is counted, not told."""
        if isinstance(part, Study):
            sys.stdout.write(_study(part) + "\n")
        elif isinstance(part, RemoteSeries):
            sys.stdout.write(_series(part) + "\n")


def teller(as_json: bool) -> Teller:
    """Whoever tells how it goes."""
    return PacsJsonTeller() if as_json else PacsPersonTeller()


def listed() -> list[Facts]:
    """The known servers, each with what differs from the usual."""
    return [_facts(server) for server in address_book.servers()]


def add(server: Server) -> str:
    """Put a server into the list."""
    address_book.put(server)
    if server.sign_in == "none":
        return f"Known: {server.words}. Try: parfocal-ml pacs echo {server.name}"
    return f"Known: {server.words}. Now its {server.sign_in}: parfocal-ml pacs servers secret {server.name}"


def remove(name: str) -> str:
    """Forget a server and its secret."""
    from ml.pacs.entries import forget

    return f"Forgotten: {forget(name).words}."


def keep_secret(name: str) -> str:
    """Ask for a server's password or token, without showing it, and put it into the keyring."""
    import getpass

    from ml.pacs import secret

    server = address_book.server(name)
    if server.sign_in == "none":
        raise Problem(f"{server.words} needs no sign-in.", "Add it anew with --user if it does.")
    asked = f"{server.sign_in.capitalize()} for {server.words}: "
    word = getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not word:
        raise Problem("Nothing was typed.", "Type it, or pass it on standard input.")
    secret.keep(server, word)
    return f"Kept in the system's keyring, for {server.address} only."


def echo(name: str, told: Teller) -> int:
    """Whether an archive answers."""
    return _run(name, told, lambda pacs, _: {"answer": pacs.echo()})


def find(name: str, query: Query, limit: int, told: Teller) -> int:
    """Studies that fit."""
    if limit < 1:
        raise Problem(f"A limit of {limit} finds nothing.", "Give 1 or more.")

    def work(pacs: Pacs, progress: Progress) -> Facts:
        found = pacs.find_studies(query, limit, progress)
        for study in found.studies:
            progress.part(study)
        more = {"more": "There are more: narrow the question, or raise --limit."} if found.more else {}
        return {"studies": len(found.studies), **more}

    return _run(name, told, work)


def find_series(name: str, study: str, told: Teller) -> int:
    """The series of a study."""

    def work(pacs: Pacs, progress: Progress) -> Facts:
        found = pacs.find_series(study)
        for series in found:
            progress.part(series)
        return {"series": len(found)}

    return _run(name, told, work)


def fetch(name: str, study: str, series: str, out: Path, told: Teller) -> int:
    """One series of a study, or all of them, each into a folder named after its UID."""
    from ml.pacs.inbox import is_uid

    def work(pacs: Pacs, progress: Progress) -> Facts:
        found = [one for one in pacs.find_series(study) if series in {"", one.uid}]
        if not found:
            raise Problem(
                f"{pacs.server.words} has no such {'series' if series else 'study'}.",
                f"Look with: parfocal-ml pacs find {name}",
            )
        fetched, incomplete = [], []
        for one in found:
            if not is_uid(one.uid):
                raise Problem("The archive named a series that is no UID.", "Tell whoever runs the archive.")
            try:
                fetched.append(pacs.fetch_series(one, out / one.uid, progress))
            except SeriesIncomplete as problem:  # the other series are fetched all the same
                if len(found) == 1:
                    raise
                incomplete.append(problem.what)
        facts: Facts = {
            "images": sum(one.images for one in fetched),
            "already there": sum(one.already for one in fetched),
            "folders": [str(one.folder) for one in fetched],
        }
        return facts | ({"incomplete": incomplete} if incomplete else {})

    return _run(name, told, work)


def send(name: str, paths: Sequence[Path], told: Teller) -> int:
    """Files, and what DICOM there is in folders."""
    from ml.pacs.outbox import collect

    def work(pacs: Pacs, progress: Progress) -> Facts:
        sent = pacs.send(collect(paths), progress)
        refused = [f"{one.path.name}: {one.reason}" for one in sent.refused]
        return {"stored": sent.stored, **({"refused": refused} if refused else {})}

    return _run(name, told, work)


def _run(name: str, told: Teller, work: Callable[[Pacs, Progress], Facts]) -> int:
    """Work with an archive and tell how it ended; the exit code."""
    progress = Progress(told.step, told.part)
    try:
        with stopping(progress), open_pacs(address_book.server(name)) as pacs:
            facts = work(pacs, progress)
    except Cancelled:
        told.end("stopped", {})
        return STOPPED
    except Problem as problem:
        told.failed(problem)
        return REFUSED
    told.end("done", facts)
    return REFUSED if facts.keys() & {"refused", "incomplete"} else DONE


def _facts(server: Server) -> Facts:
    fields = dataclasses.fields(server)
    own = {f.name: getattr(server, f.name) for f in fields if getattr(server, f.name) != f.default}
    return {**own, "address": server.address, "encrypted": server.encrypted}


def in_one_line(facts: Facts) -> str:
    """A server for a person."""
    safe = "encrypted" if facts["encrypted"] else "not encrypted"
    return f"{facts['name']}  {facts['kind']}  {facts['address']}  {safe}"


def _study(study: Study) -> str:
    images = f"{study.images} images" if study.images >= 0 else ""
    parts = (study.date, study.patient_name, study.patient_id, "/".join(study.modalities), study.description)
    return "  ".join(part for part in (*parts, images, study.uid) if part)


def _series(series: RemoteSeries) -> str:
    images = f"{series.images} images" if series.images >= 0 else ""
    number = str(series.number) if series.number >= 0 else ""
    parts = (number, series.modality, series.description, images, series.uid)
    return "  ".join(part for part in parts if part)
