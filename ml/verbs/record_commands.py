"""The commands around records and privacy, as they are typed: verify, rerun, deidentify, keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from ml.progress import Progress
from ml.verbs.console import run_told
from ml.verbs.option import AsJson

Folder = Annotated[Path, typer.Argument(help="The folder of a report: record.json lies in it.")]
Subject = Annotated[Path | None, typer.Option(help="Where its slide or series lies, if it was moved.")]

keys_app = typer.Typer(help="The key that signs reports, and keys of others.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Hang the commands into the application, each with an example of how it is called."""
    examples: dict[Callable[..., None], str] = {
        verify: "results",
        rerun: "results --slide moved/a.svs",
        deidentify: "a.svs for-the-colleague/a.svs",
    }
    for command, words in examples.items():
        app.command(epilog=f"Example: parfocal-ml {command.__name__} {words}")(command)
    app.add_typer(keys_app, name="keys")


def verify(folder: Folder, slide: Subject = None, as_json: AsJson = False) -> None:
    """Check a report: its files, slide or series, model, and who signed it.

    Exit code 0: nothing changed and the key is known; 1: something changed, is missing or not to be trusted;
    2: there is no record to go by.
    """
    from ml.record.verify import verify as check

    def run(progress: Progress) -> Mapping[str, object]:
        done = check(folder, progress, slide)
        facts: dict[str, object] = {
            "headline": done.headline,
            "sound": done.sound,
            "whole": done.whole,
            "signer": done.signature.signer,
        }
        if as_json:
            shown = ("kind", "name", "state", "words")
            return facts | {"items": [{key: getattr(i, key) for key in shown} for i in done.items]}
        return facts | {f"{n}": f"{i.state}: {i.name} {i.words}" for n, i in enumerate(done.items, 1)}

    raise typer.Exit(run_told(run, as_json=as_json))


def rerun(
    folder: Folder,
    slide: Subject = None,
    device: Annotated[str, typer.Option(help="Another one than then: auto, cpu, cuda, mps.")] = "",
    as_json: AsJson = False,
) -> None:
    """Repeat the analysis of a report from its record, and show what comes out otherwise.

    Exit code 0: the same, or no further apart than another device rounds; 1: not the same any more; 2: it
    cannot be repeated here.
    """
    from ml.verbs.rerun import RerunRequest
    from ml.verbs.rerun import rerun as repeat

    def run(progress: Progress) -> Mapping[str, object]:
        done = repeat(RerunRequest(folder, slide, device), progress)
        return {
            "headline": done.headline,
            "same": done.same,
            "sound": done.agrees,
            "device": done.device,
            "differences": list(done.lines()),
        }

    raise typer.Exit(run_told(run, as_json=as_json))


def deidentify(
    source: Annotated[Path, typer.Argument(help="A slide (SVS, TIFF, DICOM), a picture, or CT as DICOM.")],
    target: Annotated[Path, typer.Argument(help="The copy: a file, for DICOM a folder. A name of nobody's.")],
    as_json: AsJson = False,
) -> None:
    """Write a copy that names nobody: no label, no macro, no text of the file; the same pixels."""
    from ml.deidentify.copy import copy_without_identity

    def run(progress: Progress) -> Mapping[str, object]:
        done = copy_without_identity(source, target, progress)
        return {
            "files": len(done.files),
            "bytes": done.bytes,
            "removed": list(done.removed),
            "kept": list(done.kept),
            "left_out": list(done.left_out),
        }

    raise typer.Exit(run_told(run, as_json=as_json))


@keys_app.command("export")
def export_key(
    target: Annotated[Path, typer.Argument(help="The file to write, PEM.")], as_json: AsJson = False
) -> None:
    """Write the public key with which this installation signs; made now if there is none yet."""
    from ml.record.key import export_public

    raise typer.Exit(run_told(lambda _: {"fingerprint": export_public(target)}, as_json=as_json))


@keys_app.command("import")
def import_key(
    file: Annotated[Path, typer.Argument(help="A public key of somebody else, PEM.")],
    name: Annotated[str, typer.Option(help="Whose it is; else the file's name.")] = "",
    as_json: AsJson = False,
) -> None:
    """Trust somebody's key. Compare the fingerprint with them, by telephone say, before you do."""
    from ml.record import key

    def run(_: Progress) -> Mapping[str, object]:
        known = key.import_key(file, name)
        return {"name": known.name, "fingerprint": known.fingerprint}

    raise typer.Exit(run_told(run, as_json=as_json))


@keys_app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """This installation's key, and those that are trusted."""
    from ml.record import key

    def run(_: Progress) -> Mapping[str, object]:
        own = key.own_public_key()
        mine = {"this installation": key.fingerprint(own)} if own else {}
        return mine | {known.name: known.fingerprint for known in key.known_keys()}

    raise typer.Exit(run_told(run, as_json=as_json))


@keys_app.command("forget")
def forget_key(name: Annotated[str, typer.Argument(help="As the list has it.")]) -> None:
    """Do not trust a key any more."""
    from ml.record.key import distrust

    distrust(name)
