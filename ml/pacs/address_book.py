"""The archives that a person uses, in one TOML file of the settings folder. It holds no secrets."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from pathlib import Path

from ml import paths
from ml.errors import Problem
from ml.pacs.server import Server
from ml.report.atomic import whole_file

FILE = "pacs.toml"
_HEAD = "# Picture archives that Parfocal knows. Passwords are in the system's keyring, never here.\n"
_CHOICES = {
    "kind": {"dimse", "dicomweb"},
    "retrieve": {"get", "move"},
    "sign_in": {"none", "password", "token"},
}
_TYPES = {field.name: type(field.default) for field in dataclasses.fields(Server) if field.name != "kind"}
_TYPES |= {"name": str, "kind": str}


def file() -> Path:
    """Where the list is kept."""
    return paths.config() / FILE


def servers() -> tuple[Server, ...]:
    """All that are known, by name. Raises `Problem` that names what the file says wrongly."""
    try:
        text = file().read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"{FILE} cannot be read: {error}.", f"Mend or delete it: {file()}") from error
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"{FILE} is no TOML: {error}.", f"Mend or delete it: {file()}") from error
    return tuple(_server(name, table) for name, table in sorted(tables.items()))


def server(name: str) -> Server:
    """The one of this name. Raises `Problem` where there is none."""
    known = {one.name: one for one in servers()}
    if name not in known:
        names = ", ".join(known) or "none yet"
        raise Problem(
            f"There is no server named “{name}”.",
            f"Known are: {names}. A new one comes with `parfocal-ml pacs servers add-dimse` or `add-web`.",
        )
    return known[name]


def taken(name: str) -> Problem:
    """That there is an entry of this name already."""
    return Problem(f"There is an archive named “{name}” already.", "Give this one another name.")


def put(new: Server) -> None:
    """Add a server, or replace the one of its name. Raises `Problem` when it cannot be written."""
    _write((*(one for one in servers() if one.name != new.name), new))


def remove(name: str) -> None:
    """Forget a server. Raises `Problem` where there is none."""
    gone = server(name)
    _write(tuple(one for one in servers() if one.name != gone.name))


def _server(name: str, table: object) -> Server:
    where = f"Mend the part [{name}] of {file()}"
    if not isinstance(table, dict):
        raise Problem(f"{FILE} holds “{name}” outside of any server.", where)
    for key, value in table.items():
        if key not in _TYPES or key == "name":
            raise Problem(f"{FILE} says “{key}” about “{name}”, which means nothing.", where)
        wanted = _TYPES[key]
        fits = type(value) is wanted or (wanted is float and type(value) is int)
        if not fits or (key in _CHOICES and value not in _CHOICES[key]):
            choices = " or ".join(sorted(_CHOICES[key])) if key in _CHOICES else f"a {wanted.__name__}"
            raise Problem(f"{FILE} gives “{name}” a {key} that is not {choices}.", where)
    if "kind" not in table:
        raise Problem(f"{FILE} does not say whether “{name}” is dimse or dicomweb.", where)
    return Server(name=name, **table)


def _write(all_servers: tuple[Server, ...]) -> None:
    parts = [_HEAD]
    for one in sorted(all_servers, key=lambda one: one.name):
        lines = [f"\n[{_text(one.name) if '.' in one.name else one.name}]"]
        for field in dataclasses.fields(one):
            value = getattr(one, field.name)
            if field.name != "name" and value != field.default:
                lines.append(f"{field.name} = {_value(value)}")
        parts.append("\n".join(lines) + "\n")
    with whole_file(file()) as part:
        part.write_text("".join(parts), encoding="utf-8")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's; DEL is the one that JSON leaves bare."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
