"""In place of OpenCV, before the program begins: pytorch-grad-cam imports it, and we call none of it.

Parfocal takes Grad-CAM's raw maps (`ml.infer.explain.RawGradCAM`) and enlarges them itself; the functions of
the library that resize and colour by OpenCV are never reached. If one ever is, it fails and says why.
"""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType


class _NotHere(ModuleType):
    COLORMAP_JET = 2  # a default value, read while pytorch-grad-cam is imported

    def __getattr__(self, name: str) -> object:
        raise AttributeError(f"OpenCV is no part of this bundle: nothing was to call cv2.{name}")


_module = _NotHere("cv2")
_module.__spec__ = ModuleSpec("cv2", None)
sys.modules.setdefault("cv2", _module)
