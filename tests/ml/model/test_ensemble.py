"""Several networks as one."""

from __future__ import annotations

import pytest
import torch

from ml.model.architectures import create
from ml.model.ensemble import Ensemble, joined


def members(classes: int) -> list[torch.nn.Module]:
    torch.manual_seed(0)
    options = {"first_hidden": 16, "stages": 3}
    return [create("plain_resnet", classes, options) for _ in range(3)]


@pytest.mark.parametrize(("classes", "independent"), [(4, False), (4, True), (1, False)])
def test_probabilities_are_the_mean(classes: int, independent: bool) -> None:
    parts = members(classes)
    ensemble = Ensemble(parts, independent=independent).eval()
    pictures = torch.rand(5, 3, 32, 32)

    def as_probabilities(logits: torch.Tensor) -> torch.Tensor:
        return logits.sigmoid() if independent or classes == 1 else logits.softmax(1)

    mean = torch.stack([as_probabilities(part(pictures)) for part in parts]).mean(0)
    torch.testing.assert_close(as_probabilities(ensemble(pictures)), mean)


def test_an_answer_depends_on_no_other_picture() -> None:
    """As published, the members stayed in training mode: scores depended on the batch and its order."""
    ensemble = Ensemble(members(5), independent=True).eval()
    assert not any(part.training for part in ensemble.modules())
    pictures = torch.rand(6, 3, 32, 32)
    together = ensemble(pictures)
    alone = torch.cat([ensemble(picture[None]) for picture in pictures])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ensemble(pictures.flip(0)).flip(0), together, atol=1e-5, rtol=1e-5)


def test_weights_of_all_members_lie_in_one_list() -> None:
    parts = members(2)
    ensemble = Ensemble(members(2), independent=False)
    ensemble.load_state_dict(joined(part.state_dict() for part in parts), strict=True)
    torch.testing.assert_close(ensemble.members[1].fc.weight, parts[1].fc.weight)
