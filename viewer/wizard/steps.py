"""The steps in their order. A new one gets a file of its own and a line here."""

from __future__ import annotations

from viewer.wizard.data_step import DataStep
from viewer.wizard.desk import Desk
from viewer.wizard.honesty_step import HonestyStep
from viewer.wizard.method_step import MethodStep
from viewer.wizard.patches_step import PatchesStep
from viewer.wizard.question_step import QuestionStep
from viewer.wizard.rehearsing import Rehearsing
from viewer.wizard.step import Step
from viewer.wizard.training_run import TrainingRun
from viewer.wizard.training_step import TrainingStep
from viewer.wizard.use_step import UseStep
from viewer.wizard.verdict_step import VerdictStep


def steps_of(desk: Desk) -> tuple[Step, ...]:
    """One of each; what two of them look at is made once."""
    rehearsing, run = Rehearsing(desk, desk), TrainingRun(desk, desk)
    run.told = rehearsing.parts
    return (
        QuestionStep(desk),
        DataStep(desk),
        HonestyStep(desk),
        PatchesStep(desk, rehearsing),
        MethodStep(desk, rehearsing),
        TrainingStep(desk, run),
        VerdictStep(desk, run),
        UseStep(desk, run),
    )
