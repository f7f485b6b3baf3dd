"""What is said of pictures that are not plain colour, and of pixels of several sizes. No window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ml.report.words import number
from ml.train.survey import Seen
from viewer.wizard.plan import Plan

_DONE = {
    "CMYK": "printing inks (CMYK) are made red, green and blue",
    "grey": "grey is shown as equal parts of red, green and blue",
    "16 bit": "many shades (16 bit) are made 256: each picture is as bright as its brightest pixel allows",
    "black and white": "black and white is shown as grey",
    "palette": "colours by number (palette) are made red, green and blue",
    "RGBA": "what shines through (RGBA) is made opaque",
}
_KEPT = {"CMYK": "all four inks (CMYK) are looked at"}
_ALIKE = 1.1  # from which ratio on sizes of a pixel differ


def kinds_told(plan: Plan, seen: Sequence[Seen]) -> Iterator[str]:
    """Sentences: how many of each kind, what the network sees of them, and whether the label goes with it."""
    kinds = Counter(one.kind for one in seen if one.kind and one.kind != "slide")
    if len(kinds) > 1 or (kinds and "colour" not in kinds):
        yield f"Kinds: {', '.join(f'{times:,} {kind}' for kind, times in kinds.most_common())}."
    for kind in kinds:
        kept = _KEPT.get(kind) if plan.network.channels == "cmyk" else None
        done = kept or _DONE.get(kind)
        if done:
            yield f"{done[0].upper()}{done[1:]}."
    if len(kinds) > 1 and not plan.several:
        yield from _goes_with_label(seen)


def _goes_with_label(seen: Sequence[Seen]) -> Iterator[str]:
    """A kind that only one class has gives the class away."""
    labels: dict[str, set[str]] = {}
    for one in seen:
        if one.kind and not one.trouble:
            labels.setdefault(one.kind, set()).add(one.label)
    every = set().union(*labels.values())
    for kind, own in labels.items():
        if len(own) == 1 and len(every) > 1:
            name = next(iter(own))
            yield f"All {kind} pictures are “{name}”: the model could go by that, and fail elsewhere."


def spacings_told(plan: Plan, seen: Sequence[Seen]) -> Iterator[str]:
    """A sentence where pixels are of several sizes: patches are learned from as if all were the same."""
    known = [one.spacing for one in seen if one.spacing]
    if plan.kind != "patches" or not known:
        return
    low, high = min(known), max(known)
    if high > _ALIKE * low:
        yield (
            f"Pixels are of several sizes, {number(low)} to {number(high)} µm: tissue then looks small in "
            "some pictures and large in others. Leave some out, or scale them alike first."
        )
    elif len(known) < len(seen):
        yield f"{len(seen) - len(known):,} pictures do not say how large a pixel is."
