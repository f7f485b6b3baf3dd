"""What QuPath's reader insists on, as a check for every GeoJSON file that comes out of here."""

from __future__ import annotations

import json
import math
import uuid

import pytest


def check_as_qupath(text: str) -> list[dict]:
    """What QuPath's reader insists on, from its documented rules; the features."""
    document = json.loads(text, parse_constant=lambda word: pytest.fail(f"bare {word} is no JSON"))
    assert document["type"] == "FeatureCollection"
    ids = [feature["id"] for feature in document["features"]]
    assert len(set(ids)) == len(ids)
    for feature in document["features"]:
        assert feature.keys() <= {"type", "id", "geometry", "nucleusGeometry", "properties"}
        assert feature["type"] == "Feature"
        assert str(uuid.UUID(feature["id"])) == feature["id"]
        _check_geometry(feature["geometry"])
        if "nucleusGeometry" in feature:
            _check_geometry(feature["nucleusGeometry"])
        _check_properties(feature["properties"])
    return document["features"]


def _check_geometry(geometry: dict) -> None:
    assert geometry.keys() <= {"type", "coordinates", "isEllipse", "plane"}
    kind, places = geometry["type"], geometry["coordinates"]
    if "isEllipse" in geometry:
        assert kind == "Polygon"
        assert geometry["isEllipse"] is True
    if "plane" in geometry:
        assert geometry["plane"].keys() == {"c", "z", "t"}
    if kind == "Point":
        _check_places([places])
    elif kind in {"MultiPoint", "LineString"}:
        _check_places(places)
    elif kind == "MultiLineString":
        for line in places:
            _check_places(line)
    else:
        assert kind in {"Polygon", "MultiPolygon"}
        for rings in places if kind == "MultiPolygon" else [places]:
            for ring in rings:
                assert len(ring) >= 4
                assert ring[0] == ring[-1]
                _check_places(ring)


def _check_places(places: list) -> None:
    assert places
    for place in places:
        assert len(place) == 2
        assert all(value == round(value, 2) and math.isfinite(value) for value in place)


def _check_properties(said: dict) -> None:
    known = {"objectType", "name", "color", "classification", "isLocked", "measurements", "metadata"}
    assert said.keys() <= known
    assert said["objectType"] in {"annotation", "detection", "cell", "tile", "tmaCore", "root"}
    if "classification" in said:
        assert isinstance(said["classification"]["name"], str)
        _check_color(said["classification"]["color"])
    if "color" in said:
        _check_color(said["color"])
    assert said.get("isLocked", True) is True
    for name, value in said.get("measurements", {}).items():
        assert isinstance(name, str)
        assert isinstance(value, int | float) or value in {"NaN", "Infinity", "-Infinity"}
    assert all(isinstance(value, str) for value in said.get("metadata", {}).values())


def _check_color(color: list[int]) -> None:
    assert len(color) == 3
    assert all(isinstance(part, int) and 0 <= part <= 255 for part in color)
