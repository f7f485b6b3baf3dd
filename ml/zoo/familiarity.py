"""How a bundle knows what is unlike its training data: by a distance of features. Optional in every card."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from ml.zoo.json_list import Contradiction

FAMILIARITY_FILE = "familiarity.safetensors"

Measure = Literal["mahalanobis"]


@dataclass(frozen=True)
class Familiarity:
    """What the card says of the check; the numbers lie in `familiarity.safetensors` beside the weights.

    "mahalanobis" is the distance to the nearest class under one shared covariance (Lee et al. 2018), on the
    strongest axes of a layer's features.
    """

    sha256: str  # of the file
    threshold: float  # the distance beyond which a patch is unlike the training data
    measure: Measure = "mahalanobis"
    layer: str = ""  # dotted name of the layer whose output, averaged over places, is measured; empty: the
    # input of the last layer
    quantile: float = 0.99  # of pictures to choose on: where the threshold was laid
    held_out_share: float = math.nan  # of pictures that were neither learned from nor chosen on, beyond it
    held_out_pictures: int = 0


def familiarity_to_json(check: Familiarity) -> dict[str, object]:
    """What the card holds; `familiarity_from_json` reads it back to an equal one."""
    told = {"file": FAMILIARITY_FILE, **asdict(check)}
    if math.isnan(check.held_out_share):  # JSON has no word for it
        del told["held_out_share"]
    return told


def familiarity_from_json(value: object) -> Familiarity | None:
    """The check that a card has; None without one. Raises `Contradiction` with the reason."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Contradiction("familiarity is not a JSON object")
    if value.get("file", FAMILIARITY_FILE) != FAMILIARITY_FILE:
        raise Contradiction(f"familiarity names {value['file']!r}; only {FAMILIARITY_FILE} is read")
    sha256, measure, layer = value.get("sha256"), value.get("measure", "mahalanobis"), value.get("layer", "")
    if not isinstance(sha256, str) or re.fullmatch("[0-9a-f]{64}", sha256) is None:
        raise Contradiction("the sha256 of familiarity is missing or is none")
    if measure not in get_args(Measure):
        raise Contradiction(f"the measure {measure!r} of familiarity is unknown here")
    if not isinstance(layer, str):
        raise Contradiction("the layer of familiarity is not a text")
    pictures = value.get("held_out_pictures", 0)
    if not isinstance(pictures, int) or isinstance(pictures, bool) or pictures < 0:
        raise Contradiction("held_out_pictures of familiarity is not a whole number")
    threshold = _number(value, "threshold", None, math.inf)
    if threshold == 0:
        raise Contradiction("the threshold of familiarity is 0")
    quantile = _number(value, "quantile", 0.99, 1)
    share = _number(value, "held_out_share", math.nan, 1)
    return Familiarity(sha256, threshold, measure, layer, quantile, share, pictures)


def _number(value: Mapping[str, object], key: str, default: float | None, most: float) -> float:
    found = value.get(key, default)
    if found is default and isinstance(default, float):
        return default
    if not isinstance(found, int | float) or isinstance(found, bool) or not 0 <= found <= most:
        raise Contradiction(f"{key} of familiarity is not a number that can be")
    if math.isinf(found):
        raise Contradiction(f"{key} of familiarity is not a number that can be")
    return float(found)
