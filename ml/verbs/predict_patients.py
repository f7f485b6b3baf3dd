"""`parfocal-ml predict TABLE`: slides through a model of one label a slide, a row a patient."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.progress import Progress

if TYPE_CHECKING:
    from ml.model.network import Network

_FILE = ("file", "slide", "image_id")
_PATIENT = ("patient", "patient_id", "group")
_ENDING = ".tif"  # of a name that has none, as in the table of the stroke-clot challenge


def patients_of(table: Path) -> dict[str, list[Path]]:
    """The slides of each patient, in the order of the table; without a column of patients each slide is one.

    Slides lie beside the table. Raises `Problem` where it has no column of slides, or slides are missing.
    """
    from ml.train.table import lines_of

    lines = lines_of(table, str(table.parent.name), ())
    columns = tuple(lines[0]) if lines else ()
    file = next((name for name in _FILE if name in columns), None)
    if file is None:
        raise Problem(f"{table.name} has no column of slides.", f"Call it one of {', '.join(_FILE)}.")
    patient = next((name for name in _PATIENT if name in columns), file)
    found: dict[str, list[Path]] = {}
    for line in lines:
        name = line[file].strip()
        path = table.parent / (name if Path(name).suffix else f"{name}{_ENDING}")
        found.setdefault(line[patient].strip(), []).append(path)
    missing = [path.name for paths in found.values() for path in paths if not path.exists()]
    if missing:
        total = sum(map(len, found.values()))
        told = f"{len(missing):,} of {total:,} slides are not beside {table.name}: {', '.join(missing[:5])}"
        raise Problem(f"{told}.", "Put them there, or leave their lines out.")
    return found


def patient_rows(network: Network, table: Path, progress: Progress) -> list[list[str]]:
    """Head and rows: patient, prediction, a column a class, how many slides and patches it rests on.

    Raises `Problem`, also where the model answers patches only; `SlideProblem`, `Cancelled`.
    """
    from ml.train.slide_answer import predict_patients

    names = network.card.class_names
    rows = [["patient", "prediction", *names, "slides", "patches"]]
    for answer in predict_patients(network, patients_of(table), progress):
        likeliest = names[int(answer.probabilities.argmax())]
        shares = (f"{value:.6f}" for value in answer.probabilities)
        rows.append([answer.patient, likeliest, *shares, str(len(answer.slides)), str(sum(answer.tiles))])
    return rows
