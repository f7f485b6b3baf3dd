"""Patches written once: tar files in WebDataset's layout, and a manifest that says where in them each lies.

Any program reads them as tar, WebDataset streams them, and Parfocal reads single patches by their offset with
nothing but the standard library. `docs/adr/0011-patch-store.md` has the figures behind the choice.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from PIL import Image

from ml.errors import Problem
from ml.preparation import Bytes
from ml.progress import Progress, Step
from ml.report.atomic import whole_folder
from ml.train.manifest import MANIFEST, Manifest, StoredPatch, write_manifest
from ml.train.pictures import RowReader, preparation_of
from ml.train.study_recipe import StudyRecipe
from ml.train.table import Row

Encoding = Literal["jpeg", "png"]
_WORDS: dict[Encoding, str] = {"jpeg": "JPEG, quality 90, full colour", "png": "PNG"}
_PER_SHARD = 5000  # patches of a tar file: some 60 MB of 224 px as JPEG
_BLOCK = 512  # bytes of a tar header


def write_store(
    rows: Sequence[Row], recipe: StudyRecipe, folder: Path, encoding: Encoding, progress: Progress
) -> Manifest:
    """Write all rows into a new folder, whole or not at all. Pictures keep their bytes, patches are encoded.

    JPEG changes pixels a little (that is what scanners did before), PNG does not. Raises `Problem` for
    pictures that cannot be read, for CT, for a folder that holds something; `Cancelled`.
    """
    if any(row.slices for row in rows):
        raise Problem("CT slices are not stored anew.", "They are read from their own DICOM files.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Problem(f"{folder.name} is there already.", "Give another folder with --store.")
    with whole_folder(folder) as beside:
        made = _written(rows, recipe, beside, encoding, progress)
        write_manifest(made, beside / MANIFEST)
    return made


def _written(
    rows: Sequence[Row], recipe: StudyRecipe, folder: Path, encoding: Encoding, progress: Progress
) -> Manifest:
    plan, task = recipe.network, recipe.task
    reader = RowReader(plan, preparation_of(plan, rows))
    patches, shards = list[StoredPatch](), dict[str, int]()
    try:
        for start in range(0, len(rows), _PER_SHARD):
            shard = folder / f"patches-{start // _PER_SHARD:06d}.tar"
            with tarfile.open(shard, "w", format=tarfile.PAX_FORMAT) as tar:
                for number, row in enumerate(rows[start : start + _PER_SHARD], start):
                    progress.check()
                    progress.step(Step("Writing patches", number, len(rows)))
                    content, ending = _content(row, reader, encoding)
                    labels = tuple(c for c, v in zip(task.classes, row.labels, strict=True) if v > 0.5)
                    patches.append(_add(tar, shard.name, f"{number:08d}", content, ending, row, labels))
            shards[shard.name] = shard.stat().st_size
    finally:
        reader.close()
    of_slides = any(row.rect is not None for row in rows)
    words = _WORDS[encoding] if of_slides else "as the files were"
    return Manifest(recipe.name, plan.spacing if of_slides else 0.0, words, shards, tuple(patches))


def _content(row: Row, reader: RowReader, encoding: Encoding) -> tuple[bytes, str]:
    """The bytes to store, and their ending. Raises `Problem` for a picture that cannot be read."""
    try:
        pixels, content, _ = reader.read(row)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise Problem(f"{row.path.name} cannot be read: {error}.", "Copy it anew.") from error
    if row.packed is not None:
        return content, Path(row.packed.name).suffix
    if row.rect is None:
        return content, row.path.suffix.lower()
    return encoded(pixels, encoding), ".jpg" if encoding == "jpeg" else ".png"


def encoded(pixels: Bytes, encoding: Encoding) -> bytes:
    """A patch (height, width, 3) as the bytes of a file."""
    target = io.BytesIO()
    if encoding == "jpeg":
        Image.fromarray(pixels).save(target, "JPEG", quality=90, subsampling=0)
    else:
        Image.fromarray(pixels).save(target, "PNG", compress_level=6)
    return target.getvalue()


def _add(
    tar: tarfile.TarFile,
    shard: str,
    key: str,
    content: bytes,
    ending: str,
    row: Row,
    labels: tuple[str, ...],
) -> StoredPatch:
    """Two members of one key, as WebDataset pairs them: the picture, and what is known of it."""
    offset = tar.offset + _BLOCK  # names of eight digits need no longer header
    place = None if row.rect is None else (row.rect.x, row.rect.y, row.rect.width, row.rect.height)
    patch = StoredPatch(
        name=f"{key}{ending}",
        shard=shard,
        offset=offset,
        length=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        source=row.path.name,
        labels=labels,
        patient=row.group,
        site=row.site,
        place=place,
        cell=row.cell,
    )
    known = {k: v for k, v in dataclasses.asdict(patch).items() if k not in {"name", "shard", "offset"}}
    for name, data in ((patch.name, content), (f"{key}.json", json.dumps(known).encode())):
        member = tarfile.TarInfo(name)
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    return patch
