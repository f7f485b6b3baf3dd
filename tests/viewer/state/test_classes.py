"""The list of classes: children stay below their parents, a key gives one class, and all of it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from viewer.settings import Settings
from viewer.state.classes import DEFAULTS, KEYS, PART, AnnotationClass, ClassList

PARTS = st.sampled_from(["Tumor", "Positive", "Negative", "a|b", "Zelle, groß", "1+"])
NAMES = st.lists(PARTS, min_size=1, max_size=3).map(PART.join)
COLORS = st.tuples(*[st.integers(0, 255)] * 3)
CLASSES = st.builds(AnnotationClass, NAMES, COLORS, st.sampled_from(["", *KEYS]))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CLASSES, max_size=12))
def test_whatever_is_added_stays_in_order_and_is_kept(
    qapp: object, tmp_path: Path, added: list[AnnotationClass]
) -> None:
    kept = Settings(tmp_path / "settings.ini")
    kept.store.clear()
    classes = ClassList(kept)
    for one in added:
        classes.put(one)
    names = [one.name for one in classes.items]
    assert len(set(names)) == len(names)
    assert set(names) == {one.name for one in (*DEFAULTS, *added)}
    keys = [one.key for one in classes.items if one.key]
    assert len(set(keys)) == len(keys)
    for place, one in enumerate(classes.items):
        if one.parent in names:
            assert names.index(one.parent) < place
            between = names[names.index(one.parent) + 1 : place]
            assert all(name.startswith(one.parent + PART) for name in between)
    kept.save()
    if added:
        assert ClassList(Settings(tmp_path / "settings.ini")).items == classes.items


def test_the_current_class_follows_its_new_name_and_goes_with_it(qapp: object) -> None:
    classes = ClassList()
    told: list[AnnotationClass | None] = []
    classes.current_changed.connect(told.append)
    classes.choose("Tumor")
    new = AnnotationClass("Carcinoma", (1, 2, 3), "1")
    classes.put(new, "Tumor")
    assert classes.current == new
    drawn = classes.dressed(Annotation(Shape.rectangle(Rect(0, 0, 5, 5))))
    assert (drawn.class_name, drawn.color) == ("Carcinoma", (1, 2, 3))
    classes.remove("Carcinoma")
    assert classes.current is None
    assert told[-1] is None
    plain = Annotation(Shape.rectangle(Rect(0, 0, 5, 5)))
    assert classes.dressed(plain) is plain


def test_what_is_learned_leaves_the_known_ones_alone(qapp: object) -> None:
    classes = ClassList()
    classes.learn({"Tumor": (9, 9, 9), "Fat": (7, 8, 9), "Muscle": None, "": (1, 1, 1)})
    assert classes.color_of("Tumor") == DEFAULTS[0].color
    assert classes.color_of("Fat") == (7, 8, 9)
    assert classes.find("Muscle") is not None
    assert classes.find("") is None


@pytest.mark.parametrize("text", ["no json", '[["a", 1, 2]]', "7", '[["a", "x", 2, 3, ""]]'])
def test_settings_that_cannot_be_read_give_the_beginning(qapp: object, tmp_path: Path, text: str) -> None:
    kept = Settings(tmp_path / "settings.ini")
    kept.classes = text
    assert ClassList(kept).items == DEFAULTS
