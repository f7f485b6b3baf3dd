"""Which ICC profile of a file still describes its pixels once they are RGB."""

from __future__ import annotations

_LARGEST = 2**24  # bytes; those of scanners have some 10 kB, of presses a few MB
_SPACE = slice(16, 20)  # of the header: the colour space of the data (ICC.1:2022, 7.2.8)


def rgb_profile(profile: bytes | None) -> bytes | None:
    """The profile if it is one of RGB colours; one of grey or of inks is about other numbers than ours."""
    if not profile or len(profile) > _LARGEST or profile[_SPACE] != b"RGB ":
        return None
    return bytes(profile)
