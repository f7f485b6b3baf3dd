"""What goes wrong over DICOMweb, in the same words as over DIMSE."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

import requests

from ml.pacs.multipart import Incomplete, NotMultipart
from ml.pacs.server import Server
from ml.pacs.trouble import PacsProblem, SecretWanted, broke_off, unreachable


class NotThere(PacsProblem):
    """The archive has nothing under this address."""


class NotTaken(PacsProblem):
    """The archive does not take what was sent."""


ASKING = "asking whether it is there"

_REFUSED = {400, 409, 413, 415, 422}


@contextlib.contextmanager
def told(server: Server, doing: str) -> Iterator[None]:
    """Whatever requests raises becomes a `PacsProblem`; so does an answer that is no DICOM."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except requests.HTTPError as error:
        raise _answered(server, doing, error) from None
    except (requests.exceptions.JSONDecodeError, NotMultipart):
        raise _no_dicom(server) from None
    except (
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
        Incomplete,
    ):
        raise broke_off(server, doing) from None
    except requests.Timeout:
        raise unreachable(server, TimeoutError()) from None
    except requests.ConnectionError as error:
        cause = _cause(error)
        if isinstance(cause, ConnectionResetError | BrokenPipeError):
            raise _no_dicom(server) if doing == ASKING else broke_off(server, doing) from None
        raise unreachable(server, cause) from None
    except requests.TooManyRedirects:
        raise _no_dicom(server) from None


def _answered(server: Server, doing: str, error: requests.HTTPError) -> PacsProblem:
    """An answer that is a refusal."""
    code = 0 if error.response is None else error.response.status_code
    facts = {"server": server.name, "status": code}
    if code == 401:
        what = {"none": "wants a sign-in", "password": "does not accept user and password"}
        kind = PacsProblem if server.sign_in == "none" else SecretWanted
        return kind(
            f"{server.words} {what.get(server.sign_in, 'does not accept the token')}.",
            f"Type it anew: parfocal-ml pacs servers secret {server.name}"
            if server.sign_in != "none"
            else "Say in its entry how to sign in (sign_in, user).",
            **facts,
        )
    if code == 403:
        return PacsProblem(
            f"{server.words} does not allow this account to go on {doing}.",
            "Ask whoever runs the archive to allow it.",
            **facts,
        )
    if code == 404:
        return NotThere(
            f"{server.words} answers “not found” (404) while {doing}.",
            "Check the web address: it is the one under which /studies lies.",
            **facts,
        )
    if code in _REFUSED:
        return NotTaken(
            f"{server.words} does not take the request ({code}) while {doing}.",
            "Ask whoever runs the archive what it takes.",
            **facts,
        )
    return PacsProblem(
        f"{server.words} failed while {doing} (HTTP {code}).",
        "Try again later, or ask whoever runs the archive.",
        **facts,
    )


def _no_dicom(server: Server) -> PacsProblem:
    return PacsProblem(
        f"{server.words} is reached, but does not answer in DICOMweb.",
        "Check the web address: it is the one under which /studies lies.",
        server=server.name,
    )


def _cause(error: BaseException) -> OSError:
    """The network's own error inside of what two libraries wrapped around it."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or one in seen:
            continue
        seen.append(one)
        if isinstance(one, OSError) and not isinstance(one, requests.RequestException):
            return one
        inner = [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        waiting += [part for part in inner if isinstance(part, BaseException)]
    return OSError(str(type(error).__name__))
