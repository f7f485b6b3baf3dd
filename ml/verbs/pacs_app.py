"""The words of `parfocal-ml pacs`: which there are and what they mean."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ml.verbs.option import AsJson

pacs_app = typer.Typer(
    help="Picture archives: find studies, fetch series, send results.", no_args_is_help=True
)
servers_app = typer.Typer(help="The archives that are known: list, add, remove, secret.")
pacs_app.add_typer(servers_app, name="servers")

NewName = Annotated[str, typer.Argument(help="What to ask for it by.")]
CaFile = Annotated[Path | None, typer.Option(help="PEM: who vouches for it.")]
CertificateFile = Annotated[Path | None, typer.Option(help="PEM: our certificate.")]
KeyFile = Annotated[Path | None, typer.Option(help="PEM: its key.")]
User = Annotated[str, typer.Option(help="Sign in with this user and a password.")]
PlainPassword = Annotated[bool, typer.Option("--plain-password", help="Allow it without encryption.")]
Timeout = Annotated[float, typer.Option(help="Seconds without an answer.")]
Name = Annotated[str, typer.Argument(help="Name of a server, as `pacs servers` lists it.")]


class Retrieve(StrEnum):
    """How images come over DIMSE."""

    get = "get"
    move = "move"


@servers_app.callback(invoke_without_command=True)
def servers(context: typer.Context, as_json: AsJson = False) -> None:
    """The archives that are known. Their passwords are in the system's keyring."""
    from ml.verbs import pacs_command

    if context.invoked_subcommand is None:
        for facts in pacs_command.listed():
            words = json.dumps(facts, ensure_ascii=False) if as_json else pacs_command.in_one_line(facts)
            typer.echo(words)


@servers_app.command(
    "add-dimse",
    epilog="Example: parfocal-ml pacs servers add-dimse north pacs.example --port 104 --title NORTH",
)
def add_dimse(
    name: NewName,
    host: Annotated[str, typer.Argument(help="Name or address of its computer.")],
    port: Annotated[int, typer.Option(help="Its port.")] = 104,
    title: Annotated[str, typer.Option(help="Its application entity title.")] = "ANY-SCP",
    own_title: Annotated[str, typer.Option(help="Ours, as it knows us.")] = "PARFOCAL",
    retrieve: Annotated[Retrieve, typer.Option(help="Fetch by C-GET or C-MOVE.")] = Retrieve.get,
    listen_host: Annotated[str, typer.Option(help="C-MOVE: address to listen on; empty: all.")] = "",
    listen_port: Annotated[int, typer.Option(help="C-MOVE: port that it has for us.")] = 11112,
    tls: Annotated[bool, typer.Option("--tls", help="Encrypt.")] = False,
    ca_file: CaFile = None,
    certificate_file: CertificateFile = None,
    key_file: KeyFile = None,
    user: User = "",
    plain_password: PlainPassword = False,
    timeout: Timeout = 30.0,
) -> None:
    """Add an archive that speaks DIMSE, or replace the one of that name."""
    dimse: dict[str, Any] = {"host": host, "port": port, "title": title, "own_title": own_title}
    dimse |= {"retrieve": retrieve.value, "listen_host": listen_host, "listen_port": listen_port, "tls": tls}
    files = _files(ca_file, certificate_file, key_file)
    sign_in = "password" if user else "none"
    common = {"user": user, "sign_in": sign_in, "plain_password": plain_password, "timeout": timeout}
    _add({"name": name, "kind": "dimse", **dimse, **files, **common})


@servers_app.command(
    "add-web",
    epilog="Example: parfocal-ml pacs servers add-web south https://pacs.example/dicom-web --user jane",
)
def add_web(
    name: NewName,
    url: Annotated[str, typer.Argument(help="The address under which /studies lies.")],
    ca_file: CaFile = None,
    certificate_file: CertificateFile = None,
    key_file: KeyFile = None,
    user: User = "",
    token: Annotated[bool, typer.Option("--token", help="Sign in with a token.")] = False,
    plain_password: PlainPassword = False,
    timeout: Timeout = 30.0,
) -> None:
    """Add an archive that speaks DICOMweb, or replace the one of that name."""
    files = _files(ca_file, certificate_file, key_file)
    sign_in = "token" if token else "password" if user else "none"
    common = {"user": user, "sign_in": sign_in, "plain_password": plain_password, "timeout": timeout}
    _add({"name": name, "kind": "dicomweb", "url": url, **files, **common})


@servers_app.command("remove")
def remove(name: Name) -> None:
    """Forget an archive and its secret."""
    from ml.verbs import pacs_command

    typer.echo(pacs_command.remove(name))


@servers_app.command("secret")
def secret(name: Name) -> None:
    """Type its password or token: it goes into the system's keyring. Also read from standard input."""
    from ml.verbs import pacs_command

    typer.echo(pacs_command.keep_secret(name))


@pacs_app.command("echo")
def echo(server: Name, as_json: AsJson = False) -> None:
    """Whether an archive answers."""
    from ml.verbs import pacs_command

    raise typer.Exit(pacs_command.echo(server, pacs_command.teller(as_json)))


@pacs_app.command(
    "find", epilog="Example: parfocal-ml pacs find north --patient-name 'Doe*' --date 20240101- --modality CT"
)
def find(
    server: Name,
    patient_name: Annotated[str, typer.Option(help="With * and ? for letters: 'Doe*'.")] = "",
    patient_id: Annotated[str, typer.Option(help="As the hospital has it.")] = "",
    date: Annotated[str, typer.Option(help="20240131, or a range: 20240101-20240131.")] = "",
    modality: Annotated[str, typer.Option(help="CT, MR, …")] = "",
    description: Annotated[str, typer.Option(help="Of the study, with * and ?.")] = "",
    accession: Annotated[str, typer.Option(help="Accession number.")] = "",
    study: Annotated[str, typer.Option(help="List the series of the study with this UID.")] = "",
    limit: Annotated[int, typer.Option(help="Studies at most.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Find studies, or list the series of one."""
    from ml.pacs.pacs import Query
    from ml.verbs import pacs_command

    told = pacs_command.teller(as_json)
    if study:
        raise typer.Exit(pacs_command.find_series(server, study, told))
    query = Query(patient_name, patient_id, date, modality, description, accession)
    raise typer.Exit(pacs_command.find(server, query, limit, told))


@pacs_app.command("fetch", epilog="Example: parfocal-ml pacs fetch north --study 1.2.3 --out cases")
def fetch(
    server: Name,
    study: Annotated[str, typer.Option(help="UID of the study.")],
    out: Annotated[Path, typer.Option(help="Folder; each series gets one of its own in it.")],
    series: Annotated[str, typer.Option(help="UID of one series; else all of the study.")] = "",
    as_json: AsJson = False,
) -> None:
    """Fetch series. What is there already is not fetched again; Ctrl-C keeps what has arrived."""
    from ml.verbs import pacs_command

    raise typer.Exit(pacs_command.fetch(server, study, series, out, pacs_command.teller(as_json)))


@pacs_app.command("send", epilog="Example: parfocal-ml pacs send north results/")
def send(
    server: Name,
    paths: Annotated[list[Path], typer.Argument(help="DICOM files, or folders of them.")],
    as_json: AsJson = False,
) -> None:
    """Send DICOM files to an archive, as they are."""
    from ml.verbs import pacs_command

    raise typer.Exit(pacs_command.send(server, paths, pacs_command.teller(as_json)))


def _add(entry: dict[str, Any]) -> None:
    from ml.pacs.server import Server
    from ml.verbs import pacs_command

    typer.echo(pacs_command.add(Server(**entry)))


def _files(ca: Path | None, certificate: Path | None, key: Path | None) -> dict[str, str]:
    """Paths of PEM files with all folders: the list of servers is read from anywhere."""
    named = {"ca_file": ca, "certificate_file": certificate, "key_file": key}
    return {name: "" if path is None else str(path.expanduser().resolve()) for name, path in named.items()}
