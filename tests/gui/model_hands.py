"""Models whose training lies on this computer, with weights by chance."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import torch
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from safetensors.torch import save_file

from ml.model.network import build
from ml.preparation import Preparation
from ml.train.study_recipe import Division, Fit, NetworkPlan
from ml.zoo.bundle import write_bundle
from ml.zoo.card import ModelCard
from ml.zoo.lineage import Lineage
from ml.zoo.store import install
from viewer.main_window.window import MainWindow
from viewer.wizard.desk import trainings_folder
from viewer.wizard.plan import DataPlan, Plan, write_plan

SIZES = ((1280, 800), (1920, 1080))
TINY = NetworkPlan("test_resnet", size=(32, 32), spacing=0.5)
TINY_CT = NetworkPlan(
    "test_resnet", size=(32, 32), crop="head", windows=((40, 80), (80, 200)), mean=(0.3,) * 2, std=(0.3,) * 2
)


def trained_here(plan: Plan, title: str, folder: Path) -> ModelCard:
    """Write down the training of a plan, and install a model of it."""
    network, classes = plan.network, plan.data.classes
    plan = replace(
        plan,
        several=True,
        done=True,
        fit=Fit(1, batch=8, loss="bce"),
        division=Division(folds=3, run=1, duplicates="join" if plan.kind == "patches" else "warn"),
        texts=replace(plan.texts, title=title, limits="Weights by chance."),
    )
    write_plan(plan, trainings_folder() / "first")
    looks_at_ct = bool(network.windows)
    card = ModelCard(
        name=plan.name,
        title=title,
        version="1",
        architecture=network.architecture,
        class_names=classes,
        patch_pixels=network.size[0],
        spacing=network.spacing or 1.0,
        mean=network.mean,
        std=network.std,
        weights_sha256="",
        architecture_options={"in_chans": len(network.mean)},
        output="sigmoid",
        preparation=Preparation(network.size, crop="head", windows=network.windows) if looks_at_ct else None,
        thresholds=(0.5,) * len(classes),
        lineage=Lineage(training="first"),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        state = {name: tensor.contiguous() for name, tensor in build(card).state_dict().items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(state, folder / "weights")
    bundle = write_bundle(card, folder / "weights", folder / plan.name)
    made = install(bundle.path).card
    assert made is not None
    return made


def data_of(folder: Path, table: str, *classes: str) -> DataPlan:
    """A folder with a table, read as the wizard reads it."""
    return DataPlan(
        str(folder), table, "file", "label", found=classes, classes=classes, patients="before_last"
    )


def shoot(qtbot: QtBot, window: MainWindow, widget: QWidget, name: str) -> None:
    """Pictures of a window where PARFOCAL_SHOTS names a folder: both themes, both sizes."""
    folder = os.environ.get("PARFOCAL_SHOTS")
    if not folder:
        return
    before = widget.size()
    for theme in ("dark", "light"):
        window.run(f"theme_{theme}")
        for width, height in SIZES:
            widget.resize(width, height)
            QApplication.processEvents()
            qtbot.wait(50)
            widget.grab().save(str(Path(folder) / f"{name}_{theme}_{width}.png"))
    widget.resize(before)
    QApplication.processEvents()
