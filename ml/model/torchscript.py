"""Networks as TorchScript: the program and its numbers in one file, which runs without knowing the network.

torch calls TorchScript deprecated, and still reads and writes it; WSInfer and QuPath know nothing else.
"""

from __future__ import annotations

import io
import warnings

import torch
from torch import Tensor, nn

from ml.errors import ModelProblem
from ml.zoo.torchscript import check_script


class Tempered(nn.Module):
    """A network whose logits are divided by the temperature of its card, for programs that know of none."""

    def __init__(self, network: nn.Module, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature

    def forward(self, patches: Tensor) -> Tensor:
        """(n, classes)."""
        logits: Tensor = self.network(patches)
        return logits / self.temperature


def load_script(content: bytes, name: str) -> nn.Module:
    """The network in a TorchScript file, on the CPU; looked through first. Raises `ModelProblem`."""
    check_script(content, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module: nn.Module = torch.jit.load(io.BytesIO(content), map_location="cpu")  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError) as error:
        raise ModelProblem(
            f"The model “{name}” cannot run: torch {torch.__version__} does not read its TorchScript file.",
            "Ask whoever made it for a corrected model, or choose another one.",
            reason=error,
        ) from None
    return module.eval()


def traced(module: nn.Module, height: int, width: int, channels: int = 3) -> bytes:
    """A TorchScript file of a network in evaluation, for batches of any number of such patches.

    Tracing notes down what is done to one batch; whether that holds for others is for the caller to compare.
    """
    example = torch.zeros(2, channels, height, width)
    target = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(module.eval(), example, check_trace=False), target)  # type: ignore[no-untyped-call]
    return target.getvalue()
