"""How long a training will take, and what that rests on, in words."""

from __future__ import annotations

from ml.report.words import between, count, duration, number
from ml.train.duration import keeps_features, range_of
from viewer.wizard.plan import Plan
from viewer.wizard.plan_recipe import recipe_of
from viewer.wizard.rehearsing import Rehearsing

_BUSY = 1.15  # times as long by the clock as by the processor: below it nobody would notice
_KINDS = {
    "reading": "reading",
    "seeing": "looking at pictures that it does not learn from",
    "learning": "learning",
    "judging": "the verdict",
}


def time_in_words(rehearsing: Rehearsing, plan: Plan) -> str:
    """Sentences for step 5; empty while nothing was measured."""
    rates, parts = rehearsing.rates, rehearsing.parts()
    if rates is None:
        return ""
    told = f"{between(*range_of(parts, rates.busy))} on this computer"
    if rates.busy > _BUSY:
        told += ": the less where it has nothing else to do, the more where it stays as busy as just now"
    if plan.fit.patience:
        passes = count(plan.fit.patience, "pass", "passes")
        told += f". Sooner where {passes} bring nothing better"
    seconds = {kind: sum(part.seconds for part in parts if part.kind == kind) for kind in _KINDS}
    long = [f"{words} {duration(seconds[kind])}" for kind, words in _KINDS.items() if seconds[kind] >= 1]
    kept = keeps_features(recipe_of(plan))
    rate, what = (rates.seeing, "looked at") if kept else (rates.learning, "learned from")
    return (
        f"{told[0].upper()}{told[1:]}. Of that: {', '.join(long)}. Measured just now: {number(rate, 1)} "
        f"pictures a second are {what}. Step 6 corrects it as it goes on, which it does when this window is "
        "closed, too."
    )
