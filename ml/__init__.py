"""Parfocal's core: slides, patches, models, results and reports. It knows nothing of windows."""

__version__ = "0.1.0"
