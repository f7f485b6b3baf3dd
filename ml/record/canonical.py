"""One way, and only one, to write a JSON value as bytes: the JSON Canonicalization Scheme (RFC 8785).

What is signed is this form, so that whoever checks a signature may have parsed and written the file anew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping


def canonical(value: object) -> bytes:
    """The bytes of a value of None, bool, int, float, str, lists and mappings with text keys.

    Keys in the order of their UTF-16 code units, no blanks, numbers as ECMAScript writes them, UTF-8.
    Raises `ValueError` for NaN, infinity, whole numbers that a double does not hold, halves of a surrogate
    pair, and for anything that JSON does not have.
    """
    return "".join(_pieces(value)).encode("utf-8")


def _pieces(value: object) -> list[str]:
    if value is None or isinstance(value, bool):
        return [{None: "null", True: "true", False: "false"}[value]]
    if isinstance(value, str):
        return [_text(value)]
    if isinstance(value, int | float):
        return [_number(value)]
    if isinstance(value, Mapping):
        pieces = [
            piece
            for key in sorted(value, key=lambda key: str(key).encode("utf-16-be"))
            for piece in (",", _key(key), ":", *_pieces(value[key]))
        ]
        return ["{", *pieces[1:], "}"]
    if isinstance(value, list | tuple):
        pieces = [piece for inner in value for piece in (",", *_pieces(inner))]
        return ["[", *pieces[1:], "]"]
    raise ValueError(f"JSON has no {type(value).__name__}")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"a key is {type(key).__name__}, not text")
    return _text(key)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # escapes as RFC 8785 (3.2.2.2) wants it


def _number(value: int | float) -> str:
    try:
        double = float(value)
    except OverflowError:
        double = math.inf
    if not math.isfinite(double):
        raise ValueError(f"JSON has no {value}")
    text = _like_ecmascript(double)
    if double != value and text != str(value):  # the second: as its own digits are read back
        raise ValueError(f"the whole number {value} is not the same in every language")
    return text


def _like_ecmascript(value: float) -> str:
    """ECMA-262, Number::toString: the same shortest digits as Python's, laid out otherwise."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    point = len(whole) + int(power or 0) - (len(whole + part) - len(digits))  # places before the point
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    exponent = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + digits[0] + (f".{digits[1:]}" if count > 1 else "") + exponent
