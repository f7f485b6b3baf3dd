"""Where something went wrong, without the values: no message, no argument, no folder of this computer.

What an error says may name a file, and a file a patient. Its type, its number and the lines of our code that
it came through cannot.
"""

from __future__ import annotations

import errno
import re
import traceback

_LIBRARY = re.compile(r".*/(?:site-packages|dist-packages)/(.+)")
_PYTHON = re.compile(r".*/lib/python3\.\d+/(.+)|.*/Lib/(.+)")
_OURS = re.compile(r"(?:.*/)?((?:ml|viewer)/[\w/]+\.pyc?)")
_MOST = 60  # frames of one error: an endless recursion has a thousand


def place_of(file: str) -> str:
    """A source file as it is named everywhere: "ml/slide/slide.py"; of others, no more than that."""
    path = file.replace("\\", "/")
    for pattern in (_LIBRARY, _PYTHON, _OURS):
        if found := pattern.fullmatch(path):
            return next(group for group in found.groups() if group)
    if path.startswith("<frozen ") and re.fullmatch(r"<frozen [\w.]+>", path):
        return path
    return "(another file)"


def name_of(error: BaseException) -> str:
    """The type of an error, and of the system's its number by name: "PermissionError (EACCES)"."""
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    number = errno.errorcode.get(error.errno or 0, "") if isinstance(error, OSError) else ""
    number = number or str(getattr(error, "sqlite_errorname", ""))
    return f"{module}{kind.__qualname__}{f' ({number})' if number else ''}"


def trace_of(error: BaseException) -> tuple[str, ...]:
    """The lines of a trace, the cause first: types, source files, line numbers and functions."""
    lines: list[str] = []
    seen: set[int] = set()
    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    for link in reversed(chain):
        lines += _frames(link)
        lines.append(f"  raised {name_of(link)}")
        if isinstance(link, BaseExceptionGroup):
            lines += [f"  raised in the group {name_of(inner)}" for inner in link.exceptions]
    return tuple(lines)


def native_trace(text: str) -> tuple[str, ...]:
    """What `faulthandler` wrote about a crash, with only those of its lines whose form is known."""
    lines: list[str] = []
    for line in text.splitlines():
        if found := re.fullmatch(r'  File "(.*)", line (\d+) in (\S+)', line):
            lines.append(f"  {place_of(found[1])}:{found[2]} in {found[3]}")
        elif re.fullmatch(r"(Current thread|Thread) 0x[0-9a-f]+( \(most recent call first\))?:", line) or (
            re.fullmatch(r"(Fatal Python error|Windows fatal exception): [\w ]+", line)
        ):
            lines.append(line)
    return tuple(lines)


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__, limit=-_MOST)
    return [f"  {place_of(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
