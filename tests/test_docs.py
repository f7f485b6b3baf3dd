"""Links in the documentation lead somewhere, and what it says about commands is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "resources").rglob("*.md")]
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, _ in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs" / "adr").glob("0*.md"):
        assert page.name in listed, page.name


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8"))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_keys_of_the_documentation_are_those_of_the_catalog() -> None:
    from viewer.actions.catalog import CATALOG

    keys = {key for entry in CATALOG for key in entry.keys}
    text = (ROOT / "docs" / "first-hour.md").read_text(encoding="utf-8")
    for key in ("R", "P", "A", "N", "G", "F", "F11", "Shift+G", "Ctrl+E", "Ctrl+Z"):
        assert f"`{key}`" in text
        assert key in keys


def test_keys_of_the_ct_page_are_those_of_the_catalog() -> None:
    from viewer.actions.catalog import CATALOG

    keys = {key for entry in CATALOG if entry.kind != "slide" for key in entry.keys}
    keys |= {"Ctrl", "parfocal-ml analyze-ct"}
    text = (ROOT / "docs" / "ct.md").read_text(encoding="utf-8")
    for key in re.findall(r"`([^`]+)`", text):
        assert key in keys, key


def test_keys_of_the_drawing_page_are_those_of_the_catalog() -> None:
    from viewer.actions.catalog import CATALOG

    keys = {key for entry in CATALOG if entry.kind != "ct" for key in entry.keys}
    keys |= {"Shift+Up", "Shift+Down", "Length µm", "Angle °"}  # of the brush, and two measurements
    text = (ROOT / "docs" / "annotate.md").read_text(encoding="utf-8")
    for key in re.findall(r"`([^`]+)`", text):
        assert key in keys, key
    for key, title in re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", text, re.MULTILINE):
        entry = next(e for e in CATALOG if e.title == title.strip())
        assert entry.keys[0] == key
