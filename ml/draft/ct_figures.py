"""The automatic figures of a CT analysis, by their names."""

from __future__ import annotations

from collections.abc import Mapping

import pypdfium2
from PIL import Image
from reportlab.graphics import renderPDF

from ml.progress import Progress
from ml.report.ct_material import CtMaterial
from ml.report.ct_pdf import curves
from ml.report.ct_pictures import draw_ct_pictures
from ml.report.figure import Picture
from ml.report.plot import Plot, drawn

_WIDTH, _HEIGHT = 490.0, 150.0  # pt: the width of a page
_SHARP = 3.4  # px a pt: about 245 dots per inch


def drawn_of_ct(material: CtMaterial, progress: Progress) -> Mapping[str, tuple[Picture, ...]]:
    """ "curves", and "key slices" where there are findings that nobody rejected."""
    plot = curves(material)
    found = {"curves": (Picture("curves", plot.title, plot.caption, plot_picture(plot)),)}
    progress.check()
    slices = draw_ct_pictures(material)
    return found | ({"key slices": slices} if slices else {})


def plot_picture(plot: Plot) -> Image.Image:
    """A plot as pixels, as wide as a page."""
    document = pypdfium2.PdfDocument(renderPDF.drawToString(drawn(plot, _WIDTH, _HEIGHT)))
    try:
        page = document[0]
        image: Image.Image = page.render(scale=_SHARP).to_pil().convert("RGB")
        page.close()
    finally:
        document.close()
    return image
