"""A network that begins with weights from a file of one's own: those that pre-training saved."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from ml.errors import Problem


def load_begun(module: nn.Module, path: Path, head: nn.Module) -> None:
    """Fill a network with weights from a safetensors file; its last layer `head` stays as it is.

    Raises `Problem` when the file cannot be read or is of another network.
    """
    try:
        weights = load_file(path)
    except FileNotFoundError:
        raise Problem(
            f"The weights to begin with, {path.name}, are not there.", "Check network.begin in the recipe."
        ) from None
    except (SafetensorError, OSError) as error:
        raise Problem(
            f"The weights in {path.name} cannot be read.", "Make them anew.", reason=error
        ) from error
    of_head = {id(tensor) for tensor in (*head.parameters(), *head.buffers())}
    own = {name: t for name, t in module.state_dict(keep_vars=True).items() if id(t) not in of_head}
    strange = [name for name, t in own.items() if name not in weights or weights[name].shape != t.shape]
    more = [name for name in weights if name not in module.state_dict()]
    if strange or more:
        raise Problem(
            f"The weights in {path.name} are of another network than the recipe's.",
            "Take the architecture and the options that they were made with.",
            strange=[*strange, *more][:5],
        )
    module.load_state_dict({name: weights[name] for name in own}, strict=False)
