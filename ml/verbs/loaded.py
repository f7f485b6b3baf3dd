"""Loaded models, kept so that the next analysis starts at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml.infer.ready import ReadyModel

_MOST = 2  # models in memory at once: the one in use and the one before it

_lock = threading.Lock()
_kept: OrderedDict[tuple[str, str], ReadyModel] = OrderedDict()


def ready_model(name_or_path: str, device_wish: str) -> ReadyModel:
    """The model on the device that is wished for, loaded now or before. Raises `ModelProblem`.

    The bundle is opened and its hash checked every time; what is kept belongs to its hash and its card.
    """
    from ml.infer.ready import make_ready
    from ml.model.device import choose_device
    from ml.record.places import remember
    from ml.zoo.store import find

    bundle = find(name_or_path)
    remember(bundle.card.weights_sha256, bundle.path)
    device = choose_device(device_wish)
    key = (repr(bundle.card), repr(device))
    with _lock:
        model = _kept.pop(key, None) or make_ready(bundle, device)
        _kept[key] = model
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return model


def forget() -> None:
    """Let all loaded models go, and the device's memory with them."""
    with _lock:
        _kept.clear()
    import gc
    import sys

    gc.collect()
    torch = sys.modules.get("torch")  # never loaded only to be told that nothing is there
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
