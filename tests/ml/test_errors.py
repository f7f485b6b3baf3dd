"""A problem is two sentences for a person, and facts for the log."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from ml.errors import ModelProblem, Problem, SlideProblem, SpacingUnknown


def test_what_and_remedy_are_told_and_facts_are_kept() -> None:
    problem = SlideProblem("a.svs is empty.", "Copy it anew.", path=Path("/x/a.svs"), bytes=0)
    assert str(problem) == "a.svs is empty. Copy it anew."
    assert problem.details().splitlines() == ["a.svs is empty. Copy it anew.", "path: /x/a.svs", "bytes: 0"]
    assert str(Problem("It is so.")) == "It is so."


@pytest.mark.parametrize("kind", [SlideProblem, SpacingUnknown, ModelProblem])
def test_all_are_problems_and_travel_between_processes(kind: type[Problem]) -> None:
    problem = pickle.loads(pickle.dumps(kind("What.", "Remedy.", number=3)))
    assert isinstance(problem, Problem)
    assert type(problem) is kind
    assert (problem.what, problem.remedy, problem.facts) == ("What.", "Remedy.", {"number": 3})
