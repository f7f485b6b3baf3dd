"""Writes the pages that follow from the program itself: `make pages`. Today that is docs/keys.md."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent
_WHERE = {"": "", "slide": "slides", "ct": "CT"}


def keys_page() -> str:
    """All commands by menu, as a page in Markdown."""
    from viewer.actions.catalog import CATALOG, MENUS

    lines = [
        "# Keys",
        "",
        "All commands, as the menus have them. `Ctrl+K` finds one by its name, "
        "`?` shows this list in the window.",
        "On a Mac `Ctrl` is ⌘.",
        "",
    ]
    for menu in MENUS:
        entries = [entry for entry in CATALOG if entry.group == menu]
        if not entries:
            continue
        lines += [f"## {menu}", "", "| command | keys | for | what it does |", "|---|---|---|---|"]
        for entry in entries:
            keys = " or ".join(f"`{key}`" for key in entry.keys).replace("|", "\\|")
            lines.append(f"| {entry.title} | {keys} | {_WHERE[entry.kind]} | {entry.tip} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    (HERE / "keys.md").write_text(keys_page(), encoding="utf-8")
