"""A file that goes away while it is looked at, and comes back."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem, SlideGone
from ml.geometry import Rect
from ml.infer.loader import Batch, PatchLoader
from tests.gui.hands import LONG, open_file
from tests.gui.test_image_panel import field
from viewer.main_window.window import MainWindow


@pytest.fixture
def share(tmp_path: Path, sample_slide: Path) -> Path:
    """A copy of the sample slide that can be taken away."""
    folder = tmp_path / "share"
    folder.mkdir()
    return Path(shutil.copy2(sample_slide, folder / "slide.tif"))


def take_away(share: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a network share that does not answer any more: reads fail, and the path is not there."""
    share.parent.rename(share.parent.with_name("away"))

    def fail(*_: object) -> bytes:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(os, "pread", fail)


def bring_back(share: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    share.parent.with_name("away").rename(share.parent)


def test_it_is_said_marked_and_mended(
    window: MainWindow, qtbot: QtBot, share: Path, tmp_path: Path, sample_slide: Path
) -> None:
    patch = pytest.MonkeyPatch()
    view = open_file(qtbot, window, share)
    window.navigating.go("3000, 4000 ×20")
    qtbot.waitUntil(lambda: view.is_sharp, timeout=LONG)
    take_away(share, patch)
    try:
        with qtbot.waitSignal(window._parts.loader.file_gone, timeout=LONG):
            window.navigating.go("7000, 5000 ×20")
        banner = window.frame.banner
        assert banner.isVisible()
        assert "slide.tif is gone" in banner.what.text()
        qtbot.waitUntil(lambda: view.is_sharp, timeout=LONG)  # nothing more can come
        hatched = field(window).reshape(-1, 3)
        assert (np.abs(hatched.astype(int) - (150, 70, 40)).max(axis=1) < 40).any()
    finally:
        bring_back(share, patch)
    with qtbot.waitSignal(window._parts.watching.back, timeout=LONG):
        window._parts.watching.look()
    assert not banner.isVisible()
    assert window.status.currentMessage() == "slide.tif is back."
    qtbot.waitUntil(lambda: view.is_sharp, timeout=LONG)
    mended = field(window)
    window.slides.close_current()
    open_file(qtbot, window, sample_slide)
    window.navigating.go("7000, 5000 ×20")
    qtbot.waitUntil(lambda: window.slides.page.view.is_sharp, timeout=LONG)
    np.testing.assert_array_equal(field(window), mended)
    assert not window._parts.watching._clock.isActive()


def test_another_file_in_its_place_is_not_shown(window: MainWindow, qtbot: QtBot, share: Path) -> None:
    patch = pytest.MonkeyPatch()
    view = open_file(qtbot, window, share)
    take_away(share, patch)
    try:
        with qtbot.waitSignal(window._parts.loader.file_gone, timeout=LONG):
            window.navigating.go("7000, 5000 ×20")
    finally:
        patch.undo()
    share.parent.mkdir()
    share.write_bytes(b"another slide")
    with qtbot.waitSignal(window._parts.watching.replaced, timeout=LONG):
        window._parts.watching.look()
    assert "Another file lies in the place of slide.tif" in window.frame.banner.what.text()
    assert view.slide is not None
    window.slides.close_current()
    assert not window._parts.watching._clock.isActive()


def test_another_look_while_it_is_gone_says_that_it_is_gone(
    window: MainWindow, qtbot: QtBot, share: Path
) -> None:
    """Not that tiles are damaged: they come when the file is back."""
    patch = pytest.MonkeyPatch()
    view = open_file(qtbot, window, share)
    page = window.slides.page
    assert page is not None
    take_away(share, patch)
    try:
        with qtbot.waitSignal(window._parts.loader.file_gone, timeout=LONG):
            page.opened.set_look(replace(page.opened.look, gamma=1.4))
        assert "slide.tif is gone" in window.frame.banner.what.text()
    finally:
        bring_back(share, patch)
    with qtbot.waitSignal(window._parts.watching.back, timeout=LONG):
        window._parts.watching.look()
    qtbot.waitUntil(lambda: view.is_sharp, timeout=LONG)
    assert not window._parts.cache._unreadable


def test_of_two_slides_that_are_gone_the_other_is_still_said(
    window: MainWindow, qtbot: QtBot, share: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second.tif"
    second.write_bytes(share.read_bytes())
    for path in (second, share):
        open_file(qtbot, window, path)
    loader, banner = window._parts.loader, window.frame.banner
    for path in (second, share):
        loader.file_gone.emit(path, Problem("It does not answer."))
    assert "slide.tif is gone" in banner.what.text()
    window._parts.watching.back.emit(share)
    assert "second.tif is gone" in banner.what.text()
    window._parts.watching.back.emit(second)
    assert not banner.isVisible()


def test_what_was_scored_before_it_went_can_be_reported(
    window: MainWindow, qtbot: QtBot, sample_slide: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    iterated = PatchLoader.__iter__

    def broken(self: PatchLoader) -> Iterator[Batch]:
        for number, batch in enumerate(iterated(self)):
            if number:
                raise SlideGone("The slide does not answer any more.")
            yield batch

    open_file(qtbot, window, sample_slide)
    page = window.slides.page
    annotation = Annotation(Shape.rectangle(Rect(2000, 3000, 1500, 1500)))
    page.opened.edit(Change((), (annotation,), "Draw rectangle"))
    page.opened.select(annotation.id)
    window.frame.analyze.run_options.batch.setValue(4)
    monkeypatch.setattr(PatchLoader, "__iter__", broken)
    window.run("analyze")
    qtbot.waitUntil(lambda: not window.analyzing.running, timeout=LONG)
    assert "does not answer any more" in window.frame.banner.what.text()
    assert not page.opened.findings.analysis.complete
    assert window.reporting.possible
