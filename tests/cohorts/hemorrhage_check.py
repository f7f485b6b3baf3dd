"""What a model of kinds of hemorrhage is worth on a composed cohort that it has not seen, and where it looks.

    python -m tests.cohorts.hemorrhage FOLDER 30 12
    python -m tests.cohorts.hemorrhage_check BUNDLE FOLDER

Thresholds are those of the model's card. The pointing game (Zhang et al. 2018): for every kind in every slice
that holds it and where the model says so, is the highest place of the Grad-CAM map inside the drawn lesion?
Chance is the lesion's share of the head in the same slices. Figures are composed: see `hemorrhage`.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from ml.evaluate import discrimination as d
from ml.evaluate.classification import interval
from ml.evaluate.log_loss import weighted_log_loss
from ml.infer.explain import Explainer
from ml.infer.slices import explain_slice
from ml.model.device import choose_device
from ml.model.network import load_network
from ml.volume.crop import head_mask
from ml.volume.series import find_series
from ml.volume.slice import read_hounsfield
from ml.zoo.bundle import open_bundle
from tests.cohorts.hemorrhage import KINDS


def check(bundle: Path, folder: Path) -> dict[str, object]:
    """All figures with 95 % intervals over "patients"."""
    network = load_network(open_bundle(bundle), choose_device("cpu"))
    card = network.card
    assert network.cam_layer is not None
    explainer = Explainer(network, network.cam_layer, network.cam_cells)
    with (folder / "labels.csv").open(newline="") as file:
        labels = {Path(row["file"]).stem: row for row in csv.DictReader(file)}
    truth, said, groups = [], [], []
    hits: dict[str, list[tuple[str, bool, float]]] = {name: [] for name in card.class_names}
    for series in find_series(folder / "series").series:
        for number, slice_ in enumerate(series.slices):
            stack = series.around(number, card.preparation.neighbours)  # type: ignore[union-attr]
            row = labels[slice_.path.stem]
            true = np.array([row[name] == "1" for name in card.class_names])
            there = [int(c) for c in np.flatnonzero(true)]
            if there:
                found, maps = explain_slice(explainer, stack, there)
                bits = np.asarray(Image.open(folder / "masks" / f"{slice_.path.stem}.png"))
                head = head_mask(read_hounsfield(slice_.path)).sum()
                for c, heat in zip(there, maps, strict=True):
                    name = card.class_names[c]
                    mask = bits > 0 if name == "any" else (bits >> KINDS.index(name)) & 1 > 0
                    place = np.unravel_index(int(heat.argmax()), heat.shape)
                    if found[c] >= card.thresholds[c]:
                        hits[name].append((series.patient, bool(mask[place]), float(mask.sum() / head)))
            else:
                found = _answer(network, stack)
            truth.append(true)
            said.append(found)
            groups.append(series.patient)
    return {
        "slices": len(truth),
        "patients": len(set(groups)),
        **_figures(np.array(truth), np.array(said), groups, card.class_names, card.thresholds),
        "pointing": {name: _pointing(rows) for name, rows in hits.items() if rows},
    }


def _figures(truth, said, groups, names, thresholds):  # type: ignore[no-untyped-def]
    calls = said >= np.array(thresholds)
    weights = [2.0 if name == "any" else 1.0 for name in names]
    kinds = [c for c, name in enumerate(names) if name != "any"]

    def over(figure):  # type: ignore[no-untyped-def]
        made = interval(figure, groups)
        return [round(value, 4) for value in (made.value, made.low, made.high)]

    return {
        "macro_f1_of_six": over(lambda rows: d.macro_f1(truth[rows], calls[rows])),
        "macro_f1_of_five_kinds": over(lambda rows: d.macro_f1(truth[rows][:, kinds], calls[rows][:, kinds])),
        "micro_f1_of_six": over(lambda rows: d.micro_f1(truth[rows], calls[rows])),
        "log_loss": over(lambda rows: weighted_log_loss(said[rows], truth[rows], weights)),
        "f1": {n: over(lambda rows, c=c: d.f1(truth[rows, c], calls[rows, c])) for c, n in enumerate(names)},
        "auroc": {
            n: over(lambda rows, c=c: d.auroc(truth[rows, c], said[rows, c])) for c, n in enumerate(names)
        },
    }


def _pointing(rows: list[tuple[str, bool, float]]) -> dict[str, object]:
    hit, share = np.array([row[1] for row in rows], float), np.array([row[2] for row in rows])
    margin = interval(lambda n: float((hit[n] - share[n]).mean()), [row[0] for row in rows])
    return {
        "slices": len(rows),
        "inside": round(float(hit.mean()), 3),
        "chance": round(float(share.mean()), 3),
        "margin": [round(value, 3) for value in (margin.value, margin.low, margin.high)],
    }


def _answer(network, stack):  # type: ignore[no-untyped-def]
    from ml.ct_picture import read_ct_picture

    return network.probabilities(read_ct_picture(stack, network.card.preparation)[0][None])[0]


if __name__ == "__main__":
    print(json.dumps(check(Path(sys.argv[1]), Path(sys.argv[2])), indent=1))
