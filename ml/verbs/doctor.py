"""`parfocal-ml doctor`: whether this computer is fit for Parfocal, what is not, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ml.checkup import decoders, fonts, library, machine, networks
from ml.checkup.finding import Finding
from ml.traces import name_of


def findings(address: str | None = None) -> Iterator[Finding]:
    """One after the other; nothing is changed, nothing is sent.

    `address` is that of the case library; None: as the settings say. Takes seconds, and loads torch.
    """
    where = library.library_address() if address is None else address
    looks: tuple[tuple[str, Callable[[], Finding | Iterable[Finding]]], ...] = (
        ("Computer", machine.computer),
        ("Memory", machine.memory),
        ("Disk", machine.disk),
        ("Folders", machine.folders),
        ("Case library", lambda: library.library(where)),
        ("Clock", lambda: machine.clock(library.file_of(where))),
        ("Keyring", machine.keyring),
        ("Fonts", fonts.fonts),
        ("Decoders", decoders.codecs),
        ("Networks", networks.torch),
        ("Training", networks.training),
        ("Models", networks.models),
    )
    for name, look in looks:
        yield from _found(name, look)


def _found(name: str, look: Callable[[], Finding | Iterable[Finding]]) -> Iterator[Finding]:
    """What a look finds; one that fails is a finding too, and the others go on."""
    try:
        found = look()
        yield from (found,) if isinstance(found, Finding) else found
    except Exception as error:
        means = "Something in it is not as it should be, or there is a fault in Parfocal."
        words = f"could not be looked at ({name_of(error)})"
        yield Finding(name, "bad", words, means, "Save a support file and send it to whoever looks after it.")


def as_text(found: Iterable[Finding]) -> str:
    """All of it as lines to copy."""
    return "\n".join(finding.in_words() for finding in found) + "\n"
