"""The words of a template with the facts in them: Jinja2 that can reach nothing but what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ml.errors import Problem
from ml.report.words import area, count, length, number, percent

MOST = 200_000
"""Characters of one section: more is a loop that was not meant."""


_FILTERS = (
    *("capitalize", "count", "default", "first", "join", "last", "length", "list", "lower", "map", "max"),
    *("min", "reject", "rejectattr", "replace", "round", "select", "selectattr", "sort", "sum", "trim"),
    *("unique", "upper"),
)


class _Environment(ImmutableSandboxedEnvironment):
    """Numbers may be multiplied, texts not; nothing is raised to a power: no words fill the memory."""

    intercepted_binops = frozenset(("*", "**"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or not all(isinstance(one, int | float) for one in (left, right)):
            raise SecurityError(f"{operator} is not for this")
        return super().call_binop(context, operator, left, right)


@cache
def _environment() -> _Environment:
    """Plain text comes out: whoever shows it (HTML, Typst, DOCX) escapes it for its own place."""
    made = _Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals = {}
    own = {"percent": percent, "area": area, "length_um": length, "decimals": number, "of": count}
    made.filters = {name: made.filters[name] for name in _FILTERS} | own
    return made


def check_words(words: str) -> tuple[int, str] | None:
    """The line (from 1) and what is wrong with a template's words; None where nothing is."""
    try:
        _environment().parse(words)
    except TemplateSyntaxError as error:
        return error.lineno, str(error.message).rstrip(".")
    return None


def worded(words: str, facts: Mapping[str, Any], where: str) -> str:
    """The words with the facts put in. Raises `Problem`, in which `where` names the section."""
    try:
        made = _environment().from_string(words).generate(**facts)
        text, size = [], 0
        for piece in made:
            size += len(piece)
            if size > MOST:
                raise SecurityError("it never ends")
            text.append(piece)
    except (TemplateError, TypeError, ValueError, ArithmeticError, OverflowError) as error:
        raise Problem(
            f"The template's words for “{where}” cannot be filled in: {error}.",
            "Type the text yourself, or mend the template.",
        ) from error
    return "".join(text).strip()
