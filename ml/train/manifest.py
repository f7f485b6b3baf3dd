"""What lies in a store of patches, and where: the file `manifest.json` beside its tar files."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.errors import Problem
from ml.geometry import Rect

MANIFEST = "manifest.json"
_FORMAT = "parfocal patches 1"


@dataclass(frozen=True)
class StoredPatch:
    """One patch or picture: what it is, and which bytes of which tar file are its JPEG, PNG or TIFF."""

    name: str  # of its member in the tar
    shard: str
    offset: int  # of the first byte, in the tar file
    length: int  # bytes
    sha256: str  # of these bytes
    source: str  # name of the slide or file that it was cut from
    labels: tuple[str, ...]
    patient: str
    site: str = ""
    place: tuple[float, float, float, float] | None = None  # x, y, width, height in level-0 px; None: all
    cell: tuple[int, int] = (0, 0)  # row and column in the grid of its slide

    @property
    def rect(self) -> Rect | None:
        """Its place on the slide, level-0 px."""
        return None if self.place is None else Rect(*self.place)


@dataclass(frozen=True)
class Manifest:
    """The whole store. `spacing` is that of the patches' own pixels, µm/px; 0: pictures, of any size."""

    recipe: str
    spacing: float
    encoding: str  # in words: "JPEG, quality 90", "PNG", "as the files were"
    shards: Mapping[str, int]  # name of each tar file, and its bytes
    patches: tuple[StoredPatch, ...]


def write_manifest(made: Manifest, path: Path) -> None:
    """As JSON, one line a patch."""
    facts = dataclasses.asdict(made)
    lines = [json.dumps(patch, ensure_ascii=False) for patch in facts.pop("patches")]
    head = json.dumps({"format": _FORMAT, **facts}, ensure_ascii=False, indent=2)[:-2]
    path.write_text(f'{head},\n  "patches": [\n' + ",\n".join(lines) + "\n  ]\n}\n", encoding="utf-8")


def read_manifest(path: Path) -> Manifest:
    """Read it, and look whether its tar files are whole. Raises `Problem` that says what is wrong."""
    folder = path.parent.name
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if facts.pop("format") != _FORMAT:
            raise Problem(
                f"{folder} is a store of another version.", "Write it anew by `parfocal-ml dataset`."
            )
        patches = tuple(_patch(one) for one in facts.pop("patches"))
        made = Manifest(patches=patches, **facts)
        sizes = {name: int(size) for name, size in made.shards.items()}
    except FileNotFoundError:
        raise Problem(
            f"{folder} holds no {path.name}.", "Give the folder of a store in the recipe."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem(
            f"{path.name} of {folder} cannot be read: {error}.",
            "Write the store anew by `parfocal-ml dataset`.",
        ) from error
    for name, size in sizes.items():
        shard = path.parent / name
        found = shard.stat().st_size if Path(name).name == name and shard.is_file() else -1
        if found != size:
            what = "is missing" if found < 0 else "is not whole"
            raise Problem(f"{name} of {folder} {what}.", "Copy the store anew.")
    return made


def _patch(facts: Mapping[str, Any]) -> StoredPatch:
    place = facts["place"]
    lists: dict[str, Any] = {
        "labels": tuple(map(str, facts["labels"])),
        "cell": (int(facts["cell"][0]), int(facts["cell"][1])),
        "place": None if place is None else tuple(float(value) for value in place),
    }
    return StoredPatch(**{**facts, **lists})
