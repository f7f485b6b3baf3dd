"""How much memory there is for this program: the computer's, or less where a container sets a limit.

psutil tells the computer's alone. In a container, or under a scheduler such as Slurm, Linux ends a program
that takes more than its control group may have, however much the computer has left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


@dataclass(frozen=True)
class Memory:
    """Bytes. `limited`: whether a control group allows less than the computer has."""

    whole: int
    free: int
    limited: bool = False


@dataclass(frozen=True)
class _Names:
    """Files of one version of control groups."""

    limit: str
    used: str
    cache: str  # a line of memory.stat: what the system gives back when memory gets scarce


_FIRST = _Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_SECOND = _Names("memory.max", "memory.current", "inactive_file")


def memory(groups: Path = _GROUPS, own: Path = _OWN) -> Memory:
    """As it is now. `groups`: where control groups are mounted; `own`: the list of those of this process."""
    import psutil

    there = psutil.virtual_memory()
    whole, free, limited = int(there.total), int(there.available), False
    for folder, names in _folders(groups, own):
        found = _of_group(folder, names)
        if found is not None:
            limited = limited or found.whole < whole
            whole, free = min(whole, found.whole), min(free, found.free)
    return Memory(whole, min(free, whole), limited)


def _folders(groups: Path, own: Path) -> Iterator[tuple[Path, _Names]]:
    """This process's groups and all above them, each of which may set a limit."""
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            root, names = groups, _SECOND
        elif "memory" in controllers.split(","):
            root, names = groups / "memory", _FIRST
        else:
            continue
        # Inside a container the path may be as the computer sees it, and not be there: then the root counts.
        folder = root / path.lstrip("/")
        while folder != root and root in folder.parents:
            yield folder, names
            folder = folder.parent
        yield root, names


def _of_group(folder: Path, names: _Names) -> Memory | None:
    """What a group may have and has left; None where it sets no limit, or is not there."""
    try:
        limit = int((folder / names.limit).read_text(encoding="ascii"))
        used = int((folder / names.used).read_text(encoding="ascii"))
    except (OSError, ValueError):  # "max" is no number
        return None
    return Memory(limit, max(limit - max(used - _cache(folder, names), 0), 0))


def _cache(folder: Path, names: _Names) -> int:
    try:
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.split()[:1] == [names.cache]), 0)
