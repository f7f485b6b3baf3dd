"""`parfocal-ml spread`: labels for pictures without one, kept apart from those that a person gave."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.report.atomic import whole_file
from ml.verbs.study import made_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml.train.embeddings import Embeddings
    from ml.train.spread import Spread, Spreading

_HEAD = ("file", "label", "patient", "confidence", "origin")


@dataclass(frozen=True)
class SpreadRequest:
    """From which embeddings, where to, and how (see `ml.train.spread.Spreading`)."""

    embeddings: Path
    out: Path = Path("pseudo_labels.csv")
    confidence: float = 0.9
    neighbours: int = 10
    alpha: float = 0.2
    dimensions: int = 50
    fold: int | None = None  # hide whom this fold chooses and reports on; None: nobody is hidden


@dataclass(frozen=True)
class SpreadOut:
    """What was handed on: `facts` stand in the JSON file beside the table."""

    facts: dict[str, object]
    files: tuple[Path, Path]


def spread(request: SpreadRequest, progress: Progress) -> SpreadOut:
    """Write `file,label,patient,confidence,origin` of the newly labelled pictures, and a JSON file beside it.

    Given labels are neither changed nor written. Raises `Problem` where there is nothing to spread or nowhere
    to, and where the table to be written holds labels of another origin.
    """
    import numpy as np

    from ml.train.embeddings import read_embeddings
    from ml.train.spread import Spreading, check_spreading, spread_labels

    how = _checked(Spreading, request)
    _require_own(request.out)
    made = read_embeddings(request.embeddings)
    rows = np.flatnonzero(_in_graph(made, request.fold))
    names, codes = _codes([made.labels[n] for n in rows])
    features, patients = made.features[rows], [made.patients[n] for n in rows]
    progress.step(Step("Spreading labels", 0, 0))
    found = spread_labels(features, codes, how)
    progress.check()
    progress.step(Step("Checking it where labels are known", 0, 0))
    checked = check_spreading(features, codes, patients, how)
    new = [(int(rows[n]), names[found.labels[n]], found.confidence[n]) for n in np.flatnonzero(found.is_new)]
    facts = _facts(made, request, how, found, [name for _, name, _ in new]) | {"checked": checked}
    return SpreadOut(facts, _written(made, request.out, new, facts))


def _checked(kind: type[Spreading], request: SpreadRequest) -> Spreading:
    if not 0 < request.alpha < 1:
        raise Problem(f"alpha {request.alpha:g} is not between 0 and 1.", "Try 0.2.")
    return kind(
        dimensions=request.dimensions,
        neighbours=request.neighbours,
        alpha=request.alpha,
        confidence=request.confidence,
    )


def _require_own(out: Path) -> None:
    """Raise `Problem` where a table would be replaced that was not written here."""
    if not out.exists():
        return
    try:
        with out.open(encoding="utf-8", newline="") as file:
            own = next(csv.reader(file), []) == list(_HEAD)
    except (OSError, UnicodeDecodeError, csv.Error):
        own = False
    if not own:
        raise Problem(f"{out.name} is there and holds something else.", "Give another table with --out.")


def _in_graph(made: Embeddings, fold: int | None) -> NDArray[np.bool_]:
    """(n,): a labelled picture to choose or report on would hand on what nobody may know."""
    import numpy as np

    if fold is None:
        return np.ones(len(made), dtype=bool)
    count = int(made.folds.max()) + 1
    if not 0 <= fold < count:
        words = f"The embeddings know {count} folds" if count else "The embeddings know no folds"
        raise Problem(f"{words}; there is none of number {fold}.", "Embed by a recipe, and count from 0.")
    hidden: NDArray[np.bool_] = ~np.isin(made.folds, (fold, (fold + 1) % count))
    return hidden


def _codes(labels: list[str]) -> tuple[list[str], NDArray[np.intp]]:
    import numpy as np

    from ml.train.spread import UNLABELLED

    names = sorted({label for label in labels if label})
    return names, np.array([names.index(x) if x else UNLABELLED for x in labels], dtype=np.intp)


def _facts(
    made: Embeddings, request: SpreadRequest, how: Spreading, found: Spread, new: list[str]
) -> dict[str, object]:
    import numpy as np

    unlabelled = sum(not label for label in made.labels)
    return {
        "given": len(made) - unlabelled,
        "unlabelled": unlabelled,
        "labelled": len(new),
        "labels": dict(sorted(Counter(new).items())),
        "hidden": len(made) - len(found.labels),
        "mean_confidence": round(float(np.mean(found.confidence[found.is_new])), 4) if new else None,
        "how": asdict(how),
        "features_by": made.made_by,
        "fold": request.fold,
    }


def _written(
    made: Embeddings, out: Path, new: list[tuple[int, str, float]], facts: dict[str, object]
) -> tuple[Path, Path]:
    from ml.train.spread import ORIGIN  # in every line: nobody takes it for a person's table

    made_folder(out.parent)
    with whole_file(out) as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(_HEAD)
        for row, label, confidence in new:
            table.writerow([made.names[row], label, made.patients[row], f"{confidence:.4f}", ORIGIN])
    beside = out.with_suffix(".json")
    with whole_file(beside) as part:
        part.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return out, beside
