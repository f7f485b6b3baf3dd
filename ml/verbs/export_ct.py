"""Write what a person takes away of a CT analysis: the report, key images, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.progress import Progress, Step
from ml.report.ct_material import CtMaterial
from ml.verbs import sealed
from ml.verbs.export import PHASE

if TYPE_CHECKING:
    from ml.report.ct_content import CtContent
    from ml.report.figure import Picture


def export_ct(
    material: CtMaterial,
    folder: Path,
    progress: Progress,
    *,
    keep_identity: bool = False,
    dicom: bool = False,
) -> tuple[Path, ...]:
    """Write `report.pdf`, `report.json`, `slices.csv`, `findings.csv`, a PNG for each key image, and
    `gradcam.tif` where there are maps; with `dicom`, a folder `dicom` of objects for an archive; then
    `privacy.txt` and `record.json`, the signed record of all.

    Each is there whole or not at all; key images of an earlier report in the folder are taken away.
    Everything is drawn before the first file is written. Raises `Problem` when the disk does not let us,
    `Cancelled` when a stop is wished.
    """
    from ml.record.statement import ct_statement
    from ml.report.ct_content import gather_ct
    from ml.report.ct_pdf import build_ct_pdf
    from ml.report.ct_pictures import draw_ct_pictures

    progress.step(Step("Drawing the report", 0, 0))
    material, privacy = sealed.of_series(material, keep_identity=keep_identity)
    content = replace(gather_ct(material), signed_by=sealed.signed_by())
    pictures = draw_ct_pictures(material)
    pdf = build_ct_pdf(content, material, pictures)
    said = ct_statement(material, pictures, sealed.who(keep_identity=keep_identity))
    progress.check()
    _make_room(folder)
    progress.step(Step(PHASE, 0, 0))
    written = _write(material, content, pdf, pictures, folder)
    if dicom:
        written += _write_dicom(material, folder / "dicom", progress, keep_identity=keep_identity)
    files = material.series.files
    subject = material.analysis.provenance.series_sha256, files[0].parent if len(files) > 1 else files[0]
    return (*written, *sealed.finish(folder, written, said, privacy, subject))


def _make_room(folder: Path) -> None:
    """The folder, without what an earlier report left in it that this one may not have. Raises `Problem`."""
    from ml.record.seal import unseal
    from ml.report.atomic import cannot_write

    try:
        folder.mkdir(parents=True, exist_ok=True)
        unseal(folder)
        for old in (*folder.glob("finding-*.png"), folder / "gradcam.tif"):
            old.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(folder.name, error) from error


def _write_dicom(
    material: CtMaterial, folder: Path, progress: Progress, *, keep_identity: bool
) -> tuple[Path, ...]:
    from ml.deidentify.profile import without_identity
    from ml.export.analyzed import write_dicom

    clean = None if keep_identity else without_identity
    return write_dicom(material, folder, progress=progress, clean=clean)


def _write(
    material: CtMaterial, content: CtContent, pdf: bytes, pictures: Sequence[Picture], folder: Path
) -> list[Path]:
    """Every file but the record, in this order."""
    from ml.report.atomic import whole_file
    from ml.report.cam_picture import write_maps
    from ml.report.ct_table import write_findings, write_slices
    from ml.report.facts import write_facts

    with whole_file(folder / "report.pdf") as part:
        part.write_bytes(pdf)
    write_facts(content, folder / "report.json")
    write_slices(material, folder / "slices.csv")
    write_findings(content, folder / "findings.csv")
    written = [folder / name for name in ("report.pdf", "report.json", "slices.csv", "findings.csv")]
    for picture in pictures:
        target = folder / f"{picture.name.replace(' ', '-')}.png"
        with whole_file(target) as part:
            picture.image.save(part, format="PNG")
        written.append(target)
    cams = material.analysis.cams
    if cams:
        names = [material.card.class_names[cam.class_index] for cam in cams]
        facts: dict[str, object] = {"slices": [cam.slice_number + 1 for cam in cams]}
        write_maps(np.stack([cam.values for cam in cams]), names, facts, folder / "gradcam.tif")
        written.append(folder / "gradcam.tif")
    return written
