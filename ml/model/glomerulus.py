"""The small network of the glomeruli study: three convolutions and three dense layers on four channels.

99 in 100 of its parameters lie in the first dense layer, which ties it to one size of picture.
"""

from __future__ import annotations

from typing import Any

from timm.models import register_model
from torch import Tensor, nn

_CHANNELS = ((16, 5, 2), (32, 3, 2), (32, 3, 1))  # channels, kernel, stride; then each map is halved


class GlomerulusNet(nn.Module):
    """Pictures (n, channels, height, width) in, (n, classes) logits out; `size` is (height, width) in px."""

    def __init__(
        self, num_classes: int = 1, in_chans: int = 4, size: tuple[int, int] = (711, 733), **_: Any
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        blocks: list[nn.Module] = []
        inputs, (height, width) = in_chans, size
        for outputs, kernel, stride in _CHANNELS:
            blocks.append(
                nn.Sequential(
                    nn.Conv2d(inputs, outputs, kernel, stride),
                    nn.BatchNorm2d(outputs),
                    nn.ReLU(),
                    nn.AvgPool2d(2),
                )
            )
            height, width = (((edge - kernel) // stride + 1) // 2 for edge in (height, width))
            inputs = outputs
        if min(height, width) < 1:
            raise ValueError(f"Pictures of {size} px are too small for this network")
        self.features = nn.Sequential(*blocks)
        self.num_features = inputs * height * width
        self.head = nn.Sequential(
            nn.Linear(self.num_features, 256),
            nn.BatchNorm1d(256),
            nn.ReLU(),
            nn.Linear(256, 64),
            nn.BatchNorm1d(64),
            nn.ReLU(),
            nn.Linear(64, num_classes),
        )

    def forward_features(self, pictures: Tensor) -> Tensor:
        """(n, 32, rows, columns): 21 × 21 for pictures of 711 × 733 px."""
        features: Tensor = self.features(pictures)
        return features

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        """The 64 features before the last layer, or the logits."""
        flat = features.flatten(1)
        found: Tensor = self.head[:-1](flat) if pre_logits else self.head(flat)
        return found

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits."""
        return self.forward_head(self.forward_features(pictures))


@register_model
def glomerulus_net(pretrained: bool = False, **options: Any) -> GlomerulusNet:
    """The network by its name. Options: num_classes, in_chans, size (height, width in px)."""
    if pretrained:
        raise RuntimeError("There are no pretrained weights of glomerulus_net; train it from the start.")
    known = {key: options[key] for key in ("num_classes", "in_chans", "size") if key in options}
    return GlomerulusNet(**known)
