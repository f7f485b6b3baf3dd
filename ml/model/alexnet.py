"""AlexNet as the retina study drew it: the green channel alone, five convolutions, one dense layer.

After Krizhevsky et al. (2012), without the two dense layers of 4096, with batch normalisation after each
activation. The green channel of a fundus photograph has the best contrast of vessels and lesions.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from timm.models import register_model
from torch import Tensor, nn

# Keras' own, in which the study was written: its "momentum" is what is kept, torch's what is new.
_norm = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)
_GREEN = 1


class AlexNetGreen(nn.Module):
    """RGB pictures (n, 3, size, size) in, (n, classes) logits out. `last_conv` is the layer for Grad-CAM."""

    def __init__(self, num_classes: int = 3, size: int = 227, **_: Any) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.features = nn.Sequential(
            *_block(1, 96, 11, stride=4, padding=0),
            nn.MaxPool2d(3, 2),
            *_block(96, 256, 5),
            nn.MaxPool2d(3, 2),
            *_block(256, 384, 3),
            *_block(384, 384, 3),
        )
        self.last_conv = nn.Conv2d(384, 256, 3, padding=1)
        self.last_norm = nn.Sequential(nn.ReLU(), _norm(256), nn.MaxPool2d(3, 2))
        cells = _pooled(_pooled(_pooled((size - 11) // 4 + 1)))
        self.num_features = 256 * cells * cells
        self.fc = nn.Linear(self.num_features, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            elif isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
            if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward_features(self, pictures: Tensor) -> Tensor:
        """(n, 256, cells, cells)."""
        green = pictures[:, _GREEN : _GREEN + 1]
        features: Tensor = self.last_norm(self.last_conv(self.features(green)))
        return features

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        """The flattened features (n, num_features), or the logits made from them."""
        flat = features.flatten(1)
        logits: Tensor = flat if pre_logits else self.fc(flat)
        return logits

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits."""
        return self.forward_head(self.forward_features(pictures))


def _block(inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = -1) -> list[nn.Module]:
    padding = kernel // 2 if padding < 0 else padding
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding)
    return [convolution, nn.ReLU(), _norm(outputs)]


def _pooled(cells: int) -> int:
    return (cells - 3) // 2 + 1


@register_model
def alexnet_green(pretrained: bool = False, **options: Any) -> AlexNetGreen:
    """The network by its name; there are no pretrained weights. Options: num_classes, size (px)."""
    _refuse_pretrained("alexnet_green", pretrained)
    return AlexNetGreen(**{key: options[key] for key in ("num_classes", "size") if key in options})


def _refuse_pretrained(name: str, pretrained: bool) -> None:
    if pretrained:
        raise RuntimeError(f"There are no pretrained weights of {name}; train it from the start.")
