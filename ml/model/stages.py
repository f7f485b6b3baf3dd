"""EfficientNet-Lite0 looked at halfway: the last layer sees mean and spread of three middle stages.

What the last stages of a network trained on everyday pictures know is things; what the middle ones know is
texture, vessels and edges, and of that a picture of tissue or of an eye is made. With the layers frozen, few
pictures suffice to learn from.
"""

from __future__ import annotations

from typing import Any, ClassVar

import timm
import torch
from timm.models import register_model
from torch import Tensor, nn

STAGES = (2, 3, 4)
"""Which blocks are looked at; those after them are left out."""

_CHANNELS = (40, 80, 112)
_MOMENTUM = 0.05


class StandardLinear(nn.Linear):
    """A linear layer that brings each feature to mean 0 and deviation 1 first, as training has seen them.

    Unlike batch normalisation it goes by the running figures while it learns too, so that an answer never
    depends on the other pictures of a batch.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features)
        self.mean: Tensor
        self.variance: Tensor
        self.begun: Tensor
        self.register_buffer("mean", torch.zeros(in_features))
        self.register_buffer("variance", torch.ones(in_features))
        self.register_buffer("begun", torch.zeros(()))

    def forward(self, features: Tensor) -> Tensor:
        """(n, in_features) to (n, out_features)."""
        if self.training and len(features) > 1:
            with torch.no_grad():
                variance, mean = torch.var_mean(features.float(), dim=0)
                share = _MOMENTUM if bool(self.begun) else 1.0
                self.mean.lerp_(mean, share)
                self.variance.lerp_(variance, share)
                self.begun.fill_(1)
        return super().forward((features - self.mean) / (self.variance + 1e-5).sqrt())


class Stages(nn.Module):
    """RGB pictures (n, 3, h, w) in, (n, classes) logits out."""

    default_cfg: ClassVar = {"classifier": "classifier"}  # the name of the last layer, as timm tells it

    def __init__(self, num_classes: int = 2) -> None:
        super().__init__()
        whole: Any = timm.create_model("tf_efficientnet_lite0", pretrained=False, num_classes=0)
        self.num_classes = num_classes
        self.conv_stem, self.bn1 = whole.conv_stem, whole.bn1
        self.blocks = whole.blocks[: STAGES[-1] + 1]
        self.num_features = 2 * sum(_CHANNELS)
        self.classifier = StandardLinear(self.num_features, num_classes)

    def forward_features(self, pictures: Tensor) -> Tensor:
        """(n, num_features): stage by stage the mean of each channel, then the standard deviation of each."""
        here, found = self.bn1(self.conv_stem(pictures)), []
        for number, block in enumerate(self.blocks):
            here = block(here)
            if number in STAGES:
                variance, mean = torch.var_mean(here, dim=(2, 3))
                found += [mean, (variance + 1e-6).sqrt()]
        return torch.cat(found, dim=1)

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        """The features as they are, or the logits made from them."""
        logits: Tensor = features if pre_logits else self.classifier(features)
        return logits

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits."""
        return self.forward_head(self.forward_features(pictures))

    def get_classifier(self) -> nn.Module:
        """The last layer, as timm's networks tell it."""
        return self.classifier


@register_model
def lite0_stages(pretrained: bool = False, **options: Any) -> Stages:
    """The network by its name, weights by chance: `ml.model.pretrained` fills it. Option: num_classes."""
    if pretrained:
        raise RuntimeError("lite0_stages has no pretrained weights of timm: ml.model.pretrained fills it.")
    return Stages(**{key: options[key] for key in ("num_classes",) if key in options})
