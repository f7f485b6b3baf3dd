"""Links in the documentation lead somewhere, and what it says about commands is so."""

from __future__ import annotations

import re
import runpy
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_anchors_are_headings(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        if anchor and "://" not in target and target.endswith(".md"):
            there = page.parent / target
            assert anchor[1:] in anchors(there), f"{page.name} links to {target}{anchor}"


def anchors(page: Path) -> set[str]:
    """Those of a page's headings, as code hosts and the site make them."""
    headings = re.findall(r"(?m)^#{1,6} (.+)$", page.read_text(encoding="utf-8"))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)
    return set(plain)


def test_every_page_is_in_the_navigation() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"(?m)^([a-z-]+)$", index))
    linked = set(re.findall(r"\(([a-z-]+)\.md\)", index))
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages <= listed, "each page stands in a toctree of the index"
    assert pages <= linked, "and is told of on it"


def test_the_page_of_keys_is_what_the_program_has() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_pages.py"))["keys_page"]()
    there = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    assert there == made, "renew it: make pages"


def test_the_page_of_commands_is_what_the_program_has() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_commands.py"))["commands_page"]()
    there = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert there == made, "renew it: make pages"


def test_menu_paths_of_the_pages_exist() -> None:
    from viewer.actions.catalog import CATALOG, MENUS

    titles = {(entry.group, entry.title) for entry in CATALOG}
    named = [
        (page.name, menu, title)
        for page in (ROOT / "docs").glob("*.md")
        for menu, title in re.findall(r"\*(\w+) ▸ ([^*▸]+)\*", page.read_text(encoding="utf-8"))
        if menu in MENUS
    ]
    assert named
    missing = [one for one in named if one[1:] not in titles]
    assert not missing


def test_every_recipe_that_is_told_of_is_there() -> None:
    told = set(re.findall(r"^## \d\. .*\(`([\w-]+)`\)$", _text("recipes.md"), re.MULTILINE))
    there = {path.stem for path in (ROOT / "resources" / "recipes").glob("*.toml")}
    assert len(told) == 5
    assert told <= there
    assert there - set(re.findall(r"`([\w-]+)`", _text("recipes.md"))) <= {"cellularity"}


def test_messages_of_the_troubleshooting_page_are_those_of_the_program() -> None:
    told = re.findall(r"^\| `([^`]+)` \|", _text("troubleshooting.md"), re.MULTILINE)
    source = "".join(
        path.read_text(encoding="utf-8") for top in ("ml", "viewer") for path in (ROOT / top).rglob("*.py")
    )
    assert told
    assert not [message for message in told if message not in source]


def _text(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def test_every_command_of_the_line_is_told_of() -> None:
    from typer.main import get_command

    from ml.__main__ import app

    text = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    names = get_command(app).commands
    assert not [name for name in names if not re.search(rf"parfocal-ml {name}\b|`{name}`", text)]


def test_the_reader_of_the_example_is_a_reader(tmp_path: Path) -> None:
    import numpy as np

    from ml.errors import SlideProblem
    from ml.geometry import Size

    reader = runpy.run_path(str(ROOT / "docs" / "examples" / "array_reader.py"))["ArrayReader"]
    pixels = np.random.default_rng(3).integers(0, 255, (700, 900, 3), dtype=np.uint8)
    np.save(tmp_path / "a.npy", pixels)
    with reader(tmp_path / "a.npy") as slide:
        assert (slide.info.levels[0].columns, slide.info.levels[0].rows) == (4, 3)
        np.testing.assert_array_equal(slide.read_tile(0, 3, 2), pixels[512:, 768:])
        block = slide.read_block(0, 200, 100, Size(300, 400))
        np.testing.assert_array_equal(block, pixels[100:500, 200:500])
        with pytest.raises(IndexError):
            slide.read_tile(0, 4, 0)
    np.save(tmp_path / "b.npy", np.zeros((4, 4)))
    with pytest.raises(SlideProblem, match="float64"):
        reader(tmp_path / "b.npy")
    np.save(tmp_path / "c.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(SlideProblem, match="no array"):
        reader(tmp_path / "c.npy")


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
