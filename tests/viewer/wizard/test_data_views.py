"""Step 2 counts what the labels are of, and asks for no size of a pixel that the slides say themselves."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from viewer.wizard.class_list import ClassList
from viewer.wizard.data_fields import DataFields
from viewer.wizard.plan import Kind, Plan


@pytest.mark.parametrize(
    ("kind", "units", "size"),
    [
        ("patches", "Pictures", "not known"),
        ("labelled_slides", "Slides", "as the slides say"),
        ("boxes", "Boxes", "as the slides say"),
        ("scans", "Slices", None),
    ],
)
def test_each_kind_is_asked_in_its_words(qtbot: QtBot, kind: Kind, units: str, size: str | None) -> None:
    fields, classes = DataFields(), ClassList()
    for widget in (fields, classes):
        qtbot.addWidget(widget)
        widget.show()
    fields.show_data(Plan(kind))
    classes.show_kind(kind)
    assert (fields.spacing.text() if fields.spacing.isVisible() else None) == size
    assert classes.horizontalHeaderItem(1).text() == units
