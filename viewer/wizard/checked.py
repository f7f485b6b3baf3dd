"""Whether the check of step 3 is of the choices as they are now. No window."""

from __future__ import annotations

from pathlib import Path

from viewer.wizard.cases import CASES_FILE
from viewer.wizard.desk import CHECK
from viewer.wizard.plan import Plan
from viewer.wizard.plan_recipe import text_for_check

FACTS = "dataset.json"
LOOKED = "looked-at.toml"  # the recipe that the facts are of


def is_checked(plan: Plan, folder: Path) -> bool:
    """Whether the training in `folder` was checked with just this division, these patches and pictures."""
    facts, cases = folder / CHECK / FACTS, folder / CASES_FILE
    try:
        looked = (folder / CHECK / LOOKED).read_text(encoding="utf-8")
        newer = not cases.exists() or facts.stat().st_mtime >= cases.stat().st_mtime
    except OSError:
        return False
    return newer and looked == text_for_check(plan)
