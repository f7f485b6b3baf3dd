"""A unit (a file or folder right under `ml/` or `viewer/`) imports only from lower floors and from itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FLOORS = {
    0: "ml.errors ml.geometry ml.progress ml.paths ml.files ml.palette ml.safe_keyring ml.traces "
    "ml.library_file ml.libraries ml.made_up_head ml.memory",
    1: "ml.slide ml.annotation ml.preparation ml.ct_measure ml.about ml.crash",
    2: "ml.stain_measure ml.tissue ml.patches ml.zoo ml.volume",
    3: "ml.results ml.model ml.evaluate ml.ct_picture ml.ct_about",
    4: "ml.report ml.infer",
    5: "ml.train ml.export ml.pacs ml.exchange ml.record ml.deidentify ml.checkup",
    6: "ml.batch ml.draft",
    7: "ml.verbs",
    8: "ml.__main__",
    9: "viewer.settings",
    10: "viewer.theme viewer.cases",
    11: "viewer.state viewer.canvas",
    12: "viewer.work viewer.tools viewer.ct",
    13: "viewer.panels viewer.actions",
    14: "viewer.wizard",
    15: "viewer.main_window",
    16: "viewer.app",
    17: "viewer.__main__",
}
FLOOR_OF = {unit: floor for floor, units in FLOORS.items() for unit in units.split()}
QT = ("PySide6", "shiboken6", "pyqtgraph")
TORCH_UNITS = {"ml.model", "ml.infer", "ml.train"}


def modules() -> list[Path]:
    return sorted(p for top in ("ml", "viewer") for p in (ROOT / top).rglob("*.py"))


def unit_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every import in a file, also inside functions, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            names = {alias.name for alias in node.names}
            if node.module in {"ml", "viewer"}:
                yield from ((node.lineno, f"{node.module}.{name}") for name in names)
            else:
                yield node.lineno, str(node.module)


@pytest.mark.parametrize("path", modules(), ids=module_name)
def test_imports_only_from_below(path: Path) -> None:
    module = module_name(path)
    if module in {"ml", "viewer"}:
        assert not list(imports(path)), f"{module} itself imports something"
        return
    unit = unit_of(module)
    assert unit in FLOOR_OF, f"{unit} stands on no floor: give it one in this table"
    for line, name in imports(path):
        if name.split(".")[0] in {"ml", "viewer"} and name not in {"ml.__version__"}:
            other = unit_of(name)
            allowed = other == unit or FLOOR_OF.get(other, 99) < FLOOR_OF[unit]
            assert allowed, f"{path}:{line}: {unit} (floor {FLOOR_OF[unit]}) imports {other}"


@pytest.mark.parametrize(
    "path", [p for p in modules() if "ml" in p.relative_to(ROOT).parts[:1]], ids=module_name
)
def test_the_core_knows_no_qt(path: Path) -> None:
    for line, name in imports(path):
        assert not name.startswith(QT), f"{path}:{line} imports {name}"


def test_no_circles_between_files() -> None:
    known = {module_name(p): p for p in modules()}
    arrows = {m: {n for _, n in imports(p) if n in known and n != m} for m, p in known.items()}
    finished: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, f"circle: {' -> '.join((*way, module))}"
        if module not in finished:
            for other in sorted(arrows[module]):
                visit(other, (*way, module))
            finished.add(module)

    for module in arrows:
        visit(module, ())


def test_torch_is_imported_by_name_only_where_it_may_be() -> None:
    heavy = ("torch", "timm", "torchvision", "pytorch_grad_cam")
    for path in modules():
        unit = unit_of(module_name(path))
        for line, name in imports(path):
            if name.split(".")[0] in heavy:
                assert unit in TORCH_UNITS, f"{path}:{line}: {unit} imports {name}"
