"""Who is shown over a CT series."""

from __future__ import annotations

from dataclasses import fields

import pytest

from ml.ct_about import About, patient_in_words


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        ("Doe, Jane", "4711", "Doe, Jane · 4711"),
        ("CQ500-CT-310", "CQ500-CT-310", "CQ500-CT-310"),
        ("", "4711", "No name · 4711"),
        ("", "", "No name"),
    ],
)
def test_a_patient_is_named_once(name: str, number: str, said: str) -> None:
    empty = {field.name: "" for field in fields(About)}
    about = About(**empty | {"patient_name": name, "patient_id": number})
    assert patient_in_words(about) == said
    assert patient_in_words(about, hidden=True) == "Name hidden"
