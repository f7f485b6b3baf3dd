"""Step 2 counts what the labels are of, and asks for no size of a pixel that the slides say themselves."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from viewer.wizard.class_list import ClassList
from viewer.wizard.data_fields import DataFields
from viewer.wizard.found_area import FoundArea
from viewer.wizard.plan import DataPlan, Kind, Plan


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
    assert not fields.spacing.isVisible()  # of what, nobody has said
    fields.show_data(Plan(kind, data=DataPlan("/somewhere")))
    classes.show_kind(kind)
    assert (fields.spacing.text() if fields.spacing.isVisible() else None) == size
    assert classes.horizontalHeaderItem(1).text() == units


def test_where_nothing_is_found_it_says_what_has_to_be_there(qtbot: QtBot) -> None:
    area = FoundArea(QLabel("a table"), (QLabel("classes"), QLabel("told")))
    qtbot.addWidget(area)
    area.show()
    area.show_kind("scans", empty=True)
    assert area.needs.isVisible()
    assert area.needs.text().startswith("Needed: a folder of DICOM files with a table: a line a slice")
    area.show_kind("scans", empty=False)
    assert area.found.isVisible()
    assert not area.needs.isVisible()
