"""A torch without CUDA, made from the one that the registry has: for computers without an NVIDIA card.

The registry's torch for Linux is the CUDA build: 480 MB of `libtorch_cuda.so` and 3 GB of NVIDIA's libraries
that a computer without such a card loads and never uses. Its Python half (`libtorch_python.so`) names some
150 symbols of them. Here each library is replaced by one of a few KB that has these symbols and does nothing,
and torch is told that it was built without CUDA, so that nobody calls them. Whoever can have torch's own CPU
build uses that instead (`torch.version.cuda` is None there, and nothing is replaced). Linux on x86-64, with
gcc and binutils; see ADR 0016.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bundle.links import linked

DROPPED = (
    "libcaffe2_nvrtc.so",
    "libtorch_cuda.so",
    "libtorch_cuda_linalg.so",
    "libtorch_nvshmem.so",
)
STRIPPED = ("libtorch_cpu.so", "libtorch_python.so")  # 100 MB of names for debuggers
SYSTEM = ("libc.so.6", "libgcc_s.so.1", "libm.so.6", "libstdc++.so.6")
_STANDARD_TYPE = "_ZTVN10__cxxabiv117__class_type_infoE+16"
_NOTHING = "_ret_nothing"
_SLOTS = 40  # of a stand-in's table of virtual functions; more than any of these classes has


@dataclass(frozen=True)
class Symbol:
    """One that a library offers: its kind (FUNC, OBJECT), bytes, and version ("" for none)."""

    kind: str
    size: int
    version: str


def without_cuda(target: Path) -> Path:
    """Put a `torch` package without CUDA into a folder, and return the folder. Raises `RuntimeError`.

    Files that stay as they are become hard links where the disk allows it.
    """
    torch = _package("torch")
    made = target / "torch"
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(
        torch, made, copy_function=linked, ignore=shutil.ignore_patterns("__pycache__", "include")
    )
    for name in DROPPED:
        (made / "lib" / name).unlink(missing_ok=True)
    nvidia = _package("nvidia")
    runtime = next(nvidia.glob("*/lib/libcudart.so.*"))  # small, and torch's own libraries start it
    shutil.copy2(runtime, made / "lib" / runtime.name)
    kept = [*(made / "lib").glob("lib*.so*"), *made.glob("_C*.so"), *_package("torchvision").glob("*.so")]
    for name, offered in _providers(torch, nvidia, runtime.name, kept).items():
        _write_stand_in(made / "lib" / name, offered, _wanted(kept))
    for name in STRIPPED:
        _strip(made / "lib" / name)
    _say_no_cuda(made)
    return target


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"{name} is not installed here")
    return Path(next(iter(spec.submodule_search_locations)))


def _strip(library: Path) -> None:
    """Take out what only debuggers read. The file is a link to the original until then: a copy is made."""
    made = library.with_suffix(".stripped")
    subprocess.run(["strip", "--strip-unneeded", "-o", str(made), str(library)], check=True)
    shutil.copymode(library, made)
    made.replace(library)


def symbols(library: Path) -> tuple[set[str], dict[str, Symbol]]:
    """What a library asks for, and what it offers, by name."""
    command = ["readelf", "-W", "--dyn-syms", str(library)]
    asked: set[str] = set()
    offered: dict[str, Symbol] = {}
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        fields = line.split()
        if len(fields) < 8 or not fields[0].rstrip(":").isdigit():
            continue
        name, _, version = fields[7].replace("@@", "@").partition("@")
        if fields[6] == "UND":
            asked.add(name)
        else:
            offered[name] = Symbol(fields[3], int(fields[2], 0), version)
    return asked, offered


def needed(library: Path) -> list[str]:
    """The libraries that it loads, by their names."""
    command = ["readelf", "-d", str(library)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return re.findall(r"NEEDED.*\[(.+)\]", told)


def _providers(torch: Path, nvidia: Path, runtime: str, kept: list[Path]) -> dict[str, dict[str, Symbol]]:
    """What each library offers that somebody loads and that is not here."""
    own = {path.name for path in kept} | {runtime}
    missing = {name for path in kept for name in needed(path)} - own
    found: dict[str, dict[str, Symbol]] = {}
    for name in sorted(missing):
        paths = [*(torch / "lib").glob(name), *nvidia.glob(f"*/lib/{name}")]
        if paths:
            found[name] = symbols(paths[0])[1]
    # What is reached through it only.
    found["libtorch_cuda.so"] = symbols(torch / "lib" / "libtorch_nvshmem.so")[1] | found["libtorch_cuda.so"]
    return found


def _wanted(kept: list[Path]) -> set[str]:
    """Symbols that no library that stays has."""
    asked: set[str] = set()
    there: set[str] = set()
    for path in kept:
        one, offered = symbols(path)
        asked |= one
        there |= offered.keys()
    folder = Path(
        subprocess.run(
            ["gcc", "-print-file-name=libc.so.6"], capture_output=True, text=True, check=True
        ).stdout.strip()
    ).parent
    for name in SYSTEM:
        path = folder / name
        there |= symbols(path)[1].keys() if path.exists() else set()
    return asked - there


def _write_stand_in(path: Path, offered: dict[str, Symbol], wanted: set[str]) -> None:
    chosen = {name: offered[name] for name in sorted(wanted & offered.keys())}
    source, script = path.with_suffix(".s"), path.with_suffix(".map")
    source.write_text(assembly(chosen), encoding="ascii")
    options: list[str] = []
    versions: dict[str, list[str]] = {}
    for name, symbol in chosen.items():
        if symbol.version:
            versions.setdefault(symbol.version, []).append(name)
    if versions:
        script.write_text(
            "".join(
                f"{v} {{ global: {' '.join(f'{n};' for n in names)} }};\n" for v, names in versions.items()
            ),
            encoding="ascii",
        )
        options.append(f"-Wl,--version-script={script}")
    command = [
        "gcc",
        "-shared",
        "-nostdlib",
        "-o",
        str(path),
        str(source),
        f"-Wl,-soname,{path.name}",
        *options,
    ]
    subprocess.run(command, check=True)
    source.unlink()
    script.unlink(missing_ok=True)


def assembly(chosen: dict[str, Symbol]) -> str:
    """A library with these symbols: functions return 0, types say their name, other data is zero."""
    code = [".text", ".p2align 4", f"{_NOTHING}: xorl %eax,%eax", "ret"]
    data = [".local _room", ".comm _room,4096,64", '.section .data.rel,"aw"']
    for number, (name, symbol) in enumerate(chosen.items()):
        if symbol.kind != "OBJECT":
            code += [f'.globl "{name}"', f'.type "{name}",@function', f'"{name}":']
            made = re.match(r"_Z(N.*Options)C[12]E", name)
            if made:  # built while torch is loaded, as a default argument: it needs virtual functions
                code += [f"leaq _table{number}+16(%rip),%rax", "movq %rax,(%rdi)", "movl $1,%eax", "ret"]
                data += [".p2align 5", f"_table{number}: .quad 0, _type{number}", f".rept {_SLOTS}"]
                data += [
                    f".quad {_NOTHING}",
                    ".endr",
                    f"_type{number}: .quad {_STANDARD_TYPE}, _name{number}",
                ]
                data += [f'_name{number}: .asciz "{made.group(1)}E"']
            elif "gil_checker" in name:  # returns a reference that is written to while torch is loaded
                code += ["leaq _room(%rip),%rax", "ret"]
            else:
                code += [f"jmp {_NOTHING}"]
            continue
        data += [".p2align 5", f'.globl "{name}"', f'.type "{name}",@object', f'.size "{name}",{symbol.size}']
        if name.startswith("_ZTI"):
            data += [f'"{name}": .quad {_STANDARD_TYPE}, _name{number}', f".zero {symbol.size - 16}"]
            data += [f'_name{number}: .asciz "{name[4:]}"']
        else:
            data += [f'"{name}": .zero {max(symbol.size, 1)}']
    return "\n".join([*code, *data, '.section .note.GNU-stack,"",@progbits', ""])


def _say_no_cuda(made: Path) -> None:
    for file, before, after in (
        ("backends/cuda/__init__.py", r"return torch\._C\._has_cuda\b", "return False"),
        ("version.py", r"(?m)^(cuda\b[^=]*=).*$", r"\1 None"),
        ("version.py", r"\+cu\d+", "+cpu"),
    ):
        path = made / file
        text, count = re.subn(before, after, path.read_text(encoding="utf-8"))
        if not count:
            raise RuntimeError(f"torch/{file} is not as it was: look at it before you go on")
        path.unlink()  # it may be a link to the original
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    import sys

    without_cuda(Path(sys.argv[1]))
