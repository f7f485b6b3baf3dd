"""What a page of PerkinElmer's (Akoya's) QPTIFF says about itself."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ml.slide.channel_facts import ChannelFacts, Color


def tag_of(xml: str, name: str) -> str:
    """The text of the first element of this name, "" where there is none; also of a broken header."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", xml)
    return found[1].strip() if found else ""


def channel_of(xml: str) -> ChannelFacts:
    """The channel that a page holds. A broken header says nothing, which is no reason to refuse."""
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314 - expat bounds its entities
    except ElementTree.ParseError:
        return ChannelFacts()
    marker, name = ((root.findtext(tag) or "").strip() for tag in ("Biomarker", "Name"))
    known = f"{marker} ({name})" if marker and name and marker != name else marker or name
    return ChannelFacts(known, _color(root.findtext("Color") or ""))


def _color(text: str) -> Color | None:
    """Red, green, blue as decimal numbers. Black says nothing."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return None
    red, green, blue = (min(255, int(part)) for part in parts)
    return (red, green, blue) if red or green or blue else None
