"""A plan of every kind that learns in seconds, on data made for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ml.progress import Progress
from ml.train.slide_plan import Aggregation
from ml.train.study_recipe import Division, Finding, Fit, NetworkPlan
from ml.verbs.dataset import DatasetRequest, check_dataset
from tests.gui.wizard_hands import a_picture
from tests.ml.train import test_box_study, test_scan_study, test_slide_study
from viewer.wizard.cases import Case, write_cases
from viewer.wizard.checked import LOOKED
from viewer.wizard.desk import CHECK, Desk
from viewer.wizard.plan import DataPlan, Kind, Plan
from viewer.wizard.plan_recipe import text_for_check

SMALL = {"first_hidden": 16, "stages": 3, "layers": 2}
TINY = NetworkPlan("plain_resnet", SMALL, size=(32, 32), fitting="cover")
TINY_CT = NetworkPlan(
    "test_resnet", size=(32, 32), crop="head", windows=((40, 80), (80, 200)), mean=(0.3,) * 2, std=(0.3,) * 2
)


def desk_of(kind: Kind, folder: Path) -> Desk:
    """A desk whose plan learns from what lies in `folder`/data."""
    desk, data = Desk(folder / "training"), folder / "data"
    desk.folder.mkdir(parents=True)
    made = {
        "patches": _pictures,
        "pictures": _pictures,
        "labelled_slides": _labelled,
        "boxes": _boxes,
        "scans": _scans,
    }[kind](data, desk.folder)
    division = Division(folds=3, run=2, duplicates="join" if kind in {"patches", "pictures"} else "warn")
    plan = replace(made, kind=kind, division=division, texts=replace(made.texts, title="Small"))
    if kind == "patches":
        plan = plan.with_data(spacing=0.5, edge=32)
    desk.change(plan)
    return desk


def check(desk: Desk) -> None:
    """Step 3, as its process does it."""
    place = desk.folder / CHECK
    check_dataset(DatasetRequest(desk.write_recipe(), desk.folder, place), Progress())
    (place / LOOKED).write_text(text_for_check(desk.plan), encoding="utf-8")


def write_heads(folder: Path, patients: int = 12, slices: int = 4) -> None:
    """Heads of CT with a line a slice; slices are called alike in each folder, as scanners do it."""
    test_scan_study.write_heads(folder, patients, slices)
    lines = ["file,left,right"]
    for patient in range(patients):
        for number in range(slices):
            file = folder / f"p{patient}" / f"ID_{patient:02d}{number}.dcm"
            file.rename(file.with_name(f"{number}.dcm"))
            left, right = (int(number % 2 and patient % 3 == kind) for kind in (0, 1))
            lines.append(f"p{patient}/{number}.dcm,{left},{right}")
    (folder / "labels.csv").write_text("\n".join(lines), encoding="utf-8")


def _pictures(data: Path, training: Path) -> Plan:
    labels, cases = ("a", "b"), []
    for patient in range(12):
        label = labels[patient % 2]
        for number in range(2):
            path = data / label / f"p{patient}_{number}.png"
            a_picture(path, (30 if label == "a" else 150) + 7 * patient + number)
            cases.append(Case(path, label, f"p{patient}", ""))
    write_cases(cases, training)
    found = DataPlan(str(data), found=labels, classes=labels, patients="before_first")
    return Plan(data=found, network=TINY, fit=Fit(2, batch=4))


def _labelled(data: Path, _: Path) -> Plan:
    test_slide_study.write_slides(data)
    table = data / "labels.csv"
    if not table.is_file():
        table = next(data.glob("*.csv"))
    classes = ("CE", "LAA")
    found = DataPlan(
        str(data),
        table.name,
        "image_id",
        "label",
        "patient_id",
        "center_id",
        ".tif",
        "column",
        found=classes,
        classes=classes,
    )
    network = replace(TINY, spacing=0.5)
    return Plan(data=found, network=network, fit=Fit(1, batch=8), aggregation=Aggregation(ways=("mean",)))


def _boxes(data: Path, _: Path) -> Plan:
    test_box_study.write_slides(data)
    classes = ("lesion",)
    found = DataPlan(
        str(data), "boxes.csv", "file", "label", found=classes, classes=classes, patients="before_last"
    )
    fit = Fit(1, batch=16, rate=2e-3, loss="bce", balance="undersample")
    few = Finding(thresholds=(0.3, 0.5, 0.7), smoothing=(0.0,), gaps=(0,), least_patches=(1,))
    return Plan(several=True, data=found, network=replace(TINY, spacing=0.5), fit=fit, finding=few)


def _scans(data: Path, _: Path) -> Plan:
    write_heads(data)
    classes = ("left", "right")
    found = DataPlan(str(data), "labels.csv", "file", found=classes, classes=classes)
    return Plan(several=True, data=found, network=TINY_CT, fit=Fit(2, batch=8, loss="bce"))
