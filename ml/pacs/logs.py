"""What the libraries may write into logs: no passwords, no names of patients."""

from __future__ import annotations

import logging

_TALKATIVE = ("pynetdicom", "dicomweb_client", "urllib3", "retrying")


def hush() -> None:
    """Keep what is said in detail out of every log.

    pynetdicom writes whole requests, passwords among them, when somebody listens at the level DEBUG; the
    web libraries write queries, and these hold names.
    """
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def hush_dimse() -> None:
    """The same inside pynetdicom, where requests are put into words before any logger is asked."""
    from pynetdicom import _config

    hush()
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = False
    _config.LOG_RESPONSE_IDENTIFIERS = False
