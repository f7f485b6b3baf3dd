"""Writes docs/commands.md from the command line itself: `make pages`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
_HEAD = """# Every command and option

Written from the program itself, as `parfocal-ml COMMAND --help` says it.
[The command line](command-line.md) explains what they are for, with examples.
An option in **bold** must be given.
"""


def commands_page() -> str:
    """All commands of `parfocal-ml` with all their options, as a page in Markdown."""
    from typer.main import get_command

    from ml.__main__ import app

    lines = [_HEAD]
    for name, command in _leaves(get_command(app), ""):
        taken = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
        more = ["[OPTIONS]"] if options else []
        usage = " ".join(("parfocal-ml", name, *(_usage(p) for p in taken), *more))
        lines += [f"## {name}", "", f"`{usage}`", "", _plain(command.help or ""), ""]
        if taken or options:
            lines += ["| | meaning | left out |", "|---|---|---|"]
            lines += [_row(param) for param in (*taken, *options)] + [""]
    return "\n".join(lines).rstrip() + "\n"


def _leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Commands that do something, with the words that call them, by name."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word in sorted(command.commands):
        yield from _leaves(command.commands[word], f"{name} {word}".strip())


def _usage(argument: Any) -> str:
    name = str(argument.metavar or argument.name).upper()
    return f"{name}…" if argument.nargs == -1 else name


def _row(param: Any) -> str:
    name = " / ".join(f"`{word}`" for word in (*param.opts, *param.secondary_opts))
    if param.param_type_name == "argument":
        name = f"`{_usage(param)}`"
    default = param.default
    silent = param.required or default in (None, False, "", ()) or callable(default)
    said = "" if silent else f"`{'yes' if default is True else _value(default)}`"
    return f"| {f'**{name}**' if param.required else name} | {_plain(param.help or '')} | {said} |"


def _value(default: object) -> str:
    return str(getattr(default, "value", default))


def _plain(text: str) -> str:
    """One line that no table breaks and no reader of Markdown takes for markup."""
    line = " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
    return line.replace("*", "\\*").replace("_", "\\_").replace("[", "\\[")


if __name__ == "__main__":
    (HERE / "commands.md").write_text(commands_page(), encoding="utf-8")
