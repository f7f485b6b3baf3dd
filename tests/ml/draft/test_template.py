"""Templates: those that ship with the program, and what is said of broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.draft.draft import FormSection, TextSection
from ml.draft.template import own_folder, parse_template, read_template, templates
from ml.draft.wording import worded
from ml.errors import Problem
from tests.ml.draft.conftest import TEMPLATE


def test_the_shipped_ones_are_sound() -> None:
    found, problems = templates()
    assert not problems
    assert {t.name for t in found} == {"cellularity", "clot", "ct", "hemorrhage", "lung-colon", "slide"}
    assert {t.subject for t in found} == {"slide", "ct"}
    for template in found:
        kinds = [section.kind for section in template.draft.sections]
        assert kinds[-1] == "provenance", "a report ends with where its numbers come from"
        assert "figures" in kinds
        assert template.about
        assert not template.own


def test_ones_own_replaces_a_shipped_one_and_a_broken_one_is_told() -> None:
    (own_folder() / "slide.toml").write_text(TEMPLATE, encoding="utf-8")
    (own_folder() / "broken.toml").write_text("title = ", encoding="utf-8")
    found, (problem,) = templates("slide")
    assert next(t for t in found if t.name == "slide").title == "Everything"
    assert {t.subject for t in found} == {"slide"}
    assert "broken.toml" in str(problem)
    assert "line 1" in str(problem)


def line_of(needle: str) -> int:
    return next(n for n, line in enumerate(TEMPLATE.splitlines(), 1) if needle in line)


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ('title = "Everything"', 'title = "Everything', 'title = "Everything"', ""),
        ('title = "Everything"', 'title = ""', 'title = "Everything"', "title is missing"),
        ('subject = "slide"', 'subject = "cat"', 'subject = "slide"', "“slide” or “ct”"),
        ('heading = "A', 'headline = "A', "heading", "“headline” is not known here"),
        ("least = 0", 'least = "0"', "least = 0", "least is a number"),
        ("least = 0", "lowest = 0", "least = 0", "“lowest” is not known here"),
        ('type = "multi"', 'type = "many"', 'type = "multi"', "type is one of text"),
        ('options = ["G1", "G2 & more"]', "", 'name = "grade"', "a choice needs options"),
        ('options = ["G1", "G2 & more"]', "options = [1]", "G1", "a list of words"),
        ('type = "bool"', 'type = "bool"\noptions = ["a"]', 'type = "bool"', "no options"),
        ('name = "tumour"', 'name = "Tumour"', 'name = "tumour"', "small letters"),
        ('name = "tumour"', 'name = "grade"', 'name = "tumour"', "two fields"),
        ('key = "boxes"', 'key = "classes"', 'key = "boxes"', "the key of two sections"),
        ('table = "boxes"', 'table = "findings"', 'table = "boxes"', "“classes”, “boxes”"),
        ('kind = "provenance"', 'kind = "origin"', 'kind = "provenance"', "kind is one of"),
        ('figures = ["slide",', 'figures = ["curves",', "figures = [", "“heatmap”"),
        ("{% endif %}", "{% endfi %}", "{% endif %}", "endfi"),
        ("{{ summary }}", "{{ summary ", "{% endif %}", ""),
    ],
)
def test_a_broken_one_says_the_line_and_what(old: str, new: str, line: str, what: str) -> None:
    assert TEMPLATE.count(old) >= 1
    with pytest.raises(Problem) as raised:
        parse_template(TEMPLATE.replace(old, new, 1), "mine.toml")
    problem = raised.value
    assert "“mine.toml”" in problem.what
    assert what in problem.what
    assert abs(int(str(problem.facts["line"])) - line_of(line)) <= int("options" in old + new), problem.what


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Problem, match=r"x\.toml"):
        read_template(tmp_path / "x.toml")


def test_defaults_are_answers_and_must_fit() -> None:
    text = TEMPLATE.replace('name = "grade"', 'name = "grade"\ndefault = "G1"')
    form = parse_template(text, "mine.toml").draft.section("synopsis")
    assert isinstance(form, FormSection)
    assert form.values == (("grade", "G1"),)
    with pytest.raises(Problem, match=r"does not fit.*not among"):
        parse_template(text.replace('"G1"', '"G9"', 1), "mine.toml")


def test_words_are_filled_in_as_plain_text() -> None:
    section = parse_template(TEMPLATE, "mine.toml").draft.section("analysis")
    assert isinstance(section, TextSection)
    facts = {"analyzed": True, "summary": "<3 & more>", "answers": {"size": "2 mm"}, "classes": [1, 2]}
    assert worded(section.words, facts, "Analysis") == "<3 & more>\nExtent 2 mm; 2 classes."


@pytest.mark.parametrize(
    "words",
    [
        "{{ nothing }}",
        "{{ facts.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 1 / 0 }}",
        "{% for a in facts.many %}{% for b in facts.many %}{{ a }}{% endfor %}{% endfor %}",
        "{{ facts.many.append(1) }}",
        "{{ 'x' | center(1000000000) }}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_words_reach_nothing_and_end(words: str) -> None:
    with pytest.raises(Problem, match="cannot be filled in"):
        worded(words, {"facts": {"many": list(range(3000))}}, "Analysis")
