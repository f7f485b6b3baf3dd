"""What packages bring and nothing of Parfocal calls: left out of a bundle. How it was found: ADR 0016."""

from __future__ import annotations

from fnmatch import fnmatchcase

# Codecs of imagecodecs that no reader here asks for, nor tifffile for a TIFF; what they link goes with them.
_CODECS = (
    "aec apng avif bcn bitshuffle blosc blosc2 bmp gif h5checksum lzf lzfse lzham lzo meshopt pcodec pglz "
    "qoi rcomp rgbe snappy sperr sz3 szip ultrahdr zfp zopfli"
)
MODULES = (
    "aiohttp",  # fsspec's way to files on the web
    "cv2",  # 160 MB: pytorch-grad-cam imports it; see bundle/without_opencv.py
    *(f"imagecodecs._{name}" for name in _CODECS.split()),
    "matplotlib.tests",
    "mpl_toolkits.tests",
    "pyqtgraph.examples",
    "sklearn.datasets.tests",
    "torch.utils.benchmark",
)
_MODELS = ("auto", "bloom", "encoder_decoder")  # of the 450 language models of transformers, those peft names
# Sources beside the compiled modules: torch reads some of them (TorchScript, its own settings), these never.
_SOURCES = "_dynamo _export _functorch _inductor _vendor export onnx testing"
FILES = (  # by their places in the bundle
    "*.pxd",
    "*.pyx",
    "PySide6/Qt/translations/*",  # the window speaks English
    "cv2/*",
    "matplotlib/mpl-data/fonts/afm/*",  # metrics for PostScript, which nobody writes
    "matplotlib/mpl-data/fonts/pdfcorefonts/*",
    "matplotlib/mpl-data/sample_data/*",
    "opencv_python_headless*",
    "pydicom/data/charset_files/*",
    "pydicom/data/test_files/*",
    "sklearn/datasets/data/*",
    "sklearn/datasets/descr/*",
    "sklearn/datasets/images/*",
    "sklearn/datasets/tests/*",
    "torch/bin/protoc*",
    "torch/include/*",  # for those who compile against torch
    "torch/share/*",
)


def is_module(name: str) -> bool:
    """Whether a module, by its full name, is left out."""
    if any(name == one or name.startswith(f"{one}.") for one in MODULES):
        return True
    parts = name.split(".")
    return parts[:2] == ["transformers", "models"] and len(parts) > 2 and parts[2] not in _MODELS


def is_file(target: str) -> bool:
    """Whether a file, by its place in the bundle, is left out."""
    target = target.replace("\\", "/")
    if any(fnmatchcase(target, pattern) for pattern in FILES):
        return True
    folder, _, name = target.rpartition("/")
    if name.endswith(".py"):
        if folder.startswith("torch/"):
            return folder.split("/")[1] in _SOURCES.split() and not name.startswith("config")
        return is_module(f"{folder}/{name}".removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    if folder.startswith("skimage/data"):
        # *Samples* is made of two; the others that stay are read when the package is loaded.
        return name not in {"ihc.png", "retina.jpg", "README.txt"} and not name.endswith(".pyi")
    return False
