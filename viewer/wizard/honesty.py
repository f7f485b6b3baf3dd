"""What the check of the data found, in a person's words, each with a way to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ml.evaluate.claim import likely_range, patients_for
from ml.report.words import count, percent
from viewer.wizard.plan import Plan

Weight = Literal["done", "info", "warning", "refusal"]
"""Nothing to worry about, good to know, to be weighed, or what forbids to begin."""

_RIGHT = 0.9  # the share that examples of what can be claimed are told with
_WIDE = 0.2  # an interval wider than this says little
_UNEQUAL = 3.0  # from which ratio of pictures on a rare class needs a remedy


@dataclass(frozen=True)
class Mend:
    """One way to mend it: what the button says, and the plan afterwards."""

    words: str
    plan: Plan


@dataclass(frozen=True)
class Remark:
    """Something that was found: what, why it matters, how to mend it."""

    weight: Weight
    what: str
    why: str = ""
    mends: tuple[Mend, ...] = ()
    names: tuple[str, ...] = ()  # examples


def remarks_of(facts: Mapping[str, Any], plan: Plan) -> tuple[Remark, ...]:
    """What `parfocal-ml dataset` found (its dataset.json), the worst first."""
    found = [
        *_sides(facts["leakage"], plan),
        *_faults(facts, plan),
        *_patients(facts, plan),
        *_confounding(facts["leakage"]["confounding"], plan),
        *_imbalance(facts["classes"], plan),
        *_claims(facts["classes"]),
    ]
    order = ("refusal", "warning", "info", "done")
    return tuple(sorted(found, key=lambda remark: order.index(remark.weight)))


def forbids(remarks: Sequence[Remark]) -> str:
    """Why a training may not begin; empty where it may."""
    return next((remark.what for remark in remarks if remark.weight == "refusal"), "")


_APART = "They are different patients: go on"


def _sides(leakage: Mapping[str, Any], plan: Plan) -> Iterator[Remark]:
    why = (
        "The model is tested on patients that it has not learned from. Whoever stands on both sides is "
        "recognized rather than judged, and the figures become too good to be true."
    )
    crossing = int(leakage["groups_on_two_sides_count"])
    if crossing:
        by_site = (Mend("Divide by patient", _divided(plan, by="group")),)
        names = tuple(leakage["groups_on_two_sides"][:5])
        yield Remark("refusal", f"{count(crossing, 'patient')} on both sides.", why, by_site, names)
    join = Mend("Keep pictures that look the same together", _divided(plan, duplicates="join"))
    same, near = int(leakage["same_files_count"]), int(leakage["near_duplicates_count"])
    if same:
        names = tuple(f"{p['one']} and {p['other']}" for p in leakage["same_files"][:5])
        yield Remark(
            "refusal",
            f"{count(same, 'picture')} twice, under two names, on both sides.",
            why,
            (join,),
            names,
        )
    if near:
        names = tuple(f"{p['one']} and {p['other']}" for p in leakage["near_duplicates"][:5])
        weight: Weight = "refusal" if plan.division.duplicates == "stop" else "warning"
        what = f"{count(near, 'pair')} of pictures on both sides look the same."
        accept = Mend(_APART, _divided(plan, duplicates="warn"))
        yield Remark(weight, what, why, (join, accept) if weight == "refusal" else (join,), names)
    if not (crossing or same or near):
        yield Remark("done", "No patient and no picture stands on both sides.", why)


def _divided(plan: Plan, **changes: object) -> Plan:
    return replace(plan, division=replace(plan.division, **changes))  # type: ignore[arg-type]


def _faults(facts: Mapping[str, Any], plan: Plan) -> Iterator[Remark]:
    """What else would stop the run."""
    told = set(facts["leakage"].get("in_words", ()))
    for fault in facts["faults"]:
        if "two sides" in fault or fault in told:
            continue  # said above, with a way to mend it
        mends: list[Mend] = []
        folds = plan.division.folds
        if "fewer than" in fault:
            mends += [Mend("Divide into 3 parts only", _divided(plan, folds=3))] if folds > 3 else []
            apart = _divided(plan, duplicates="warn")
            mends += [Mend(_APART, apart)] if plan.division.duplicates == "join" else []
            mends += [
                Mend(f"Leave “{plan.data.title_of(label)}” out", _without(plan, label))
                for label in plan.data.classes
                if f"“{plan.data.title_of(label)}”" in fault and len(plan.data.classes) > 2
            ]
        why = (
            "Every part that the pictures are divided into needs patients of every class: to learn from, to "
            "choose when to stop, and to be tested on."
        )
        if plan.division.duplicates == "join":
            why += " Patients with pictures that look the same were counted as one."
        words = fault.replace(" folds", " parts")  # as they are called in every step
        yield Remark("refusal", words, why if "fewer than" in fault else "", tuple(mends))


def _without(plan: Plan, label: str) -> Plan:
    return plan.with_data(classes=tuple(one for one in plan.data.classes if one != label))


def _patients(facts: Mapping[str, Any], plan: Plan) -> Iterator[Remark]:
    patients, pictures = int(facts["patients"]), int(facts["pictures"])
    if plan.data.patients == "each" and plan.kind != "scans":
        yield Remark(
            "warning",
            "Nobody has said whose a picture is: each counts as a patient of its own.",
            "If two pictures are of one patient, he stands on both sides and the figures are too good. Go "
            "back to “Data” and say how a picture's patient is known.",
        )
        return
    fewest, median, most = facts["pictures_each"]
    each = f"{fewest} to {most}" if fewest < most else f"{most}"
    what = f"{count(pictures, 'picture')} of {count(patients, 'patient')}, {each} each."
    yield Remark("done", what, f"Half of the patients have at most {median}." if fewest < most else "")


def _confounding(found: Sequence[Mapping[str, Any]], plan: Plan) -> Iterator[Remark]:
    for one in found:
        strength, chance = float(one["strength"]), float(one["chance"])
        if strength <= chance or strength < 0.3:
            continue
        why = (
            f"Who knows the {one['what']} can guess the label (strength {strength:.2f} of 1; by chance "
            f"{chance:.2f}). The model may learn to do the same and fail elsewhere."
        )
        mends: tuple[Mend, ...] = ()
        if one["what"] == "site" and plan.division.by != "site":
            mends = (Mend("Test on hospitals that it has not seen", _divided(plan, by="site")),)
        else:
            why += " Gather pictures of every class from the same source, or say so among the limits."
        yield Remark("warning", f"The label goes with the {one['what']}.", why, mends)


def _imbalance(classes: Mapping[str, Mapping[str, Any]], plan: Plan) -> Iterator[Remark]:
    counts = {name: int(made["pictures"]) for name, made in classes.items() if int(made["pictures"])}
    if len(counts) < 2:
        return
    rare, frequent = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    ratio = counts[frequent] / counts[rare]
    if ratio < _UNEQUAL:
        yield Remark("done", "The classes are about equally frequent.")
        return
    what = f"“{frequent}” has {ratio:.0f} times as many pictures as “{rare}”."
    if plan.fit.balance != "none":
        yield Remark("done", f"{what} Something is done about it.")
        return
    remedy: Literal["pos_weight", "sampler"] = "pos_weight" if plan.several else "sampler"
    words = "Count rare ones more" if plan.several else "Show rare classes as often as the others"
    mended = replace(plan, fit=replace(plan.fit, balance=remedy))
    why = "Left alone, the model is right most of the time by always saying the frequent one."
    yield Remark("warning", what, why, (Mend(words, mended),))


def _claims(classes: Mapping[str, Mapping[str, Any]]) -> Iterator[Remark]:
    """What can be claimed of the class with the fewest patients."""
    patients = {name: int(made["patients"]) for name, made in classes.items() if int(made["patients"])}
    if not patients:
        return
    rare = min(patients, key=patients.__getitem__)
    low, high = likely_range(_RIGHT, patients[rare])
    what = (
        f"“{rare}” has {count(patients[rare], 'patient')}: if 90 of 100 were found, the report could only "
        f"say {percent(low)} to {percent(high)}."
    )
    if high - low <= _WIDE:
        yield Remark("done", what)
        return
    needed = patients_for(_RIGHT, _WIDE / 2)
    why = f"For a range of {percent(_WIDE / 2)} about {needed:,} patients of this class are needed."
    yield Remark("warning", f"Few patients. {what}", why)
