"""Residual networks that timm builds all but a detail of: fewer stages, and squeeze layers without a bias."""

from __future__ import annotations

from functools import partial
from typing import Any

from timm.layers.create_act import get_act_layer
from timm.layers.squeeze_excite import SEModule
from timm.models import register_model
from timm.models.resnet import BasicBlock, Bottleneck, ResNet
from torch import Tensor, nn


class PlainResNet(ResNet):
    """The clot study's: `stages` stages of `layers` basic blocks, the first of `first_hidden` channels.

    Channels double from stage to stage; the first keeps the resolution of the stem. After He et al. (2016).
    """

    def __init__(
        self,
        num_classes: int = 2,
        first_hidden: int = 64,
        stages: int = 4,
        layers: int = 2,
        activation: str = "relu",
        drop_rate: float = 0.0,
    ) -> None:
        super().__init__(
            BasicBlock,  # type: ignore[arg-type]  # the class: timm's annotation says an object
            (layers,) * 4,
            num_classes=num_classes,
            channels=tuple(first_hidden * 2**stage for stage in range(4)),
            act_layer=get_act_layer(activation),
            drop_rate=drop_rate,
        )
        if stages == 3:  # timm's own always has four
            self.layer4 = nn.Identity()
            self.num_features = self.head_hidden_size = first_hidden * 4
            self.feature_info = self.feature_info[:-1]
            self.reset_classifier(num_classes)
        elif stages != 4:
            raise ValueError(f"{stages} stages: 3 or 4 are possible")

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, classes) of pictures (n, 3, height, width)."""
        logits: Tensor = super().forward(x)
        return logits


@register_model
def plain_resnet(pretrained: bool = False, **options: Any) -> PlainResNet:
    """By its name. Options: num_classes, first_hidden, stages, layers, activation, drop_rate."""
    if pretrained:
        raise RuntimeError("There are no pretrained weights of plain_resnet; train it from the start.")
    known = ("num_classes", "first_hidden", "stages", "layers", "activation", "drop_rate")
    return PlainResNet(**{key: options[key] for key in known if key in options})


@register_model
def seresnet50_plain(pretrained: bool = False, **options: Any) -> ResNet:
    """SE-ResNet-50 whose squeeze layers have no bias, as the hemorrhage study has it (Hu et al. 2018)."""
    if pretrained:
        raise RuntimeError("There are no pretrained weights of seresnet50_plain; take seresnet50 of timm.")
    squeeze = partial(SEModule, rd_ratio=1 / 16, bias=False)
    known = ("num_classes", "in_chans", "drop_rate")
    picked = {key: options[key] for key in known if key in options}
    return ResNet(Bottleneck, (3, 4, 6, 3), block_args={"attn_layer": squeeze}, **picked)  # type: ignore[arg-type]  # as above
