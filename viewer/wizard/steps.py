"""The steps in their order. A new one gets a file of its own and a line here."""

from __future__ import annotations

from viewer.wizard.data_step import DataStep
from viewer.wizard.desk import Desk
from viewer.wizard.honesty_step import HonestyStep
from viewer.wizard.question_step import QuestionStep
from viewer.wizard.step import Step


def steps_of(desk: Desk) -> tuple[Step, ...]:
    """One of each."""
    return QuestionStep(desk), DataStep(desk), HonestyStep(desk)
