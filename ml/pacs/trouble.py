"""What goes wrong with archives, in words: which server, what happened, what to try."""

from __future__ import annotations

import socket
import ssl

from ml.errors import Problem
from ml.pacs.server import Server


class PacsProblem(Problem):
    """An archive does not answer, or not as it should."""


class SecretWanted(PacsProblem):
    """The password or token is missing, or the archive does not accept it."""


def unreachable(server: Server, error: OSError) -> PacsProblem:
    """No connection came about; the reason as the network gave it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return PacsProblem(
            f"{server.words} shows a certificate that is not trusted: {error.verify_message}.",
            "Check that the address is right. If it is, give the archive the issuer’s certificate.",
            server=server.name,
        )
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "reason", None) or error.args[-1]
        return PacsProblem(
            f"{server.words} and this computer agree on no encryption: {reason}.",
            "Check whether this port speaks TLS, and whether it wants a certificate of yours.",
            server=server.name,
        )
    if isinstance(error, socket.gaierror):
        return PacsProblem(
            f"Nobody knows the name {server.host or server.address} in this network.",
            "Check the spelling, or give the address in numbers; perhaps a VPN is needed.",
            server=server.name,
        )
    if isinstance(error, TimeoutError):
        return PacsProblem(
            f"{server.words} does not answer within {server.timeout:g} s.",
            "Check address and port, and whether a firewall or VPN lies between.",
            server=server.name,
        )
    if isinstance(error, ConnectionRefusedError):
        return PacsProblem(
            f"The computer of {server.words} answers, but nothing listens on that port.",
            "Check the port, and whether the archive is running.",
            server=server.name,
        )
    return PacsProblem(
        f"{server.words} cannot be reached: {error.strerror or type(error).__name__}.",
        "Check the network, the address and the port.",
        server=server.name,
    )


def rejected(server: Server, reason: str) -> PacsProblem:
    """The archive answered, and refused to speak with us."""
    lower = reason.lower()
    if "called ae" in lower:
        remedy = f"It is not called “{server.title}”: ask for its application entity title."
    elif "calling ae" in lower:
        remedy = f"It does not know “{server.own_title}”: have this title entered there for this computer."
    else:
        remedy = "Try again later, or ask whoever runs the archive."
    return PacsProblem(f"{server.words} refuses the connection: {reason}.", remedy, server=server.name)


def broke_off(server: Server, doing: str) -> PacsProblem:
    """The connection ended in the middle."""
    return PacsProblem(
        f"The connection to {server.words} broke off while {doing}.",
        "Try again: what has arrived is kept, and only the rest is fetched or sent.",
        server=server.name,
    )


def failed(server: Server, doing: str, status: int, comment: str = "") -> PacsProblem:
    """The archive said no with a DIMSE status."""
    words = {
        0xA700: "it has no room or no time left",
        0xA701: "it has no room left to count what fits",
        0xA702: "it could not deliver the images",
        0xA801: "it does not know where to deliver to",
        0xA900: "the request does not fit the data",
        0xC000: "it could not process the request",
        0x0122: "it does not support this kind of object",
        0x0124: "this computer is not allowed to do that",
        0x0112: "it has no such study or series",
    }
    said = comment.strip() or words.get(status, words.get(status & 0xF000, "no reason given"))
    remedy = "Try again later, or ask whoever runs the archive."
    if status == 0xA801:
        remedy = f"It must know the title “{server.own_title}” with this computer's address and port."
    if status == 0x0124:
        remedy = f"Have the title “{server.own_title}” allowed for it in the archive."
    return PacsProblem(
        f"{server.words} failed while {doing}: {said} (status 0x{status:04X}).",
        remedy,
        server=server.name,
        status=f"0x{status:04X}",
    )


class SeriesIncomplete(PacsProblem):
    """Some images of a series did not come; those that did are kept."""


def incomplete(server: Server, here: int, wanted: int, reason: str = "") -> SeriesIncomplete:
    """Some of a series did not come."""
    return SeriesIncomplete(
        f"{here} of {wanted} images of the series are here; {server.words} did not deliver the rest"
        f"{f': {reason}' if reason else ''}.",
        "Fetch again: only the rest is asked for.",
        server=server.name,
    )
