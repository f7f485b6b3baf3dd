"""Write what a person takes away of a CT analysis: the report, key images, and tables."""

from __future__ import annotations

from pathlib import Path

from ml.progress import Progress, Step
from ml.report.ct_material import CtMaterial
from ml.verbs.export import PHASE


def export_ct(material: CtMaterial, folder: Path, progress: Progress) -> tuple[Path, ...]:
    """Write `report.pdf`, `report.json`, `slices.csv`, `findings.csv` and a PNG for each key image.

    Each is there whole or not at all; key images of an earlier report in the folder are taken away.
    Everything is drawn before the first file is written. Raises `Problem` when the disk does not let us,
    `Cancelled` when a stop is wished.
    """
    from ml.report.atomic import cannot_write, whole_file
    from ml.report.ct_content import gather_ct
    from ml.report.ct_pdf import build_ct_pdf
    from ml.report.ct_pictures import draw_ct_pictures
    from ml.report.ct_table import write_findings, write_slices
    from ml.report.facts import write_facts

    progress.step(Step("Drawing the report", 0, 0))
    content, pictures = gather_ct(material), draw_ct_pictures(material)
    pdf = build_ct_pdf(content, material, pictures)
    progress.check()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("finding-*.png"):
            old.unlink()
    except OSError as error:
        raise cannot_write(folder.name, error) from error
    progress.step(Step(PHASE, 0, 0))
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
    return tuple(written)
